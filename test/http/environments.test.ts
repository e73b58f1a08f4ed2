import { beforeAll, expect, test } from "vitest";
import { environmentHistoryEndpoint } from "../../src/api/endpoints/environments.ts";
import { activatePack, addTenant } from "../../src/api/index.ts";
import { assert } from "../../src/contracts/index.ts";
import { heldBundles } from "../../src/release/index.ts";
import { compilePack } from "../../src/run/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { asStarted, type Got, member } from "./answer.ts";
import { type Client, freshOrder, useBench } from "./bench.ts";
import { bundle, CI_KEY, COMMIT, changedPack, keyOf, notedFrom, RELEASE_KEY, trustKeys } from "./till-bundle.ts";

const opened = useBench();

beforeAll(() => trustKeys(opened().directory));

/** Records what the policy says of a bundle. */
const evaluate = (admin: Client, { root }: { readonly root: string }, isGood = true): Promise<Got> =>
  admin.post("/v1/gates/evaluations", {
    policy: SLO_POLICY,
    subject: root,
    evidence: [{ name: "runs.ndjson", text: runsEvidence(isGood) }],
  });

/** Which run built a bundle, as its pipeline says. */
const sourceOf = (built: ReturnType<typeof bundle>, other: object = {}) => ({
  source_run_id: "run-1",
  source_artifact_name: "release-candidate-bundle",
  source_verification_run_id: "run-2",
  source_head_sha: COMMIT,
  source_head_branch: "main",
  source_workflow_path: ".github/workflows/candidate.yml",
  source_run_conclusion: "success",
  bundle_id: built.id,
  root_digest: built.root,
  target_environment: "staging",
  ...other,
});

let tenants = 0;

/** A tenant of its own with the till's pack, and its administrator. */
async function shop(): Promise<{ readonly tenantId: string; readonly admin: Client }> {
  const { installation, till, client } = opened();
  const tenantId = `test_env${++tenants}`;
  await addTenant(installation, { tenantId, name: tenantId, mode: "sandbox", by: "test" });
  await activatePack(installation, { tenantId, pack: till.pack, by: "test" });
  return { tenantId, admin: await client("ada", "admin", { tenant: tenantId }) };
}

const promote = (admin: Client, environment: string, body: Parameters<Client["post"]>[1]): Promise<Got> =>
  admin.post(`/v1/environments/${environment}/promote`, body);

const health = (admin: Client, environment: string, value: "good" | "bad"): Promise<Got> =>
  admin.post(`/v1/environments/${environment}/health`, { health: value, reason: "looked at" });

/** Brings a bundle through every environment up to one. */
async function bring(admin: Client, built: ReturnType<typeof bundle>, environments: readonly string[]): Promise<void> {
  await evaluate(admin, built);
  for (const environment of environments) {
    const moved = await promote(admin, environment, { bundle: built.text });
    expect(moved).toMatchObject({ status: 200 });
    await health(admin, environment, "good");
  }
}

async function standing(admin: Client) {
  const { body } = await admin.get("/v1/environments");
  return body;
}

/** Where dev came to as its rows say it: by bundle its health, and the bundle that it holds. */
async function rowsOf(tenantId: string) {
  const held = await inTenant(opened().installation.database, tenantId, (sql) => heldBundles(sql));
  return {
    healths: Object.fromEntries(held.map(({ bundle_id, health: how }) => [bundle_id, how])),
    current: held.find(({ is_current }) => is_current)?.bundle_id,
  };
}

/** The same, folded from dev's stream. */
async function foldOf(admin: Client) {
  const { moves } = environmentHistoryEndpoint.answer.parse((await admin.get("/v1/environments/dev/history")).body);
  const healths: Record<string, unknown> = {};
  let current: unknown;
  const folded = ["environment.promoted", "environment.rolled_back", "environment.health"];
  for (const { type, payload } of moves.filter((one) => folded.includes(one.type))) {
    healths[String(payload.bundle_id)] = payload.health;
    if (type !== "environment.health") current = payload.bundle_id;
    if (payload.marked_bad !== undefined) healths[String(payload.marked_bad)] = "bad";
  }
  return { healths, current };
}

