import { afterAll, beforeAll, expect, test } from "vitest";
import { after } from "../../src/contracts/index.ts";
import { alertingEvents, countAlerting } from "../../src/ledger/index.ts";
import { ALERT_KINDS, alertOf, kindOf } from "../../src/observe/index.ts";
import { call, flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

const HOUR_MS = 3_600_000;

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

/** What a tenant's people hear of the last day, newest first. */
async function heard(tenant: FlowTenant) {
  const since = after(shop.clock.host.clock.now(), -24 * HOUR_MS);
  const found = await tenant.sql((sql) => alertingEvents(sql, { since, before: null, limit: 50 }));
  return found.map((event) => ({ run: event.stream, ...alertOf(event) }));
}

/** Fires each of them once, and gives the runs that did. */
async function fireAll(tenant: FlowTenant): Promise<readonly string[]> {
  tenant.answers("look", ({ text }) => applied({ text: `${text}` }));
  const secret = await tenant.runs("SAY", { text: ["sk", "test", "FLOW5678WXYZ"].join("_") });
  const person = await tenant.runs("SAY", { text: "jane.doe@shop.example.com" });
  await tenant.runs("KEY", { id: "order-1", text: "this" });
  const collided = await tenant.runs("KEY", { id: "order-1", text: "that" });
  const bounded = await tenant.runs("LONG", { text: "go" });
  return [secret, person, collided, bounded].map(({ run_id }) => run_id);
}

const plan = {
  workflows: [
    flow("SAY", [call("say", "look")]),
    flow("KEY", [call("write", "keyed")]),
    flow("LONG", [call("a", "meter", { next_step: "b" }), call("b", "think", { next_step: "c" }), call("c", "note")]),
  ],
  bounds: { max_steps_per_run: 2 },
};

test("P1-T-RK08a P1-T-RK08b P1-T05-NEG-01 P1-T05 each alert is fired, and heard of once for each place", async () => {
  const tenant = await shop.tenant(plan);
  const [secret, person, collided, bounded] = await fireAll(tenant);

  const alerts = await heard(tenant);

  expect(alerts.map(({ run, severity, says }) => [run, severity, says])).toEqual([
    [bounded, "P1", expect.stringContaining("`BOUND_STEPS` ended the run")],
    [collided, "P2", expect.stringContaining("its key is that of step `write`")],
    [person, "P2", "an e-mail address in its output at `$.text` was masked at the record"],
    [person, "P2", "an e-mail address in its input at `$.text` was masked at the record"],
    [secret, "P1", "a secret in its output at `$.text` was stopped at the record"],
    [secret, "P1", "a secret in its input at `$.text` was stopped at the record"],
  ]);
  expect(new Set(alerts.map(({ kind }) => kind))).toEqual(new Set(ALERT_KINDS));
});

test("alerts are counted by what they are, and are old after a day", async () => {
  const tenant = await shop.tenant(plan);
  await fireAll(tenant);
  const now = shop.clock.host.clock.now();

  const counts = await tenant.sql((sql) => countAlerting(sql, after(now, -24 * HOUR_MS)));
  await shop.clock.move(25 * HOUR_MS);

  expect(counts.map((counted) => [kindOf(counted), counted.count])).toEqual([
    ["bound_reached", 1],
    ["key_collision", 1],
    ["secret_stopped", 2],
    ["personal_data_masked", 2],
  ]);
  for (const { oldest_at } of counts) expect(oldest_at).toBeLessThanOrEqual(now);
  expect(await heard(tenant)).toEqual([]);
});

test("alerts of a ledger with many entries go by an index that holds nothing else", async () => {
  const tenant = await shop.tenant(plan);
  await fireAll(tenant);
  const since = after(shop.clock.host.clock.now(), -24 * HOUR_MS);

  const [plans] = await tenant.sql(async (sql) => {
    await sql`set local enable_seqscan = off`;
    return sql<{ "QUERY PLAN": readonly object[] }[]>`
      explain (format json) ${alertingEvents(sql, { since, before: null, limit: 50 })}`;
  });

  expect(JSON.stringify(plans)).toMatch(/event_default_tenant_id_at_event_id_idx|event_alerting/);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
