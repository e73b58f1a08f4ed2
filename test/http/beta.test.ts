import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { activatePack, addTenant } from "../../src/api/index.ts";
import { after, assert, instant, isJsonObject, ManualClock } from "../../src/contracts/index.ts";
import { B0, bundleOf } from "../../src/gate/beta/testing/baseline.ts";
import { capability } from "../../src/gate/beta/testing/rows.ts";
import { filesOf } from "../../src/gate/beta/testing/signoff.ts";
import { enableBeta } from "../../src/release/index.ts";
import { compilePack } from "../../src/run/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { asStarted, codeIn, type Got, member } from "./answer.ts";
import { type Client, freshOrder, useBench } from "./bench.ts";

const bench = useBench();

const AT = "2026-03-09T02:00:00Z";
const DECIDED = instant(Date.UTC(2026, 2, 9, 2));
const SOUND = bundleOf(B0);
const VIOLATED = bundleOf({ ...B0, others: [...B0.others, capability("v1")] });

/** A tenant whose only pack is an extension of its own: the till, in beta. */
async function extended(tenantId: string): Promise<Client> {
  const { installation, till, client } = bench();
  const compilation = compilePack({ ...till.pack.pack, track: "light" });
  assert(compilation.ok, "the till is a pack as an extension too");
  await addTenant(installation, { tenantId, name: tenantId, mode: "sandbox", by: "test" });
  await activatePack(installation, { tenantId, pack: compilation.compiled, by: "test" });
  return client("ada", "admin", { tenant: tenantId });
}

const signOff = (admin: Client, bundle: typeof SOUND): Promise<Got> =>
  admin.post("/v1/gates/evaluations", {
    policy: readFileSync("policies/dual-track-beta.yaml", "utf8"),
    evidence: filesOf(bundle).map(({ name, text }) => ({ name, text })),
    at: AT,
  });

const beta = async (admin: Client) => (await admin.get("/v1/beta")).body;

/** How a run of a workflow ends, and by which code. */
async function ended(admin: Client, tenantId: string, workflow: string) {
  const started = asStarted(await admin.post("/v1/runs", { workflow, input: { order_id: freshOrder(tenantId) } }));
  const path = `/v1/runs/${started.body.run_id}`;
  return bench().until(
    () => admin.get(path),
    ({ ended_at, status }) => ended_at !== null || status === "SUSPENDED_HITL",
  );
}

test("SO-11: a NO-GO that is recorded holds the beta: extensions preview and do not apply, and GO alone lifts nothing", async () => {
  const tenantId = "test_beta1";
  const admin = await extended(tenantId);
  const before = await ended(admin, tenantId, "Note");

  await signOff(admin, VIOLATED);
  const held = await beta(admin);
  const holdId = String(member(member(held, "hold"), "hold_id"));
  const [refused, asked] = [await ended(admin, tenantId, "Note"), await ended(admin, tenantId, "PayOut")];
  await signOff(admin, SOUND);
  const lifted = await admin.post(`/v1/holds/${holdId}/lift`, { reason: "it is GO now" });

  expect(before.body.status).toBe("SUCCEEDED");
  expect(held).toMatchObject({
    enabled: false,
    preview_only: true,
    signoff: { verdict: "NO-GO" },
    hold: { scope: "beta", basis: { schema: "signoff.hold.v1", gates: ["S-SLO-3"], metrics: ["S-SLO-3"], items: [4] } },
  });
  expect(refused.body).toMatchObject({ status: "FAILED_UNEXPECTED" });
  expect(asked.body.status).toBe("SUSPENDED_HITL");
  expect(await beta(admin)).toMatchObject({ preview_only: true, signoff: { verdict: "GO" } });
  expect(codeIn(lifted)).toBe("HOLD_CORRECTIONS_MISSING");
});

test("SO-12: the beta is turned on by the report of a GO that holds, and an incident turns it off at once", async () => {
  const tenantId = "test_beta2";
  const admin = await extended(tenantId);
  const { installation } = bench();
  await signOff(admin, SOUND);
  const report = String(member(member(await beta(admin), "signoff"), "report_sha256"));
  const late = await admin.post("/v1/beta/enable", { report_sha256: report });

  const clock = new ManualClock(after(DECIDED, 1000));
  const enabled = await inTenant(installation.database, tenantId, (sql) =>
    enableBeta({ ports: { host: { clock, ids: realHost.ids } }, sql, tenantId, by: "ada" }, report),
  );
  const on = await beta(admin);
  const provoked = await admin.post("/v1/beta/incidents", {
    kind: "policy_violation",
    channel: "controlled_fixture",
    evidence: "case 12",
  });
  const off = await admin.post("/v1/beta/incidents", { kind: "approval_bypass", evidence: "event 4711" });

  expect(codeIn(late)).toBe("BETA_SIGNOFF_MISSING");
  expect(enabled.ok && isJsonObject(on) && on.enabled).toBe(true);
  expect(provoked.body).toMatchObject({ enabled: true, hold: null });
  expect(off.body).toMatchObject({ enabled: false, preview_only: true, hold: { basis: { gates: ["S-SLO-1"] } } });
  expect(codeIn(await admin.post("/v1/beta/enable", { report_sha256: report }))).toBe("BETA_HELD");
});
