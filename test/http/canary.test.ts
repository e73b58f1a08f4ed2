import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { activatePack, addTenant } from "../../src/api/index.ts";
import { after, assert, formatInstant, seededRandom } from "../../src/contracts/index.ts";
import { parsePolicy } from "../../src/gate/index.ts";
import { takesCanary } from "../../src/guard/index.ts";
import {
  buildBundle,
  newSigningKey,
  type PolicyReference,
  publicKeyOf,
  readSigningKey,
} from "../../src/release/index.ts";
import { type CompiledPack, compilePack } from "../../src/run/index.ts";
import { realHost } from "../database/real-host.ts";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { asStarted, type Got } from "./answer.ts";
import { type Client, freshOrder, useBench } from "./bench.ts";

const opened = useBench();

const NOW = realHost.clock.now();
const DAY_MS = 86_400_000;
const TENANT = "test_canary";

const key = readSigningKey(newSigningKey(seededRandom(1)));
assert(key.ok, "a key that was made can be read");
const KEY = key.value;

let admin: Client;

beforeAll(async () => {
  const { installation, till, client, directory } = opened();
  const valid = { valid_from: formatInstant(after(NOW, -DAY_MS)), valid_until: formatInstant(after(NOW, DAY_MS)) };
  const keys = [{ keyid: KEY.keyId, public_key: publicKeyOf(KEY), roles: ["release"], ...valid }];
  await writeFile(join(directory, "trust.json"), JSON.stringify({ keys }));
  await addTenant(installation, { tenantId: TENANT, name: TENANT, mode: "sandbox", by: "test" });
  await activatePack(installation, { tenantId: TENANT, pack: till.pack, by: "test" });
  admin = await client("ada", "admin", { tenant: TENANT });
});

/** A version of the till; one that is bad takes no run for well done. */
function version(name: string, isGood = true, policies: readonly PolicyReference[] = []) {
  const { pack } = opened().till.pack;
  const workflows = pack.workflows.map((one) => ({ ...one, pass_criteria: isGood ? "true" : "false" }));
  const compiled = compilePack({ ...pack, version: name, workflows });
  assert(compiled.ok, "the version compiles");
  return bundleOf(compiled.compiled, policies);
}

function bundleOf(pack: CompiledPack, policies: readonly PolicyReference[]) {
  const built = buildBundle({
    pack,
    label: "candidate",
    source: { commit: pack.config_hash.slice(0, 40), dirty: false },
    builder: "test",
    createdAt: NOW,
    policies,
    sbom: null,
    key: KEY,
  });
  assert(built.ok, "the bundle can be built");
  const { bundle_id: id, root_digest: salt } = built.value.manifest;
  return { text: built.value.text, id, salt, digest: pack.config_hash };
}

type Version = ReturnType<typeof version>;

const promote = (bundle: Version, canary: boolean) =>
  admin.post("/v1/environments/dev/promote", { bundle: bundle.text, canary });

const dev = async (): Promise<Got["body"]> => (await admin.get("/v1/environments")).body;

let started = 0;

/** Starts so many runs that are to take a canary, and so many that are not, by their keys: on which version each is. */
async function startRuns(
  { salt }: Version,
  { sharePercent, tried, others }: { readonly sharePercent: number; readonly tried: number; readonly others: number },
) {
  const wanted = { tried, others };
  const runs: { readonly on: unknown; readonly isTried: boolean }[] = [];
  while (wanted.tried + wanted.others > 0) {
    const start_key = `order-${++started}`;
    const isTried = takesCanary({ salt, sharePercent }, `start:${start_key}`);
    if (wanted[isTried ? "tried" : "others"] === 0) continue;
    wanted[isTried ? "tried" : "others"] -= 1;
    const asked = { workflow: "Note", input: { order_id: freshOrder(TENANT) }, start_key };
    const { body } = asStarted(await admin.post("/v1/runs", asked));
    const shown = (await admin.get(`/v1/runs/${body.run_id}`)).body;
    runs.push({ on: Object(shown).pack_digest, isTried });
  }
  return runs;
}