const refused = (code: string) => ({ status: expect.any(Number), body: { code } });

const ALL = ["dev", "staging", "prod"];

test("PRM-04 a bundle passes through dev, staging and prod, each with a report of its promotion, each move an entry of a chain that verifies, and rows say where it is", async () => {
  const { tenantId, admin } = await shop();
  const built = bundle(opened().till.pack);
  const { id, root } = built;

  const unreported = await admin.get("/v1/environments/dev/promotion");
  await bring(admin, built, ALL);

  const { body } = await admin.get("/v1/environments/prod/history");
  const { body: report } = await admin.get("/v1/environments/prod/promotion");
  expect(unreported).toMatchObject(refused("PROMOTION_NOT_RECORDED"));
  expect(report).toMatchObject({
    status: "passed",
    source_environment: "staging",
    bundle_id: id,
    gate_decision: "go",
    promotion_readiness_status: "not_applicable",
    current_pointer: { bundle_id: id, root_digest: root },
    lineage_digest: expect.stringMatching(/^sha256:/),
  });
  expect(Object(report).checks).toHaveLength(17);
  expect(body).toMatchObject({
    moves: [
      {
        seq: 1,
        type: "environment.promoted",
        actor: "ada",
        payload: {
          bundle_id: id,
          root_digest: root,
          previous_bundle_id: null,
          source_environment: "staging",
          evaluations: [{ policy_id: "slo", verdict: "GO", profile: null }],
        },
      },
      { seq: 2, type: "environment.health", payload: { bundle_id: id, health: "good" } },
    ],
  });
  const held = await inTenant(opened().installation.database, tenantId, (sql) => heldBundles(sql));
  expect(
    held.map(({ environment, bundle_id, health: how, last_seq, is_current }) => [
      environment,
      bundle_id,
      how,
      last_seq,
      is_current,
    ]),
  ).toEqual(["dev", "prod", "staging"].map((environment) => [environment, id, "good", 1, true]));
  expect(await admin.post("/v1/ledger/verify")).toMatchObject({ status: 200, body: { verified: true, broken: null } });
});

test("PRM-02 a promotion that a check keeps back leaves the environment as it was, and is recorded with its report and the decision on it", async () => {
  const { admin } = await shop();
  const built = bundle(opened().till.pack);
  const next = { bundle_id: built.id };
  const early = await promote(admin, "staging", { bundle: built.text });
  await promote(admin, "dev", { bundle: built.text });
  const unknown = await promote(admin, "staging", next);
  await health(admin, "dev", "good");
  const undecided = await promote(admin, "staging", next);
  await evaluate(admin, { root: "another" });
  const ofAnother = await promote(admin, "staging", next);
  await evaluate(admin, built, false);
  const noGo = await promote(admin, "staging", next);
  await evaluate(admin, built);
  const placed = await admin.post("/v1/holds", { scope: "all", reason: "peak season" });
  const held = await promote(admin, "staging", next);
  await admin.post("/v1/environments/staging/settings", { provenance: "required" });
  const unsaid = await promote(admin, "staging", next);
  await admin.post("/v1/environments/staging/settings", { provenance: "optional" });
  const otherRun = await promote(admin, "staging", { ...next, source: sourceOf(built, { source_head_sha: "c0ffee" }) });
  const noRecord = await promote(admin, "staging", { ...next, source: {} });

  expect([unsaid, otherRun, noRecord]).toMatchObject([1, 2, 3].map(() => refused("SOURCE_PROVENANCE_VALID")));
  expect([early, unknown]).toMatchObject([1, 2].map(() => refused("SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE")));
  expect([undecided, ofAnother]).toMatchObject([1, 2].map(() => refused("RELEASE_GATE_EVIDENCE_MISSING")));
  expect(noGo).toMatchObject(refused("RELEASE_GATE_ALLOWS_PROMOTION"));
  expect(held).toMatchObject(refused("CHANGE_FREEZE_INACTIVE"));
  expect(await standing(admin)).toMatchObject({ environments: [{}, { environment: "staging", bundle: null }, {}] });
  const { moves } = environmentHistoryEndpoint.answer.parse((await admin.get("/v1/environments/staging/history")).body);
  const refusals = moves.filter(({ type }) => type === "environment.refused").map(({ payload }) => payload);
  const blocked = refusals.find(({ code }) => code === "RELEASE_GATE_ALLOWS_PROMOTION");
  expect(refusals).toHaveLength(8);
  expect(blocked).toMatchObject({
    act: "promote",
    bundle_id: built.id,
    message: expect.stringContaining("says NO-GO"),
    report: { status: "failed", gate_decision: "no-go", bundle_id: built.id },
  });
  expect(await admin.get(`/v1/gates/evaluations/${String(blocked?.decision_sha256)}`)).toMatchObject({
    body: {
      evaluation: { evaluation_id: blocked?.evaluation_id, policy_id: "promotion", subject: built.id },
      decision: { verdict: "NO-GO", blocked_by: ["release_gate_allows_promotion"] },
    },
  });

  const lift = `/v1/holds/${String(member(placed.body, "hold_id"))}/lift`;
  await admin.post(lift, { reason: "over" });
  expect(await promote(admin, "staging", { ...next, source: sourceOf(built) })).toMatchObject({ status: 200 });
  expect(await admin.post(lift, { reason: "again" })).toMatchObject(refused("HOLD_NOT_FOUND"));
});

