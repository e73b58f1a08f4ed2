import { afterAll, beforeAll, expect, test } from "vitest";
import { readStream } from "../../../src/ledger/index.ts";
import { inTenant } from "../../../src/store/index.ts";
import { openCheckpoint } from "../../../src/worker/agent/checkpoint.ts";
import { findCheckpoint, writesOf } from "../../../src/worker/agent/queries.ts";
import { realHost } from "../../database/real-host.ts";
import type { FlowShop } from "../shop.ts";
import { agentStep, agentTenant, openAgentShop } from "./agents.ts";

let shop: FlowShop;
let close: () => Promise<void>;

/** A thousand supersteps took fifty seconds while twenty other processes wanted the same two processors. */
const LONG_MS = 280_000;

beforeAll(async () => {
  ({ shop, close } = await openAgentShop({ patienceMs: LONG_MS }));
});

afterAll(() => close());

const STEPS = 1_000;
const PART = 200;

/**
 * How much longer the last supersteps may take than the first ones: the same, but for what else the machine does meanwhile.
 * Were each of them to read or write what the ones before it left, they would take nine times as long.
 */
const SLOWER_MAX = 5;

test("CO-20.9-17 a thousand supersteps leave a thousand checkpoints, the last as quickly stored and read as the first", {
  timeout: LONG_MS + 20_000,
}, async () => {
  const tenant = await agentTenant(shop, agentStep("thousand", { manifest: { recursion_limit: STEPS + 10 } }));

  const runId = await tenant.start("W");
  const row = await tenant.ends(runId);

  const events = await tenant.sql((sql) => readStream(sql, runId, 0, 2 * STEPS));
  const put = events.filter(({ type }) => type === "agent.checkpointed");
  const tookMs = put.slice(1).map(({ at }, index) => at - (put[index]?.at ?? 0));
  expect(row).toMatchObject({ status: "SUCCEEDED" });
  expect(put).toHaveLength(STEPS + 2);
  expect(events.find(({ type }) => type === "step.succeeded")?.payload).toContain(`"log":["${STEPS}"]`);
  expect(await rowsOf(tenant.id, runId)).toEqual({ checkpoints: STEPS + 2, writes: 2 * STEPS + 1 });
  expect(median(tookMs.slice(-PART))).toBeLessThanOrEqual(SLOWER_MAX * median(tookMs.slice(0, PART)));
  expect(median(await readingMs(tenant.id, runId, true))).toBeLessThanOrEqual(
    SLOWER_MAX * Math.max(1, median(await readingMs(tenant.id, runId, false))),
  );
});

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const rowsOf = async (tenantId: string, runId: string) => {
  const [rows] = await inTenant(
    shop.installation.database,
    tenantId,
    (sql) => sql`
      select (select count(*)::int from agent_checkpoint where run_id = ${runId}) as checkpoints,
             (select count(*)::int from agent_write where run_id = ${runId}) as writes`,
  );
  return rows;
};

/** How long reading the newest, or the first, checkpoint takes, again and again. */
async function readingMs(tenantId: string, runId: string, isNewest: boolean): Promise<readonly number[]> {
  const { database, control } = shop.installation;
  const { secrets } = await control.at(tenantId, 0);
  const thread = `lg:W:${runId}:agent`;
  const [first] = await inTenant(
    database,
    tenantId,
    (sql) => sql<{ id: string }[]>`select min(checkpoint_id) as id from agent_checkpoint where run_id = ${runId}`,
  );
  const took: number[] = [];
  for (let turn = 0; turn < PART; turn += 1) {
    const from = realHost.clock.now();
    await inTenant(database, tenantId, async (sql) => {
      const [row] = await findCheckpoint(sql, thread, "", isNewest ? null : (first?.id ?? null));
      const writes = await writesOf(sql, thread, [row?.checkpoint_id ?? ""]);
      if (row !== undefined) openCheckpoint(row, writes, secrets.artifactKey);
    });
    took.push(realHost.clock.now() - from);
  }
  return took;
}