/** A run that waits for people, on the version that new runs start on. */
async function waitingRun(): Promise<string> {
  const { run_id } = asStarted(
    await admin.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder(TENANT) } }),
  ).body;
  await opened().until(
    () => admin.get(`/v1/runs/${run_id}`),
    ({ status }) => status === "SUSPENDED_WAIT",
  );
  return run_id;
}

/** Looks until the environment is as it is waited for: a run counts from the second after its end. */
async function lookUntil(isThere: (environment: unknown) => boolean): Promise<unknown> {
  for (let look = 0; look < 200; look++) {
    const [first] = Object(await dev()).environments;
    if (isThere(first)) return first;
    await admin.post("/v1/environments/dev/canary/look");
    await realHost.clock.wake(after(realHost.clock.now(), 50), new AbortController().signal);
  }
  throw new Error(`it never came: ${JSON.stringify(await dev())}`);
}

const isOver = (environment: unknown): boolean => Object(environment).canary === null;

test("a version is tried on a share of the new runs and on no run that waits, goes on by looks, and is well in the end; W47: a bad one is rolled back by itself", async () => {
  const [first, second, bad] = [version("1.1.0"), version("1.2.0"), version("1.3.0", false)];
  const alone = await promote(first, true);
  await promote(first, false);
  await admin.post("/v1/environments/dev/health", { health: "good", reason: "looked at" });
  const steps = [
    { share_percent: 50, dwell_seconds: 0, runs_min: 4 },
    { share_percent: 100, dwell_seconds: 0, runs_min: 6 },
  ];
  await admin.post("/v1/environments/dev/settings", { canary_steps: steps });
  const waiting = await waitingRun();

  const tried = await promote(second, true);
  const shared = await startRuns(second, { sharePercent: 50, tried: 3, others: 3 });
  const meanwhile = [
    await promote(bad, false),
    await admin.post("/v1/environments/dev/health", { health: "good", reason: "in a hurry" }),
    await admin.post(`/v1/runs/${waiting}/upgrade`),
    await admin.post(`/v1/runs/${waiting}/upgrade`, { dry_run: true }),
    await admin.post("/v1/upgrades"),
  ];
  await startRuns(second, { sharePercent: 50, tried: 1, others: 0 });
  await lookUntil((environment) => Object(environment).canary.share_percent === 100);
  const whole = await startRuns(second, { sharePercent: 100, tried: 2, others: 0 });
  const passed = await lookUntil(isOver);

  expect(alone).toMatchObject({ status: 409, body: { code: "CANARY_IMPOSSIBLE" } });
  expect(tried).toMatchObject({ status: 200, body: { canary: { baseline_bundle_id: first.id, steps } } });
  expect(shared.map(({ on }) => on)).toEqual(shared.map(({ isTried }) => (isTried ? second : first).digest));
  expect(meanwhile).toMatchObject(meanwhile.map(() => ({ status: 409, body: { code: "CANARY_UNDER_WAY" } })));
  expect(whole.every(({ on }) => on === second.digest)).toBe(true);
  expect(passed).toMatchObject({ bundle: { bundle_id: second.id, health: "good" } });
  expect(await admin.post(`/v1/runs/${waiting}/upgrade`)).toMatchObject({
    body: { result: "upgraded", from: first.digest, to: second.digest },
  });

  await promote(bad, true);
  await startRuns(bad, { sharePercent: 50, tried: 1, others: 1 });
  const back = await lookUntil((environment) => Object(environment).bundle.bundle_id === second.id);
  const afterwards = await startRuns(bad, { sharePercent: 50, tried: 1, others: 0 });

  expect(back).toMatchObject({ bundle: { health: "good" }, canary: null });
  expect(afterwards.every(({ on }) => on === second.digest)).toBe(true);
  expect(await promote(bad, false)).toMatchObject({ body: { code: "BUNDLE_MARKED_BAD" } });
  const { body } = await admin.get("/v1/environments/dev/history?limit=200");
  const moves: readonly { readonly type: string; readonly payload: object }[] = Object(body).moves;
  const ends = moves.filter(({ type }) => type === "environment.canary").map(({ payload }) => Object(payload).end);
  expect(ends.filter((end) => end !== "hold")).toEqual(["advance", "pass", "abort"]);
  expect(moves.find(({ type }) => type === "environment.rolled_back")).toMatchObject({
    type: "environment.rolled_back",
    payload: { bundle_id: second.id, marked_bad: bad.id, reason: expect.stringContaining("no-wrong-ends") },
  });
  expect(await admin.post("/v1/ledger/verify")).toMatchObject({ body: { verified: true } });
  expect(await admin.post("/v1/environments/dev/canary/look")).toMatchObject({ body: { code: "CANARY_NOT_RUNNING" } });
});