test("BND-02 what does not verify under the installation's roster goes nowhere, a build's key not past dev, and no file under another's id", async () => {
  const { admin } = await shop();
  const { text } = bundle(opened().till.pack);
  const stranger = bundle(opened().till.pack, { key: keyOf(3) });
  const build = bundle(opened().till.pack, { key: CI_KEY });
  await bring(admin, build, ["dev"]);

  expect(await promote(admin, "dev", { bundle: text.replace("till", "tIll") })).toMatchObject(
    refused("BUNDLE_CHECKSUM"),
  );
  expect(await promote(admin, "dev", { bundle: stranger.text })).toMatchObject(refused("BUNDLE_UNTRUSTED_KEY"));
  expect(await promote(admin, "staging", { bundle: build.text })).toMatchObject(refused("BUNDLE_KEY_ROLE"));
  await bring(admin, bundle(changedPack(opened().till, "2.0.0")), ["dev"]);
  expect(await promote(admin, "dev", { bundle: text })).toMatchObject(refused("BUNDLE_EXISTS"));
  expect(await promote(admin, "dev", { bundle_id: "none" })).toMatchObject(refused("BUNDLE_NOT_FOUND"));
  expect(await promote(admin, "dev", {})).toMatchObject(refused("REQUEST_INVALID"));
});

