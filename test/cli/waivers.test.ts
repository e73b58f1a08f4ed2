import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { formatInstant } from "../../src/contracts/index.ts";
import { realHost } from "../database/real-host.ts";
import { runsOf, runsPolicy, WAIVERS } from "../slo.ts";
import { runCli } from "./run-cli.ts";
import { useWorld } from "./world.ts";

const POLICY = runsPolicy({
  id: "quality",
  gates: [
    "{ id: trend, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }",
    "{ id: safety, metric: correct, limit: 0.5, remedy: mend it }",
  ],
  more: `${WAIVERS}profiles: { strict: { budget: { waived: 1 }, conditions: waived_only } }\n`,
});

const ROOT = "a".repeat(64);
const ASKED = ["--reason", "one flaky runner, replaced on Monday", "--issue", "#17", "--owner", "ann"];

const { world } = useWorld();
const keys = new Map<string, string>();

const cli = (...argv: readonly string[]) => runCli(argv, world);
const as = (who: string, ...argv: readonly string[]) =>
  runCli(argv, { ...world, env: { COUNTERMARK_KEY: keys.get(who) ?? "" } });

const place = (name: string): string => join(world.cwd, name);

beforeAll(async () => {
  writeFileSync(place("policy.yaml"), POLICY);
  for (const folder of ["nine", "eight", ".countermark"]) mkdirSync(place(folder));
  writeFileSync(place("nine/runs.ndjson"), runsOf(9, 10));
  writeFileSync(place("eight/runs.ndjson"), runsOf(8, 10));
  for (const who of ["dave", "ann", "olga"]) {
    const made = await cli("key", "add", who, "--role", who === "dave" ? "admin" : "approver");
    keys.set(who, made.stdout.trim());
  }
  const signers = [
    ["dave", "release_owner"],
    ["ann", "operator"],
    ["olga", "release_owner"],
  ] as const;
  const entries: unknown[] = [];
  for (const [who, role] of signers) {
    const made = await cli(
      "bundle",
      "keygen",
      "--out",
      `${who}.pem`,
      "--role",
      "approver",
      "--principal",
      who,
      "--as",
      role,
    );
    entries.push(...JSON.parse(made.stdout).keys);
  }
  const stranger = await cli("bundle", "keygen", "--out", "mallory.pem");
  writeFileSync(place(".countermark/trust.json"), JSON.stringify({ keys: entries }));
  writeFileSync(place("others.json"), stranger.stdout);
});

const evaluate = (evidence: string, ...more: readonly string[]) => {
  const at = formatInstant(realHost.clock.now());
  return cli(
    "gate",
    "eval",
    "policy.yaml",
    "--evidence",
    evidence,
    "--at",
    at,
    "--record",
    "--subject",
    ROOT,
    "--json",
    ...more,
  );
};

const idOf = (printed: string): string => JSON.parse(printed).evaluation.evaluation_id;

async function requested(...more: readonly string[]): Promise<string> {
  const noGo = await evaluate("nine");
  const words = ["--evaluation", idOf(noGo.stdout), "--gate", "trend", "--due", "5d", "--expires", "7d", ...ASKED];
  const made = await as("dave", "waiver", "request", ...words, "--environment", "staging", ...more, "--json");
  expect(made).toMatchObject({ exit: 0, stderr: "" });
  return JSON.parse(made.stdout).waiver_id;
}