test("who saw another bundle in an environment than it holds by now neither judges that nor rolls it back", async () => {
  const [earlier, later] = [version("1.4.0"), version("1.5.0")];
  await promote(earlier, false);
  await promote(later, false);
  const asked = { reason: "as it was seen", seen: earlier.id };

  const refusals = [
    await admin.post("/v1/environments/dev/health", { ...asked, health: "bad" }),
    await admin.post("/v1/environments/dev/rollback", asked),
  ];

  expect(refusals).toMatchObject(refusals.map(() => ({ status: 409, body: { code: "ENVIRONMENT_MOVED" } })));
  expect(await dev()).toMatchObject({ environments: [{ bundle: { bundle_id: later.id, health: "pending" } }, {}, {}] });
});

test("what an environment asks is set by part, and shares that do not rise to all are refused", async () => {
  const set = (body: Parameters<Client["post"]>[1]) => admin.post("/v1/environments/staging/settings", body);

  expect(await set({ canary: "always" })).toMatchObject({ body: { canary: "always", canary_steps: [{}, {}, {}] } });
  expect(await set({ canary_steps: [{ share_percent: 100, dwell_seconds: 1, runs_min: 1 }] })).toMatchObject({
    body: { canary: "always", canary_steps: [{ share_percent: 100 }] },
  });
  expect(await set({ canary_steps: [{ share_percent: 5, dwell_seconds: 1, runs_min: 1 }] })).toMatchObject({
    body: { code: "REQUEST_INVALID" },
  });
});

test("W44: an environment that asks for approvals takes a bundle only when enough who are not its authors approved exactly it", async () => {
  const { client } = opened();
  const [olga, grace] = [
    await client("olga", "admin", { tenant: TENANT }),
    await client("grace", "approver", { tenant: TENANT }),
  ];
  const robot = await client("robot", "approver", { tenant: TENANT, kind: "agent" });
  const asked = version("2.0.0");
  await promote(asked, false);
  await admin.post("/v1/environments/dev/health", { health: "good", reason: "looked at" });
  await admin.post("/v1/environments/dev/settings", { approvals: 2 });
  const approve = (who: Client, root_digest = asked.salt) =>
    who.post("/v1/environments/dev/approvals", { bundle_id: asked.id, root_digest, statement: "looked at it" });
  const next = version("2.1.0");
  await promote(next, false);

  const unasked = await promote(next, false);
  const refusals = [await approve(olga, "0".repeat(64)), await approve(admin), await approve(robot)];
  const approved = [await approve(olga), await approve(grace)];

  expect(unasked).toMatchObject({ status: 403, body: { code: "APPROVALS_SATISFIED" } });
  expect(refusals.map(({ body }) => Object(body).code)).toEqual([
    "HITL_PREVIEW_MISMATCH",
    "APPROVER_IS_AUTHOR",
    "APPROVER_IS_NO_PERSON",
  ]);
  expect(approved).toMatchObject(["olga", "grace"].map((approver) => ({ status: 201, body: { approver } })));
  expect(await promote(next, false)).toMatchObject({ body: { code: "APPROVALS_SATISFIED" } });
  await admin.post("/v1/environments/dev/settings", { approvals: 0 });
  expect(await promote(next, false)).toMatchObject({ status: 200 });
  await admin.post("/v1/environments/dev/settings", { approvals: 2 });
  expect(await promote(asked, false)).toMatchObject({ status: 200, body: { bundle_id: asked.id } });
});

