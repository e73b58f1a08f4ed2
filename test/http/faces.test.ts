import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, serve } from "../../src/api/index.ts";
import {
  after,
  formatInstant,
  isJsonObject,
  type Json,
  type JsonObject,
  seededRandom,
} from "../../src/contracts/index.ts";
import { newSigningKey } from "../../src/release/index.ts";
import { newFolder, runCli } from "../cli/run-cli.ts";
import { realHost } from "../database/real-host.ts";
import { runsEvidence, runsOf, runsPolicy, SLO_POLICY, WAIVERS } from "../slo.ts";
import { codeIn, member } from "./answer.ts";
import { type Client, useBench } from "./bench.ts";
import { bundle, changedPack, keyOf, trustKeys } from "./till-bundle.ts";

/* One question, asked on the command line and over HTTP, has one answer; and one refusal. */

const bench = useBench();
const AT = formatInstant(realHost.clock.now());
const ABSENT = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";
const REASON = "one flaky runner, replaced on Monday";

const QUALITY = runsPolicy({
  id: "quality",
  gates: ["{ id: trend, metric: correct, limit: 0.9, severity: high, waivable: true, remedy: mend it }"],
  more: `${WAIVERS}profiles: { strict: { budget: { waived: 1 }, conditions: waived_only } }\n`,
});
const BROKEN = SLO_POLICY.replace("metric: correct", "metric: absent");
const UNSATISFIABLE = SLO_POLICY.replace("limit: 0.9", "limit: 2");
const EVIDENCE = [{ name: "runs.ndjson", text: runsOf(1, 2) }];

const folder = newFolder();
let listening: Listening;
let ada: Client;
let vera: Client;
let evaluation: string;
let waiver: string;
let released: ReturnType<typeof bundle>;
let next: ReturnType<typeof bundle>;
let stranger: ReturnType<typeof bundle>;

