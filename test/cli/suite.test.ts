import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { after, formatInstant, sha256Hex, uuidV7Ids } from "../../src/contracts/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { listScratch, makeScratch } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { runCli } from "./run-cli.ts";
import { useWorld } from "./world.ts";

const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

/** A digest's beginning by which targets of the pack `hello` know each other. */
const HELLO = sha256Hex("hello").slice(0, 8);

const { world } = useWorld();

const cli = (...argv: readonly string[]) => runCli(argv, world);
const golden = (name: string) => join(world.cwd, "hello/golden", name);
const standing = async () => [
  ...(await listScratch(world.server, `suite_${HELLO}`)),
  ...(await listScratch(world.server, `preview_${HELLO}`)),
];

/** Works with one of the pack's golden files changed, and puts it back. */
async function changed<T>(name: string, change: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const text = readFileSync(golden(name), "utf8");
  writeFileSync(golden(name), change(text));
  try {
    return await work();
  } finally {
    writeFileSync(golden(name), text);
  }
}

beforeAll(async () => {
  cpSync("examples/hello", join(world.cwd, "hello"), { recursive: true });
  for (const name of ["pack.yaml", "golden/suite.yaml", "golden/gift-approved.yaml"])
    cpSync(`examples/hello/${name}`, join(world.cwd, "small", name));
  mkdirSync(join(world.cwd, ".countermark"));
  const key = await cli("bundle", "keygen", "--out", "release.pem", "--role", "release");
  writeFileSync(join(world.cwd, ".countermark/trust.json"), key.stdout);
  const words = [
    "--label",
    "candidate",
    "--commit",
    COMMIT,
    "--policy",
    join(process.cwd(), "policies/golden-suite.yaml"),
  ];
  await cli("bundle", "build", "hello/pack.yaml", ...words, "--sign-with", "release.pem", "--out", "a.bundle");
});

test("golden cases of a workflow that waits tell it of events and of what a person says, and see where it stays", async () => {
  const said = await cli("suite", "run", join(process.cwd(), "examples/courier"), "--json");

  expect(said).toMatchObject({ exit: 0 });
  expect(JSON.parse(said.stdout)).toMatchObject({ verdict: "GO" });
});

test("INV-08 a pack's golden cases are played for real, judged, written as evidence, and nothing of the runtime is left", async () => {
  const said = await cli(
    "suite",
    "run",
    "hello",
    "--json",
    "--junit",
    "g.xml",
    "--evidence",
    "suite.ndjson",
    "--artifact",
    "gate.json",
    "--sign-with",
    "release.pem",
    "--commit",
    COMMIT,
  );
  const at = formatInstant(after(realHost.clock.now(), 1_000));
  const policy = join(process.cwd(), "policies/golden-suite.yaml");
  const again = await cli(
    "gate",
    "eval",
    policy,
    "--evidence",
    "suite.ndjson",
    "--at",
    at,
    "--profile",
    "p0-only",
    "--json",
  );

  expect(said).toMatchObject({ exit: 0, stderr: "" });
  const report = JSON.parse(said.stdout);
  expect(report).toMatchObject({ verdict: "GO", deploy_blocked: false, pack: { id: "hello" } });
  expect(report.cases.map((one: { id: string; passed: number }) => [one.id, one.passed])).toEqual([
    ["gift-approved", 3],
    ["gift-denied", 3],
    ["no-gift", 3],
  ]);
  const junit = readFileSync(join(world.cwd, "g.xml"), "utf8");
  const schema = readFileSync("src/gate/testing/junit.xsd", "utf8");
  expect(junit).toContain('tests="9" failures="0"');
  expect(await validateXML({ xml: junit, schema })).toMatchObject({ valid: true, errors: [] });
  expect(await cli("suite", "check", "gate.json", "--bundle", "a.bundle")).toMatchObject({ exit: 0, stderr: "" });
  expect(report.gate_artifact).toMatchObject({
    git_sha: COMMIT,
    config_hash: report.pack.digest,
    deploy_blocked: false,
  });
  expect(again.exit).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ suite_ref: report.gate_artifact.suite_ref, deploy_blocked: false });
  expect(await standing()).toEqual([]);
});