test("of two moves of one environment at once, one is told that the other is under way, and changes nothing", async () => {
  const { tenantId, admin } = await shop();
  const { text } = bundle(opened().till.pack);

  const second = await inTenant(opened().installation.database, tenantId, async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('environment:dev:' || ${tenantId}::text, 0))`;
    return promote(admin, "dev", { bundle: text });
  });

  const { body: audit } = await admin.get("/v1/ledger/streams/audit");
  expect(second).toMatchObject(refused("ENVIRONMENT_LOCKED"));
  expect(JSON.stringify(audit)).toContain("environment.refused");
  expect(await standing(admin)).toMatchObject({ environments: [{ bundle: null }, {}, {}] });
});

test("RBK-01 one request rolls back to the last bundle that did well, also under a hold, judges that, marks the other bad, and bad is never promoted", async () => {
  const { admin } = await shop();
  const [first, second] = [bundle(opened().till.pack), bundle(changedPack(opened().till, "2.0.0"))];
  const nothing = await admin.post("/v1/environments/dev/rollback", { reason: "none" });
  await bring(admin, first, ["dev"]);
  const alone = await admin.post("/v1/environments/dev/rollback", { reason: "none" });
  await bring(admin, second, ["dev"]);
  await admin.post("/v1/holds", { scope: "dev", reason: "peak season" });

  const back = await admin.post("/v1/environments/dev/rollback", { reason: "refunds fail", incident_ref: "INC-7" });
  const { moves } = environmentHistoryEndpoint.answer.parse((await admin.get("/v1/environments/dev/history")).body);

  expect(member(back.body, "report")).toMatchObject({
    from_bundle_id: second.id,
    to_bundle_id: first.id,
    selection_rule: "last_known_good",
    incident_ref: "INC-7",
    verification: { ok: true },
    compatibility: { ok: true },
    canary: { suites: [{ suite: "canary" }], status: "unverified" },
    status: "rollback_incomplete",
  });
  expect(moves.slice(-2).map(({ type }) => type)).toEqual(["environment.rolled_back", "environment.rollback_judged"]);
  expect([nothing, alone]).toMatchObject([refused("ENVIRONMENT_EMPTY"), refused("ROLLBACK_TARGET_MISSING")]);
  expect(back).toMatchObject({ status: 200, body: { bundle_id: first.id, previous_bundle_id: second.id } });
  expect(await standing(admin)).toMatchObject({
    environments: [
      { bundle: { bundle_id: first.id, health: "good" }, before: [{ bundle_id: second.id, health: "bad" }] },
      {},
      {},
    ],
  });
  expect(await admin.get("/v1/packs")).toMatchObject({ body: { packs: [{ version: "1.0.0", state: "ACTIVE" }] } });
  expect(await promote(admin, "dev", { bundle_id: second.id })).toMatchObject(refused("BUNDLE_MARKED_BAD"));
});

test("a rollback to a bundle by name goes to it if it did well there, and nowhere otherwise; a move says what one would go back to", async () => {
  const { tenantId, admin } = await shop();
  const [first, second, third] = ["1.1.0", "2.0.0", "3.0.0"].map((version) =>
    bundle(changedPack(opened().till, version)),
  );
  assert(first !== undefined && second !== undefined && third !== undefined, "there are three");
  for (const one of [first, second, third]) await bring(admin, one, ["dev"]);
  const to = (bundle_id: string) => admin.post("/v1/environments/dev/rollback", { reason: "no better", bundle_id });

  const itself = await to(third.id);
  const back = await to(first.id);

  expect(back.body).toMatchObject({ rollback_target: second.id });
  expect(itself).toMatchObject(refused("ROLLBACK_TARGET_MISSING"));
  expect(back).toMatchObject({ status: 200, body: { bundle_id: first.id, previous_bundle_id: third.id } });
  expect(await rowsOf(tenantId)).toEqual(await foldOf(admin));
});

test("what is bad stays bad", async () => {
  const { admin } = await shop();
  await bring(admin, bundle(opened().till.pack), ["dev"]);

  expect(await health(admin, "dev", "bad")).toMatchObject({ status: 200 });
  expect(await health(admin, "dev", "good")).toMatchObject(refused("STATE_TRANSITION_ILLEGAL"));
});

test("where a bundle is promoted, no other version of its pack is activated", async () => {
  const { tenantId, admin } = await shop();
  const { installation, till } = opened();
  await promote(admin, "dev", { bundle: bundle(changedPack(opened().till, "2.0.0")).text });

  const activated = await activatePack(installation, { tenantId, pack: till.pack, by: "test" });
  const document = await admin.post("/v1/packs", { document: JSON.stringify(till.pack.pack) });

  expect(activated).toMatchObject({ ok: false, refusal: { code: "CONTRACT_NOT_PROMOTED" } });
  expect(document).toMatchObject(refused("CONTRACT_NOT_PROMOTED"));
  expect(await admin.get("/v1/packs")).toMatchObject({ body: { packs: [{ version: "2.0.0", state: "ACTIVE" }] } });
});

test("where a bundle is promoted, no run of another pack starts and none of its tools is called, though it is active", async () => {
  const { tenantId, admin } = await shop();
  const { pack } = opened().till.pack;
  const { lose } = pack.tools;
  assert(lose !== undefined, "the till loses letters");
  const workflows = pack.workflows.filter(({ id }) => id === "Lose");
  const post = compilePack({ ...pack, id: "post", workflows, tools: { lose }, hitl_rules: {} });
  assert(post.ok, "a pack with one tool compiles");
  await promote(admin, "dev", { bundle: bundle(post.compiled).text });

  const input = { order_id: freshOrder(tenantId) };
  const started = await admin.post("/v1/runs", { workflow: "Note", input });
  const called = await admin.post("/v1/calls", { tool: "note", input });

  expect([started, called]).toMatchObject([refused("CONTRACT_NOT_PROMOTED"), refused("CONTRACT_NOT_PROMOTED")]);
  expect(await admin.get("/v1/packs")).toMatchObject({
    body: {
      packs: [
        { pack_id: "post", state: "ACTIVE" },
        { pack_id: "till", state: "UNPROMOTED" },
      ],
    },
  });
});

/** Starts a run that waits for a person before it writes a note. */
async function waiting({ tenantId, admin }: Awaited<ReturnType<typeof shop>>): Promise<string> {
  const started = asStarted(
    await admin.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder(tenantId) } }),
  );
  const { run_id } = started.body;
  await opened().until(
    () => admin.get(`/v1/runs/${run_id}`),
    ({ status }) => status === "SUSPENDED_WAIT",
  );
  return run_id;
}

async function resumed(admin: Client, runId: string) {
  await admin.post(`/v1/runs/${runId}/resume`);
  return opened().until(
    () => admin.get(`/v1/runs/${runId}`),
    ({ outcome }) => outcome !== null,
  );
}

test("a run in flight is refused a tool that was not promoted; one whose own bundle was promoted finishes on it", async () => {
  const place = await shop();
  const { admin } = place;
  const [first, second] = [bundle(opened().till.pack), bundle(changedPack(opened().till, "2.0.0"))];
  const before = await waiting(place);
  await bring(admin, second, ["dev"]);

  const unpromoted = await resumed(admin, before);

  await bring(admin, first, ["dev"]);
  const pinned = await waiting(place);
  await bring(admin, bundle(changedPack(opened().till, "3.0.0")), ["dev"]);
  const finished = await resumed(admin, pinned);

  expect(unpromoted.body).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "CONTRACT_NOT_PROMOTED" });
  const { body } = await admin.get(`/v1/runs/${before}/events`);
  expect(JSON.stringify(body)).toContain('"stage":"contract"');
  expect(finished.body).toMatchObject({ outcome: "SUCCESS" });
});

test("an operator reads environments and moves none", async () => {
  const { tenantId } = await shop();
  const operator = await opened().client("olaf", "operator", { tenant: tenantId });

  expect(await operator.get("/v1/environments")).toMatchObject({ status: 200 });
  expect(await promote(operator, "dev", { bundle_id: "x" })).toMatchObject(refused("ROLE_REQUIRED"));
});

test("a promotion is previewed with every check, and nothing moves; what blocks it is mended, and it is let through", async () => {
  const { tenantId, admin } = await shop();
  const built = bundle(opened().till.pack);
  const preview = () => admin.get(`/v1/environments/staging/promotion-preview?bundle_id=${built.id}`);
  const lacking = async () => {
    const checks = member((await preview()).body, "checks");
    return Array.isArray(checks)
      ? checks.filter((one) => member(one, "passed") === false).map((one) => member(one, "code"))
      : checks;
  };
  await promote(admin, "dev", { bundle: built.text });
  await health(admin, "dev", "good");
  await evaluate(admin, built, false);
  const history = "/v1/environments/staging/history";
  const before = (await admin.get(history)).body;

  expect(await lacking()).toEqual(["RELEASE_GATE_ALLOWS_PROMOTION"]);
  expect((await admin.get(history)).body).toEqual(before);
  expect(await standing(admin)).toMatchObject({ environments: [{}, { bundle: null }, {}] });
  await evaluate(admin, built);
  expect(await lacking()).toEqual([]);
  expect(await promote(admin, "staging", { bundle_id: built.id })).toMatchObject({ status: 200 });
  const viewer = await opened().client("vic", "viewer", { tenant: tenantId });
  expect(await viewer.get("/v1/environments/prod/promotion-preview?bundle_id=none")).toMatchObject(
    refused("BUNDLE_NOT_FOUND"),
  );
});

test("REL-02: notes that go back to something else than prod holds are told of before the promotion and by it, in the same words", async () => {
  const { admin } = await shop();
  const { till } = opened();
  const first = bundle(till.pack, notedFrom(null));
  const second = bundle(changedPack(till, "2.0.0"), notedFrom(null));
  const seen = async (built: typeof first, to: string) =>
    member((await admin.get(`/v1/environments/${to}/promotion-preview?bundle_id=${built.id}`)).body, "warning");
  const warning = `its notes call it the first release, and in prod it takes the place of \`${first.id}\``;

  await bring(admin, first, ["dev", "staging"]);
  expect(await seen(first, "prod")).toBe(null);
  await bring(admin, first, ["prod"]);
  await bring(admin, second, ["dev", "staging"]);

  expect(await seen(second, "staging")).toBe(null);
  expect(await seen(second, "prod")).toBe(warning);
  expect(await promote(admin, "prod", { bundle_id: second.id })).toMatchObject({ status: 200, body: { warning } });
});

