import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { createApp } from "../../src/api/index.ts";
import {
  after,
  assert,
  formatInstant,
  type Instant,
  type JsonObject,
  seededRandom,
} from "../../src/contracts/index.ts";
import { entryOf, parsePolicy } from "../../src/gate/index.ts";
import {
  buildBundle,
  newSigningKey,
  publicKeyOf,
  readSigningKey,
  type SigningKey,
  signApproval,
  termsOf,
} from "../../src/release/index.ts";
import { realHost } from "../database/real-host.ts";
import { runsOf, runsPolicy, WAIVERS } from "../slo.ts";
import { codeIn, type Got, member, read } from "./answer.ts";
import { type Client, useBench } from "./bench.ts";

const bench = useBench();

const DAY_MS = 86_400_000;
const NOW = realHost.clock.now();
const later = (days: number): string => formatInstant(after(NOW, days * DAY_MS));

const keyOf = (seed: number): SigningKey => {
  const key = readSigningKey(newSigningKey(seededRandom(seed)));
  assert(key.ok, "a key that was made can be read");
  return key.value;
};
const RELEASE_KEY = keyOf(1);
const [ANN, OLGA, DAVE] = [keyOf(2), keyOf(3), keyOf(4)];

const entry = (key: SigningKey, of: JsonObject) => ({
  keyid: key.keyId,
  public_key: publicKeyOf(key),
  valid_from: later(-1),
  valid_until: later(30),
  ...of,
});
const approver = (key: SigningKey, principal: string, role: string, of: JsonObject = {}) =>
  entry(key, { roles: ["approver"], principal, approves_as: [role], ...of });

const trust = (ofAnn: JsonObject = {}) =>
  writeFile(
    join(bench().directory, "trust.json"),
    JSON.stringify({
      keys: [
        entry(RELEASE_KEY, { roles: ["release"] }),
        approver(ANN, "ann", "operator", ofAnn),
        approver(OLGA, "olga", "release_owner"),
        approver(DAVE, "dave", "release_owner"),
      ],
    }),
  );

let dave: Client;
let ann: Client;
let olga: Client;

beforeAll(async () => {
  await trust();
  dave = await bench().client("dave", "admin");
  ann = await bench().client("ann", "approver");
  olga = await bench().client("olga", "approver");
});

/** Nine runs in ten have to be good; whoever may bear less is asked for. */
const policyOf = (id: string): string =>
  runsPolicy({
    id,
    gates: ["{ id: correctness, metric: correct, limit: 0.9, severity: high, waivable: true, remedy: mend it }"],
    more: `${WAIVERS}profiles: { only: { budget: { waived: 1 }, conditions: waived_only } }\n`,
  });

const HALF = runsOf(1, 2);

interface About {
  readonly policy: string;
  readonly subject: string;
}

const evaluate = ({ policy, subject }: About): Promise<Got> =>
  dave.post("/v1/gates/evaluations", { policy, subject, evidence: [{ name: "runs.ndjson", text: HALF }] });

const verdictOf = ({ body }: Got) => member(member(body, "decision"), "verdict");

/** A waiver that Dave asks for because of a NO-GO. */
async function requested(about: About, environments: readonly string[]): Promise<string> {
  const noGo = await evaluate(about);
  const made = await dave.post("/v1/waivers", {
    evaluation: member(member(noGo.body, "evaluation"), "evaluation_id"),
    gate: "correctness",
    reason: "one flaky runner, replaced on Monday",
    remediation: { issue_ref: "#17", owner: "ann", due_at: later(3) },
    scope: { environments: [...environments] },
    expires_at: later(3),
  });
  expect(made).toMatchObject({ status: 201, body: { state: "requested", measured_value: "1/2", ...aboutOf(about) } });
  return String(member(made.body, "waiver_id"));
}

const aboutOf = ({ subject }: About) => ({ subject, gate: "correctness", requested_by: "dave" });

interface Signing {
  readonly key: SigningKey;
  readonly as: string;
  readonly role: string;
  readonly at?: Instant;
  readonly change?: JsonObject;
}