test("INV-08 a case that does not end as expected blocks the deploy, says how it ended, is recorded about the bundle; so do an artifact that is absent, unsigned or forged", async () => {
  const broken = (text: string) => text.replace("voucher: voucher-1 } }]", "voucher: voucher-2 } }]");
  const said = await changed("gift-approved.yaml", broken, () =>
    cli(
      "suite",
      "run",
      "hello",
      "--cases",
      "gift-a*",
      "--runs",
      "1",
      "--record",
      "--bundle",
      "a.bundle",
      "--artifact",
      "blocked.json",
      "--sign-with",
      "release.pem",
    ),
  );
  const { root_digest } = JSON.parse((await cli("bundle", "show", "a.bundle", "--json")).stdout);
  const [recorded] = JSON.parse((await cli("gate", "list", "--json")).stdout).evaluations;

  expect(said.exit).toBe(4);
  expect(said.stdout).toContain('$.gift.voucher is "voucher-2", not "voucher-1"');
  expect(said.stdout).toContain("the deploy is blocked");
  expect(said.stdout).toContain("whole-suite");
  expect(recorded).toMatchObject({
    policy_id: "golden-suite",
    subject: root_digest,
    verdict: "NO-GO",
    source: "imported",
  });

  const text = readFileSync(join(world.cwd, "blocked.json"), "utf8");
  writeFileSync(join(world.cwd, "plain.json"), JSON.stringify({ contract: "gate_artifact.v1", deploy_blocked: false }));
  writeFileSync(join(world.cwd, "forged.json"), text.replace(/"payload":"..../, '"payload":"AAAA'));
  const check = (name: string) => cli("suite", "check", name, "--bundle", "a.bundle");
  const checked = await Promise.all(["blocked.json", "none.json", "plain.json", "forged.json"].map(check));
  expect(checked.map(({ exit }) => exit)).toEqual([4, 5, 5, 8]);
  expect(checked.map(({ stderr }) => stderr.slice(0, stderr.indexOf(":")))).toEqual([
    "GATE_FAILED",
    "GATE_EVIDENCE_MISSING",
    "GATE_EVIDENCE_MISSING",
    "BUNDLE_SIGNATURE",
  ]);
});

test("P1-TR07 a case that says so is tried again; what fails twice blocks the deploy, is to be looked at, and is no flake", async () => {
  const failing = (text: string) =>
    text
      .replace("deterministic,", "pseudo_deterministic,")
      .replace("greet: [{ output: { greeting: Hello! } }]", "greet: [{ rejected: { code: BUSY } }]");
  const said = await changed("no-gift.yaml", failing, () =>
    cli("suite", "run", "hello", "--cases", "no-gift", "--runs", "1", "--update-quarantine", "--json"),
  );
  const listed = await cli("suite", "list", "hello", "--json");

  expect(said.exit).toBe(4);
  expect(JSON.parse(said.stdout).cases[0]).toMatchObject({ status: "triage", failures: [{}, {}] });
  expect(JSON.parse(listed.stdout).quarantined).toEqual([]);
});

test("PRV-01 PRV-02 PRV-04 PRV-05 DS-01 DS-08 DS-09 a bundle is previewed: its own pack in a target of its own, whose owners die, its suites, a report, nothing left; promotion goes by it", {
  timeout: 180_000,
}, async () => {
  const said = await cli(
    "preview",
    "create",
    "a.bundle",
    "--pack",
    "small",
    "--record",
    "--json",
    "--markdown",
    "preview.md",
  );
  const toDev = await cli("promote", "a.bundle", "--to", "dev");
  await cli("env", "health", "dev", "good", "--reason", "previewed");
  const { bundle_id } = JSON.parse(said.stdout);
  const toStaging = await cli("promote", bundle_id, "--to", "staging");

  expect(said).toMatchObject({ exit: 0, stderr: "" });
  expect(JSON.parse(said.stdout)).toMatchObject({
    contract: "preview_report_v1",
    target_id: expect.stringMatching(/^countermark_preview_/),
    ready_at: expect.any(String),
    status: "passed",
    teardown: { done: true },
    leaked: [],
    decision: { verdict: "GO" },
  });
  expect(JSON.parse(said.stdout).suites).toEqual(
    ["smoke", "contracts", "golden", "DS-01", "DS-08", "tenants", "DS-09", "ledger"].map((name) => ({
      name,
      status: "passed",
      problems: [],
    })),
  );
  const { root_digest, decision } = JSON.parse(said.stdout);
  const shown = readFileSync(join(world.cwd, "preview.md"), "utf8");
  expect(shown).toContain(`### Preview passed: \`${bundle_id}\``);
  expect(shown).toContain(`| root | \`${root_digest}\` |\n| decision | GO, \`${decision.digest}\` |`);
  expect([toDev.exit, toStaging.exit]).toEqual([0, 0]);
  expect(await standing()).toEqual([]);
});

test("PRV-04 a target that an earlier preview left behind fails the next one, is named and removed, and the one after goes on", async () => {
  const past = after(realHost.clock.now(), -3_600_000);
  const ids = uuidV7Ids({ now: () => past }, realHost.random);
  const left = await makeScratch(world.server, { purpose: `preview_${HELLO}`, ids });

  const said = await cli("preview", "create", "a.bundle", "--pack", "small", "--json");

  expect(said.exit).toBe(9);
  expect(said.stderr).toContain("PREVIEW_TARGET_LEAKED");
  expect(JSON.parse(said.stdout)).toMatchObject({ status: "failed", leaked: [left.name], suites: [], target_id: null });
  expect(await standing()).toEqual([]);
});

test("PRV-01 PRV-04 a pack that is not the bundle's is not previewed; one that is interrupted is removed all the same", async () => {
  const stop = new AbortController();
  stop.abort("SIGINT");
  const text = readFileSync(join(world.cwd, "small/pack.yaml"), "utf8");
  writeFileSync(join(world.cwd, "small/pack.yaml"), text.replace("max_steps_per_run: 5", "max_steps_per_run: 6"));
  const other = await cli("preview", "create", "a.bundle", "--pack", "small");
  writeFileSync(join(world.cwd, "small/pack.yaml"), text);

  const interrupted = await runCli(["preview", "create", "a.bundle", "--pack", "small", "--json"], {
    ...world,
    interrupted: stop.signal,
  });

  expect(other).toMatchObject({ exit: 2, stdout: "" });
  expect(other.stderr).toContain("PREVIEW_PACK_MISMATCH");
  expect(interrupted.exit).toBe(130);
  expect(JSON.parse(interrupted.stdout)).toMatchObject({ status: "interrupted", teardown: { done: true } });
  expect(await standing()).toEqual([]);
});

test("P1-TR07 cases and registry are checked without a database: what is wrong is named by file, line and field", async () => {
  const ok = await cli("suite", "lint", "hello");
  const bad = await changed(
    "no-gift.yaml",
    (text) => text.replace("sandbox_hardened", "sandbox-hardened"),
    () => cli("suite", "lint", "hello"),
  );
  const entry = [
    "quarantined:",
    "  - { test_id: no-gift, quarantined_at: 2026-01-01T00:00:00Z, quarantine_reason: rain, owner: reception,",
    "      sla_expires_at: 2026-01-15T00:00:00Z, status: QUARANTINED }",
  ].join("\n");
  writeFileSync(golden("quarantine.yaml"), entry);
  const overdue = await cli("suite", "lint", "hello");
  writeFileSync(golden("quarantine.yaml"), "quarantined: []\n");
  const none = await cli("suite", "run", "hello", "--cases", "refund");

  expect(ok).toMatchObject({ exit: 0, stderr: "" });
  expect(bad.exit).toBe(2);
  expect(bad.stderr).toContain("SUITE_TAGS_INVALID: no-gift.yaml:3:");
  expect(overdue.exit).toBe(9);
  expect(overdue.stderr).toContain("QUARANTINE_OVERDUE: reception was to mend `no-gift` by 2026-01-15");
  expect(none).toMatchObject({ exit: 2, stdout: "" });
  expect(none.stderr).toContain("SUITE_EMPTY");
});

test("INV-08 the shop's golden cases run its own handlers before simulated providers: a refund is paid once it was approved", async () => {
  const pack = join(process.cwd(), "examples/commerce");
  const tools = async () => commercePack().tools;

  const said = await runCli(["suite", "run", pack, "--cases", "refund-approved", "--runs", "1", "--json"], {
    ...world,
    tools,
  });

  expect(JSON.parse(said.stdout)).toMatchObject({
    cases: [{ id: "refund-approved", status: "passed", runs: 1, failures: [] }],
    blocked_by: ["golden-p0-runs:refund-approved", "whole-suite"],
  });
});