/** Judges until it is as it is waited for: a run counts from the second after its end. */
async function judgedUntil(judge: () => Promise<Got>, isThere: (body: Record<string, unknown>) => boolean) {
  for (let look = 0; look < 200; look++) {
    const { body } = await judge();
    if (isThere(Object(body))) return Object(body);
    await realHost.clock.wake(after(realHost.clock.now(), 50), new AbortController().signal);
  }
  throw new Error("it never came");
}

test("W49: a rollback after which the gate says no is incomplete, and the environment is held until one command finds the gate saying go of it", async () => {
  const policy = parsePolicy(SLO_POLICY);
  assert(policy.ok, "the test's policy can be read");
  const { id, version: of } = policy.value.text;
  const pins = [{ id, version: of, digest: policy.value.digest }];
  const [before, after] = [version("3.0.0", true, pins), version("3.1.0", true, pins)];
  await admin.post("/v1/environments/dev/settings", { approvals: 0 });
  await promote(before, false);
  await admin.post("/v1/environments/dev/health", { health: "good", reason: "looked at" });
  await promote(after, false);
  const evidence = [{ name: "runs.ndjson", text: runsEvidence(false) }];
  await admin.post("/v1/gates/evaluations", { policy: SLO_POLICY, subject: before.salt, evidence });

  const line = JSON.stringify({ kind: "run", id: "x", columns: { root_digest: after.salt } });
  const stray = await admin.post("/v1/gates/evaluations", {
    policy: SLO_POLICY,
    subject: before.salt,
    evidence: [{ name: "runs.ndjson", text: line }],
  });
  const back = await admin.post("/v1/environments/dev/rollback", { reason: "refunds fail", incident_ref: "INC-7" });

  expect(stray).toMatchObject({ status: 422, body: { code: "GATE_EVIDENCE_OF_ANOTHER" } });
  expect(back).toMatchObject({
    status: 200,
    body: {
      bundle_id: before.id,
      report: { to_bundle_id: before.id, gate_decision: "no-go", status: "rollback_incomplete", incident_ref: "INC-7" },
    },
  });
  expect(await dev()).toMatchObject({
    environments: [{ bundle: { bundle_id: before.id } }, {}, {}],
    holds: [{ scope: "dev", reason: "rollback incomplete: gate no-go, canary unverified (completion)" }],
  });

  const judge = () => admin.post("/v1/environments/dev/rollback/judge");
  const unlike = await judge();
  const held = Object(await dev()).holds;
  expect(unlike).toMatchObject({ body: { report: { gate_decision: "no-go" }, hold_id: Object(back.body).hold_id } });
  expect(held).toHaveLength(1);

  const good = [{ name: "runs.ndjson", text: runsEvidence(true) }];
  await admin.post("/v1/gates/evaluations", { policy: SLO_POLICY, subject: before.salt, evidence: good });
  await startRuns(before, { sharePercent: 50, tried: 2, others: 2 });
  const complete = await judgedUntil(judge, (body) => body.hold_id === null);
  const history = (await admin.get("/v1/environments/dev/history?limit=200")).body;

  expect(complete.report).toMatchObject({
    from_bundle_id: after.id,
    to_bundle_id: before.id,
    incident_ref: "INC-7",
    gate_decision: "go",
    canary: { status: "passed" },
    status: "passed",
  });
  expect(Object(await dev()).holds).toEqual([]);
  expect((await judge()).body).toEqual(complete);
  expect((await admin.get("/v1/environments/dev/history?limit=200")).body).toEqual(history);
  await promote(version("3.2.0", true, pins), false);
  expect(await judge()).toMatchObject({ status: 409, body: { code: "ROLLBACK_NOT_FOUND" } });
});