/** What somebody signs of a waiver, as it is sent. */
async function envelopeOf(id: string, { key, as, role, at, change = {} }: Signing): Promise<JsonObject> {
  const { body } = await dave.get(`/v1/waivers/${id}`);
  const terms = JSON.parse(JSON.stringify(member(body, "waiver")));
  const parsed = entryOf({ ...terms, ...change, approvals: [] }, 0);
  assert(parsed.ok, "what is shown is a waiver");
  const approved_at = formatInstant(at ?? realHost.clock.now());
  return JSON.parse(
    JSON.stringify(signApproval({ waiver: termsOf(parsed.waiver), approver: as, role, approved_at }, key)),
  );
}

const BY_ANN = { key: ANN, as: "ann", role: "operator" };
const BY_OLGA = { key: OLGA, as: "olga", role: "release_owner" };

async function approve(client: Client, id: string, signing: Signing): Promise<Got> {
  return client.post(`/v1/waivers/${id}/approve`, { envelope: await envelopeOf(id, signing) });
}

test("an approval that is not one person's own, signed now, over exactly this waiver, is refused, changes nothing and is recorded", async () => {
  const about = { policy: policyOf("refusals"), subject: "r-1" };
  const id = await requested(about, ["staging"]);
  const robot = await bench().client("robot", "approver", { kind: "agent" });
  const forged = JSON.stringify(await envelopeOf(id, BY_OLGA)).replace(/"sig":"..../, '"sig":"AAAA');

  const refused = [
    await approve(dave, id, { key: DAVE, as: "dave", role: "release_owner" }),
    await approve(robot, id, { ...BY_ANN, as: "robot" }),
    await approve(olga, id, { ...BY_OLGA, role: "operator" }),
    await approve(olga, id, { ...BY_OLGA, key: RELEASE_KEY }),
    await approve(olga, id, { ...BY_OLGA, key: keyOf(9) }),
    await approve(olga, id, BY_ANN),
    await approve(olga, id, { ...BY_OLGA, at: after(NOW, -DAY_MS / 2) }),
    await approve(olga, id, { ...BY_OLGA, change: { expires_at: later(13) } }),
    await olga.post(`/v1/waivers/${id}/approve`, { envelope: JSON.parse(forged) }),
    await olga.post("/v1/waivers/W-2026-9999/approve", { envelope: await envelopeOf(id, BY_OLGA) }),
  ];
  const first = await approve(ann, id, BY_ANN);
  const again = await approve(ann, id, BY_ANN);
  const shown = await ann.get(`/v1/waivers/${id}`);
  const audit = await dave.get("/v1/ledger/streams/audit");

  expect(refused.map(codeIn)).toEqual([
    "WAIVER_APPROVER_IS_REQUESTER",
    "WAIVER_APPROVER_INVALID",
    "BUNDLE_KEY_ROLE",
    "BUNDLE_KEY_ROLE",
    "BUNDLE_UNTRUSTED_KEY",
    "WAIVER_APPROVER_INVALID",
    "WAIVER_STATEMENT_INVALID",
    "WAIVER_STATEMENT_INVALID",
    "BUNDLE_SIGNATURE",
    "WAIVER_NOT_FOUND",
  ]);
  expect(first.body).toMatchObject({ state: "requested", in_force_at: null, roles_missing: ["release_owner"] });
  expect(shown.body).toMatchObject({ renewal: null });
  expect(codeIn(again)).toBe("WAIVER_APPROVED_ALREADY");
  expect(shown.body).toMatchObject({
    approvals: [{ approver: "ann", role: "operator", key_id: ANN.keyId }],
    actions: [
      { name: "approve", allowed: false, code: "WAIVER_APPROVED_ALREADY" },
      { name: "revoke", allowed: true },
    ],
  });
  expect(JSON.stringify(audit.body)).toContain("waiver.refused");
  expect(verdictOf(await evaluate(about))).toBe("NO-GO");
});

test("a waiver is for one subject, ends by its time, loses a key that is revoked, and its stream tells all of it", async () => {
  const about = { policy: policyOf("living"), subject: "l-1" };
  const id = await requested(about, ["dev"]);
  await approve(ann, id, BY_ANN);
  const { installation } = bench();
  const clock = { ...installation.host.clock, now: () => after(realHost.clock.now(), 4 * DAY_MS) };
  const after4Days = createApp({ ...installation, host: { ...installation.host, clock } });
  const inFourDays = async (path: string, body?: JsonObject) =>
    read(
      await after4Days.request(path, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${dave.key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );

  const go = await evaluate(about);
  const other = await evaluate({ ...about, subject: "l-2" });
  await trust({ revoked_at: later(-0.5) });
  const revoked = await evaluate(about);
  await trust();
  const soon = await dave.get("/v1/waivers?expiring_seconds=172800&policy=living");
  const listed = await dave.get("/v1/waivers?expiring_seconds=604800&policy=living&state=approved");
  const shown = await dave.get(`/v1/waivers/${id}`);
  const evidence = [{ name: "runs.ndjson", text: HALF }];
  const late = await inFourDays("/v1/gates/evaluations", { ...about, evidence });
  const over = await inFourDays(`/v1/waivers/${id}/revoke`, { reason: "late" });
  const stream = await dave.get(`/v1/ledger/streams/waiver:${id}`);

  expect([go, other, revoked, late].map(verdictOf)).toEqual(["GO", "NO-GO", "NO-GO", "NO-GO"]);
  expect(go.body).toMatchObject({ evaluation: { waivers: [id], valid_until: later(3) } });
  expect(member(member(revoked.body, "decision"), "waivers")).toMatchObject({
    rejected: [{ waiver: id, code: "approver_invalid", detail: expect.stringContaining("BUNDLE_KEY_REVOKED") }],
  });
  expect(soon.body).toEqual({ waivers: [], next: null });
  expect(listed.body).toMatchObject({ waivers: [{ waiver_id: id, state: "approved" }] });
  expect(shown.body).toMatchObject({ renewal: { from: expect.any(String), seconds_max: 14 * 86_400 } });
  expect(over.body).toMatchObject({ code: "STATE_TRANSITION_ILLEGAL" });
  expect((JSON.stringify(stream.body).match(/"waiver\.\w+"/g) ?? []).map((type) => JSON.parse(type))).toEqual([
    "waiver.requested",
    "waiver.approved",
    "waiver.expired",
  ]);
});

/** A bundle that pins a policy, in dev and doing well there. */
async function bundleInDev(policy: string) {
  const parsed = parsePolicy(policy);
  assert(parsed.ok, "the test's policy can be read");
  const { id, version } = parsed.value.text;
  const built = buildBundle({
    pack: bench().till.pack,
    label: "candidate",
    source: { commit: "3f1d2c4b5a69788796a5b4c3d2e1f00112233445", dirty: false },
    builder: "test",
    createdAt: NOW,
    policies: [{ id, version, digest: parsed.value.digest }],
    sbom: null,
    key: RELEASE_KEY,
  });
  assert(built.ok, "the test's bundle can be built");
  const { bundle_id, root_digest } = built.value.manifest;
  expect(await dave.post("/v1/environments/dev/promote", { bundle: built.value.text })).toMatchObject({ status: 200 });
  await dave.post("/v1/environments/dev/health", { health: "good", reason: "looked at" });
  return { subject: root_digest, toStaging: () => dave.post("/v1/environments/staging/promote", { bundle_id }) };
}

test("W43 W51 a GO that rests on a waiver carries a bundle only where the waiver is for, and no more once it is revoked", async () => {
  const policy = policyOf("carried");
  const { subject, toStaging } = await bundleInDev(policy);
  const about = { policy, subject };

  const forDev = await requested(about, ["dev"]);
  await approve(ann, forDev, BY_ANN);
  const goForDev = await evaluate(about);
  const outside = await toStaging();
  await dave.post(`/v1/waivers/${forDev}/revoke`, { reason: "asked for staging instead" });
  const withdrawn = await toStaging();
  const forStaging = await requested(about, ["dev", "staging"]);
  for (const [client, signing] of [[ann, BY_ANN] as const, [olga, BY_OLGA] as const])
    await approve(client, forStaging, signing);
  const goForStaging = await evaluate(about);
  const moved = await toStaging();
  const history = await dave.get("/v1/environments/staging/history");

  expect([goForDev, goForStaging].map(verdictOf)).toEqual(["GO", "GO"]);
  expect(outside.body).toMatchObject({
    code: "RELEASE_GATE_ALLOWS_PROMOTION",
    detail: expect.stringContaining(`rests on waiver ${forDev}, which is not for staging`),
  });
  expect(withdrawn.body).toMatchObject({
    code: "RELEASE_GATE_EVIDENCE_MISSING",
    detail: expect.stringContaining(`rests on waiver ${forDev}, which is revoked since`),
  });
  expect(moved.status).toBe(200);
  expect(JSON.stringify(history.body)).toContain(`"waivers":["${forStaging}"]`);
});