test("bundles are listed with where they are, and shown with their manifest and whether they verify", async () => {
  const { tenantId, admin } = await shop();
  const [first, second] = [bundle(opened().till.pack), bundle(changedPack(opened().till, "2.0.0"))];
  await bring(admin, first, ["dev"]);
  await bring(admin, second, ["dev"]);
  const viewer = await opened().client("vic", "viewer", { tenant: tenantId });

  const listed = await viewer.get("/v1/bundles?limit=1");
  const rest = await viewer.get(`/v1/bundles?before=${String(member(listed.body, "next"))}`);
  const shown = await viewer.get(`/v1/bundles/${first.root}?file=whole`);

  expect(listed.body).toMatchObject({
    bundles: [{ bundle_id: second.id, stays: [{ environment: "dev", health: "good", is_current: true }] }],
  });
  expect(rest.body).toMatchObject({ bundles: [{ bundle_id: first.id, stays: [{ is_current: false }] }], next: null });
  expect(shown.body).toMatchObject({
    report: { ok: true, key_id: RELEASE_KEY.keyId, errors: [] },
    manifest: { bundle_id: first.id, builder: { identity: "test" } },
    file: first.text,
  });
  expect(await viewer.get("/v1/bundles/none")).toMatchObject(refused("BUNDLE_NOT_FOUND"));
});

test("an environment says what its reader may do with it, and what a rollback would put it back onto", async () => {
  const { tenantId, admin } = await shop();
  const [first, second] = [bundle(opened().till.pack), bundle(changedPack(opened().till, "2.0.0"))];
  await bring(admin, first, ["dev"]);
  await bring(admin, second, ["dev"]);
  const approver = await opened().client("app", "approver", { tenant: tenantId });
  const barred = (body: Got["body"]) => {
    const [dev] = Object(body).environments;
    return Object(dev).actions.flatMap((one: { name: string; allowed: boolean; code: string }) =>
      one.allowed ? [] : [`${one.name} ${one.code}`],
    );
  };

  expect(await standing(admin)).toMatchObject({ environments: [{ rollback_to: first.id }, { rollback_to: null }, {}] });
  expect(barred(await standing(admin))).toEqual([]);
  expect(barred(await standing(approver))).toEqual(
    ["promote", "roll_back", "judge", "hold"].map((name) => `${name} ROLE_REQUIRED`),
  );
});