beforeAll(async () => {
  const { app, directory, client, till } = bench();
  await trustKeys(directory);
  listening = await serve(app, { port: 0 });
  ada = await client("ada", "admin");
  vera = await client("vera", "viewer");
  released = bundle(till.pack);
  next = bundle(changedPack(till, "9.0.0"));
  stranger = bundle(till.pack, { key: keyOf(7) });
  const files = {
    "slo.yaml": SLO_POLICY,
    "quality.yaml": QUALITY,
    "broken.yaml": BROKEN,
    "unsatisfiable.yaml": UNSATISFIABLE,
    "empty.yaml": "",
    "released.bundle": released.text,
    "next.bundle": next.text,
    "stranger.bundle": stranger.text,
    "source.json": "{}",
    "ada.pem": newSigningKey(seededRandom(9)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const name of ["half", "good"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "half/runs.ndjson"), runsOf(1, 2));
  writeFileSync(join(folder, "good/runs.ndjson"), runsEvidence(true));

  const noGo = await ada.post("/v1/gates/evaluations", { policy: QUALITY, subject: "s-1", evidence: EVIDENCE });
  evaluation = String(member(member(noGo.body, "evaluation"), "evaluation_id"));
  const asked = await ada.post("/v1/waivers", {
    evaluation,
    gate: "trend",
    reason: REASON,
    remediation: { issue_ref: "#17", owner: "ann", due_at: soon(1) },
    scope: { environments: ["dev"] },
    expires_at: soon(2),
  });
  waiver = String(member(asked.body, "waiver_id"));
  await ada.post("/v1/environments/dev/promote", { bundle: released.text });
  await ada.post("/v1/holds", { scope: "prod", reason: "peak season" });
});

afterAll(() => listening.close());

const soon = (days: number): string => formatInstant(after(realHost.clock.now(), days * 86_400_000));

/** What the command line says with `--json`: its data, or the problem that it reports. */
async function cli(argv: readonly string[], key = ada.key): Promise<{ readonly exit: number; readonly body: Json }> {
  const env = { COUNTERMARK_URL: listening.origin, COUNTERMARK_KEY: key };
  const { exit, stdout, stderr } = await runCli([...argv, "--json"], { cwd: folder, env });
  const problem = stderr.split("\n").find((each) => each.startsWith("{"));
  return { exit, body: JSON.parse(stdout === "" ? (problem ?? "null") : stdout) };
}

/** As a shell splits it; words in quotes have no spaces that part them. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

/** A report says when it was asked for. */
const timeless = (body: Json): Json => (isJsonObject(body) ? { ...body, generated_at: null } : body);

test("what is looked at is the same document on the command line and over HTTP", async () => {
  const digest = String(
    member(member((await ada.get(`/v1/gates/evaluations/${evaluation}`)).body, "decision"), "digest"),
  );
  const looks: readonly (readonly [string, string])[] = [
    ["gate list", "/v1/gates/evaluations"],
    ["gate list --policy quality --limit 1", "/v1/gates/evaluations?policy=quality&limit=1"],
    [`gate explain ${evaluation}`, `/v1/gates/evaluations/${evaluation}`],
    [`gate explain ${digest}`, `/v1/gates/evaluations/${digest}`],
    ["waiver list", "/v1/waivers"],
    ["waiver list --state requested --expiring 3d", "/v1/waivers?state=requested&expiring_seconds=259200"],
    [`waiver show ${waiver}`, `/v1/waivers/${waiver}`],
    ["env show", "/v1/environments"],
    ["env history dev", "/v1/environments/dev/history"],
    ["env report dev", "/v1/environments/dev/promotion"],
    ["canary show", "/v1/environments"],
  ];

  for (const [line, path] of looks) {
    const [said, got] = [await cli(words(line)), await ada.get(path)];
    expect.soft(timeless(said.body), line).toEqual(timeless(got.body));
    expect.soft(got.status, line).toBe(200);
  }
});

test("one environment is shown alone, in its document too; one that is none is refused", async () => {
  const all = (await ada.get("/v1/environments")).body;
  const environments = member(all, "environments");
  const dev = Array.isArray(environments) ? environments[0] : null;

  for (const command of ["env show", "canary show"]) {
    const [said, none] = [await cli(words(`${command} dev`)), await cli(words(`${command} nowhere`))];
    expect(said).toEqual({ exit: 0, body: { ...Object(all), environments: [dev] } });
    expect(none).toMatchObject({ exit: 2, body: { code: "USAGE" } });
  }
});

test("a bundle and a policy say in a file what they say over HTTP", async () => {
  const shown = (await ada.get(`/v1/bundles/${released.id}`)).body;
  const linted = (await ada.post("/v1/gates/lint", { policy: SLO_POLICY })).body;
  const hopeless = (await ada.post("/v1/gates/lint", { policy: UNSATISFIABLE })).body;
  const trust = join(bench().directory, "trust.json");

  const manifest = await cli(words("bundle show released.bundle"));
  const verified = await cli(["bundle", "verify", "released.bundle", "--trust", trust]);
  const untrusted = await cli(["bundle", "verify", "stranger.bundle", "--trust", trust]);
  const refused = await ada.post("/v1/environments/dev/promote", { bundle: stranger.text });
  const [good, bad] = [await cli(words("gate lint slo.yaml")), await cli(words("gate lint unsatisfiable.yaml"))];

  expect(manifest.body).toEqual(member(shown, "manifest"));
  expect(verified).toMatchObject({ exit: 0, body: Object(member(shown, "report")) });
  expect(untrusted).toMatchObject({ exit: 8, body: { ok: false, errors: [{ code: codeIn(refused) }] } });
  expect(linted).toMatchObject(Object(good.body));
  expect(hopeless).toMatchObject(Object(bad.body));
  expect([good.exit, bad.exit]).toEqual([0, 2]);
});

interface Asked {
  readonly line: string;
  readonly path: string;
  /** Null to look. */
  readonly body?: JsonObject;
  readonly code: string;
  readonly exit: number;
  readonly as?: "viewer" | "nobody";
}

const refused = (): readonly Asked[] => {
  const promote = (to: string, body: JsonObject) => ({ path: `/v1/environments/${to}/promote`, body });
  const request = (more: JsonObject) => ({
    path: "/v1/waivers",
    body: {
      evaluation,
      gate: "trend",
      reason: REASON,
      remediation: { issue_ref: "#17", owner: "ann", due_at: soon(1) },
      scope: { environments: ["dev"] },
      expires_at: soon(2),
      ...more,
    },
  });
  const requestLine = (more: string) =>
    `waiver request --reason '${REASON}' --issue #17 --owner ann --due 1d --expires 2d ${more}`;
  const evaluate = (policy: string, more: JsonObject = {}) => ({
    path: "/v1/gates/evaluations",
    body: { policy, ...more },
  });
  return [
    {
      line: `gate explain ${ABSENT}`,
      path: `/v1/gates/evaluations/${ABSENT}`,
      code: "GATE_EVALUATION_NOT_FOUND",
      exit: 2,
    },
    {
      line: `gate recount ${ABSENT}`,
      path: `/v1/gates/evaluations/${ABSENT}/recount`,
      code: "GATE_EVALUATION_NOT_FOUND",
      exit: 2,
    },
    {
      line: "gate lint broken.yaml",
      path: "/v1/gates/lint",
      body: { policy: BROKEN },
      code: "GATE_POLICY_INVALID",
      exit: 2,
    },
    { line: "gate eval broken.yaml", ...evaluate(BROKEN), code: "GATE_POLICY_INVALID", exit: 2 },
    {
      line: "gate eval slo.yaml --profile strict",
      ...evaluate(SLO_POLICY, { profile: "strict" }),
      code: "GATE_PROFILE_UNKNOWN",
      exit: 2,
    },
    { line: "gate eval unsatisfiable.yaml", ...evaluate(UNSATISFIABLE), code: "GATE_UNSATISFIABLE", exit: 2 },
    {
      line: `gate eval unsatisfiable.yaml --evidence half --at ${AT}`,
      ...evaluate(UNSATISFIABLE, { evidence: EVIDENCE }),
      code: "GATE_UNSATISFIABLE",
      exit: 2,
    },
    {
      line: `gate eval slo.yaml --evidence half --at ${AT} --profile strict`,
      ...evaluate(SLO_POLICY, { evidence: EVIDENCE, profile: "strict" }),
      code: "GATE_PROFILE_UNKNOWN",
      exit: 2,
    },
    { line: "waiver show W-2026-9999", path: "/v1/waivers/W-2026-9999", code: "WAIVER_NOT_FOUND", exit: 2 },
    {
      line: requestLine(`--evaluation ${ABSENT} --gate trend --environment dev`),
      ...request({ evaluation: ABSENT }),
      code: "GATE_EVALUATION_NOT_FOUND",
      exit: 2,
    },
    {
      line: requestLine(`--evaluation ${evaluation} --gate absent --environment dev`),
      ...request({ gate: "absent" }),
      code: "WAIVER_GATE_UNKNOWN",
      exit: 2,
    },
    {
      line: requestLine(`--evaluation ${evaluation} --gate trend --environment dev stagin`),
      ...request({ scope: { environments: ["dev", "stagin"] } }),
      code: "WAIVER_FIELD_INVALID",
      exit: 2,
    },
    {
      line: "waiver revoke W-2026-9999 --reason late",
      path: "/v1/waivers/W-2026-9999/revoke",
      body: { reason: "late" },
      code: "WAIVER_NOT_FOUND",
      exit: 2,
    },
    {
      line: `waiver approve ${waiver} --sign-with ada.pem --yes`,
      path: `/v1/waivers/${waiver}/approve`,
      body: {
        envelope: {
          payloadType: "application/vnd.in-toto+json",
          payload: "e30=",
          signatures: [{ keyid: "none", sig: "" }],
        },
      },
      code: "WAIVER_APPROVER_IS_REQUESTER",
      exit: 7,
    },
    {
      line: "gate backtest unsatisfiable.yaml --since 2h",
      path: "/v1/gates/backtests",
      body: { policy: UNSATISFIABLE, since: soon(-1) },
      code: "GATE_UNSATISFIABLE",
      exit: 2,
    },
    {
      line: `promote ${next.id} --to dev`,
      ...promote("dev", { bundle_id: next.id }),
      code: "BUNDLE_NOT_FOUND",
      exit: 2,
    },
    {
      line: "promote stranger.bundle --to dev",
      ...promote("dev", { bundle: stranger.text }),
      code: "BUNDLE_UNTRUSTED_KEY",
      exit: 8,
    },
    {
      line: "promote next.bundle --to staging",
      ...promote("staging", { bundle: next.text }),
      code: "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
      exit: 7,
    },
    {
      line: `promote ${released.id} --to staging`,
      ...promote("staging", { bundle_id: released.id }),
      code: "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
      exit: 7,
    },
    {
      line: "promote next.bundle --to dev --source source.json",
      ...promote("dev", { bundle: next.text, source: {} }),
      code: "SOURCE_PROVENANCE_VALID",
      exit: 7,
    },
    {
      line: "promote next.bundle --to dev --canary-policy broken.yaml",
      ...promote("dev", { bundle: next.text, canary_policy: BROKEN }),
      code: "GATE_POLICY_INVALID",
      exit: 2,
    },
    {
      line: "promote next.bundle --to dev",
      ...promote("dev", { bundle: next.text }),
      code: "ROLE_REQUIRED",
      exit: 7,
      as: "viewer",
    },
    {
      line: "rollback dev --reason worse",
      path: "/v1/environments/dev/rollback",
      body: { reason: "worse" },
      code: "ROLLBACK_TARGET_MISSING",
      exit: 9,
    },
    {
      line: "rollback dev --judge",
      path: "/v1/environments/dev/rollback/judge",
      body: {},
      code: "ROLLBACK_NOT_FOUND",
      exit: 9,
    },
    { line: "env report prod", path: "/v1/environments/prod/promotion", code: "PROMOTION_NOT_RECORDED", exit: 2 },
    { line: "env report nowhere", path: "/v1/environments/nowhere/promotion", code: "REQUEST_INVALID", exit: 2 },
    {
      line: "env history nowhere",
      path: "/v1/environments/nowhere/history?after=0&limit=200",
      code: "REQUEST_INVALID",
      exit: 2,
    },
    {
      line: "env health dev fine --reason seen",
      path: "/v1/environments/dev/health",
      body: { health: "fine", reason: "seen" },
      code: "REQUEST_INVALID",
      exit: 2,
    },
    {
      line: "env health staging good --reason seen",
      path: "/v1/environments/staging/health",
      body: { health: "good", reason: "seen" },
      code: "ENVIRONMENT_EMPTY",
      exit: 9,
    },
    {
      line: "env hold nowhere --reason peak",
      path: "/v1/holds",
      body: { scope: "nowhere", reason: "peak" },
      code: "REQUEST_INVALID",
      exit: 2,
    },
    {
      line: `env lift ${ABSENT} --reason over`,
      path: `/v1/holds/${ABSENT}/lift`,
      body: { reason: "over" },
      code: "HOLD_NOT_FOUND",
      exit: 2,
    },
    {
      line: "env hold prod --reason peak",
      path: "/v1/holds",
      body: { scope: "prod", reason: "peak" },
      code: "ROLE_REQUIRED",
      exit: 7,
      as: "viewer",
    },
    { line: "env show", path: "/v1/environments", code: "UNAUTHENTICATED", exit: 2, as: "nobody" },
  ];
};

test("what is refused is refused with one code, one remedy and the same places, on the command line and over HTTP", async () => {
  const nobody = { ...bench().anonymous, key: "cmk_nobody" };
  const clients = { admin: ada, viewer: vera, nobody };
  for (const { line, path, body, code, exit, as = "admin" } of refused()) {
    const client = clients[as];
    const said = await cli(words(line), client.key);
    const headers = { authorization: `Bearer ${client.key}` };
    const got = body === undefined ? await client.get(path, headers) : await client.post(path, body, headers);

    expect.soft({ line, exit: said.exit, body: said.body }).toEqual({ line, exit, body: got.body });
    expect.soft(codeIn(got), line).toBe(code);
  }
});

/** Of one evaluation, not of what it came to. */
const OWN = ["evaluation_id", "recorded_at", "packet_sha256"];
const shared = (body: Json): Json => {
  const row = member(body, "evaluation");
  return isJsonObject(row) ? Object.fromEntries(Object.entries(row).filter(([name]) => !OWN.includes(name))) : null;
};

test.each([
  ["quality.yaml", QUALITY, "half", EVIDENCE, 4],
  ["slo.yaml", SLO_POLICY, "good", [{ name: "runs.ndjson", text: runsEvidence(true) }], 0],
])(
  "the same evidence comes to the same decision of %s, wherever it is judged: in files, recorded, over HTTP, from its packet",
  async (file, policy, evidence, brought, exit) => {
    const line = `gate eval ${file} --evidence ${evidence} --at ${AT}`;

    const inFiles = await cli(words(`${line} --format core`));
    const recorded = await cli(words(`${line} --record --subject s-2`));
    const bare = await cli(words(`${line} --record --subject s-2 --format core`));
    const exported = await cli(words(`${line} --record --subject s-2 --format export`));
    const got = await ada.post("/v1/gates/evaluations", { policy, subject: "s-2", at: AT, evidence: brought });
    const id = String(member(member(got.body, "evaluation"), "evaluation_id"));
    await cli(words(`packet save ${id} --out packet.html`));
    const again = await cli(words("decide packet.html"));

    const decision = member(got.body, "decision");
    expect([inFiles.exit, recorded.exit, again.exit]).toEqual([exit, exit, exit]);
    expect(member(recorded.body, "decision")).toEqual(decision);
    expect(shared(recorded.body)).toEqual(shared(got.body));
    expect(member(again.body, "decision") ?? again.body).toEqual(decision);
    expect([inFiles.body, bare.body]).toEqual([decision, decision]);
    expect([bare.exit, exported.exit, member(exported.body, "code")]).toEqual([exit, 2, "USAGE"]);
  },
);