test("EXC-01 EXC-02 EXC-03 a NO-GO becomes GO on condition by a waiver that two people signed, and NO-GO again when it is revoked", async () => {
  const id = await requested();
  const own = await as("dave", "waiver", "approve", id, "--sign-with", "dave.pem", "--yes");
  const first = await as("ann", "waiver", "approve", id, "--sign-with", "ann.pem", "--yes");
  const early = await evaluate("nine");
  const foreign = await as("olga", "waiver", "approve", id, "--sign-with", "mallory.pem", "--yes");
  const borrowed = await as("olga", "waiver", "approve", id, "--sign-with", "ann.pem", "--yes");
  const unsure = await as("olga", "waiver", "approve", id, "--sign-with", "olga.pem");
  const { terms_sha256: terms } = JSON.parse((await cli("waiver", "show", id, "--json")).stdout);
  const other = await as(
    "olga",
    "waiver",
    "approve",
    id,
    "--terms",
    "0".repeat(64),
    "--sign-with",
    "olga.pem",
    "--yes",
  );
  const second = await as("olga", "waiver", "approve", id, "--terms", terms, "--sign-with", "olga.pem", "--yes");
  const go = await evaluate("nine", "--environment", "staging");
  const prod = await evaluate("nine", "--environment", "prod");
  const worse = await evaluate("eight");
  const explained = await cli("gate", "explain", idOf(go.stdout));
  const saved = await cli("packet", "save", idOf(go.stdout), "--out", "go.html");
  const offline = await cli("decide", "go.html", "--json");
  expect(other).toMatchObject({ exit: 8, stderr: expect.stringContaining(`its terms are ${terms}`) });
  const trusted = await cli("decide", "go.html", "--trust", ".countermark/trust.json");
  const untrusted = await cli("decide", "go.html", "--trust", "others.json");
  const expiring = [await cli("waiver", "list", "--expiring", "8d"), await cli("waiver", "list", "--expiring", "48h")];
  const revoked = await as("dave", "waiver", "revoke", id, "--reason", "the runner was replaced");
  const after = await evaluate("nine");
  const late = await as("olga", "waiver", "revoke", id, "--reason", "again");
  const verified = await cli("ledger", "verify", `waiver:${id}`);
  const noted = await cli(
    "gate",
    "eval",
    "policy.yaml",
    "--evidence",
    "nine",
    "--at",
    formatInstant(realHost.clock.now()),
    "--record",
  );

  expect(own).toMatchObject({ exit: 7, stderr: expect.stringContaining("WAIVER_APPROVER_IS_REQUESTER") });
  expect(first.stdout).toBe(`approved  ${id}: 1 of 2, none as release_owner yet\n`);
  expect(early.exit).toBe(4);
  expect(foreign).toMatchObject({ exit: 8, stderr: expect.stringContaining("BUNDLE_UNTRUSTED_KEY") });
  expect(borrowed).toMatchObject({ exit: 8, stderr: expect.stringContaining("BUNDLE_KEY_ROLE") });
  expect(unsure).toMatchObject({ exit: 2, stderr: expect.stringContaining("nothing was signed") });
  expect(second.stdout).toContain(`in force  ${id}`);
  expect(go.exit).toBe(0);
  expect(JSON.parse(go.stdout)).toMatchObject({
    evaluation: { waivers: [id] },
    decision: {
      verdict: "GO",
      conditions: ["trend"],
      waivers: { applied: [{ waiver: id, approved_by: ["ann", "olga"] }] },
    },
  });
  expect(JSON.parse(prod.stdout).decision.waivers.rejected).toMatchObject([{ waiver: id, code: "out_of_scope" }]);
  expect(JSON.parse(worse.stdout).decision.waivers.rejected).toMatchObject([
    { waiver: id, code: "measurement_worsened" },
  ]);
  expect([prod.exit, worse.exit]).toEqual([4, 4]);
  expect(explained.stdout).toContain(`${id}  trend  ann, olga`);
  expect(saved.exit).toBe(0);
  expect(readFileSync(place("go.html"), "utf8")).toContain("one flaky runner");
  expect(JSON.parse(offline.stdout)).toEqual(JSON.parse(go.stdout).decision);
  expect([offline.exit, trusted.exit]).toEqual([0, 0]);
  expect(untrusted).toMatchObject({ exit: 8, stderr: expect.stringContaining("BUNDLE_UNTRUSTED_KEY") });
  expect(expiring.map(({ stdout }) => stdout.includes(id))).toEqual([true, false]);
  expect(expiring[0]?.stdout).toContain("2 of 2");
  expect(revoked.exit).toBe(0);
  expect(after.exit).toBe(4);
  expect(JSON.parse(after.stdout).decision.waivers).toEqual({ digest: null, applied: [], rejected: [] });
  expect(late).toMatchObject({ exit: 9, stderr: expect.stringContaining("STATE_TRANSITION_ILLEGAL") });
  expect(verified.exit).toBe(0);
  expect(noted.stdout).toMatch(
    /trend may be waived: countermark waiver request --evaluation [0-9a-f]{64} --gate trend\n/,
  );
});
