import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { newFolder, runCli } from "./run-cli.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const POLICY = `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 3600
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: rate, metric: correct, limit: 0.9, remedy: look at the failing runs }]
`;
const AT = ["--at", "2026-03-09T02:00:00Z"];

/** A folder with a policy and so many runs of which so many are good. */
function folderOf(good: number, runs: number, policy = POLICY): string {
  const folder = newFolder();
  const lines = Array.from({ length: runs }, (_, id) =>
    JSON.stringify({ kind: "run", id: `r${id}`, columns: { good: id < good } }),
  );
  writeFileSync(join(folder, "policy.yaml"), policy);
  writeFileSync(join(folder, "runs.ndjson"), lines.join("\n"));
  return folder;
}

test.each([
  ["GO", 10, 10, 0],
  ["NO-GO", 8, 10, 4],
  ["NO-GO", 0, 0, 5],
])("gate eval says %s of %d good in %d, and its exit code says it to scripts", async (verdict, good, runs, exit) => {
  const cwd = folderOf(good, runs);

  const told = await runCli(["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", ...AT], { cwd });
  const core = await runCli(["gate", "eval", "policy.yaml", "--evidence", ".", ...AT, "--format", "core"], { cwd });

  expect([told.exit, core.exit]).toEqual([exit, exit]);
  expect(told.stdout).toContain(`${verdict}  shop 1.0.0`);
  expect(JSON.parse(core.stdout)).toMatchObject({ schema: "countermark.decision.v1", verdict });
});

test("gate explain tells a decision of a file, gate by gate, and finds one that was edited", async () => {
  const cwd = folderOf(8, 10);
  const { stdout } = await runCli(["gate", "eval", "policy.yaml", "--evidence", ".", ...AT, "--format", "core"], {
    cwd,
  });
  writeFileSync(join(cwd, "decision.json"), stdout);
  writeFileSync(join(cwd, "edited.json"), stdout.replace('"NO-GO"', '"GO"'));

  const told = await runCli(["gate", "explain", "decision.json", "--gate", "rate"], { cwd });
  const edited = await runCli(["gate", "explain", "edited.json"], { cwd });
  const other = await runCli(["gate", "explain", "decision.json", "--gate", "rat"], { cwd });

  expect(told.stdout).toContain("8 of 10");
  expect(told.stdout).toContain("at fault: r8, r9");
  expect(told.stdout).toContain("would pass with 1 of the failing ones good; or with 10 more, all good");
  expect([edited.exit, edited.stderr]).toEqual([8, expect.stringContaining("DECISION_CORRUPT")]);
  expect([other.exit, other.stdout, other.stderr]).toEqual([
    2,
    "",
    expect.stringContaining("the decision has no gate `rat`: it has rate"),
  ]);
});

test("gate lint tells how many trials a bound needs, and refuses a gate that nothing can pass, as gate eval does", async () => {
  const bound = "bound: { method: wilson, confidence: 0.95, side: two }";
  const good = folderOf(1, 1, POLICY.replace("limit: 0.9", `limit: 0.95, ${bound}`));
  const hopeless = folderOf(1, 1, POLICY.replace("limit: 0.9", `limit: 1, ${bound}`));

  const told = await runCli(["gate", "lint", "policy.yaml"], { cwd: good });
  const refused = await runCli(["gate", "lint", "policy.yaml", "--json"], { cwd: hopeless });
  const evaluated = await runCli(["gate", "eval", "policy.yaml", "--evidence", ".", ...AT], { cwd: hopeless });

  expect([told.exit, told.stdout]).toEqual([0, "info  rate: needs 73 trials without a failure\n"]);
  expect([refused.exit, JSON.parse(refused.stdout).findings]).toMatchObject([2, [{ code: "GATE_UNSATISFIABLE" }]]);
  expect([evaluated.exit, evaluated.stderr]).toEqual([2, expect.stringContaining("GATE_UNSATISFIABLE")]);
});

test("a packet is decided again from the one file, and one altered byte ends with 8", async () => {
  const cwd = folderOf(8, 10);
  const built = await runCli(["packet", "build", "policy.yaml", "--evidence", ".", ...AT, "--out", "packet.html"], {
    cwd,
  });
  const page = readFileSync(join(cwd, "packet.html"), "utf8");
  writeFileSync(join(cwd, "altered.html"), page.replace('\\"id\\":\\"r8\\"', '\\"id\\":\\"r7\\"'));
  writeFileSync(join(cwd, "painted.html"), page.replace('class="no">NO-GO', 'class="go">GO'));

  const decided = await runCli(["decide", "packet.html"], { cwd });
  const verified = await runCli(["packet", "verify", "packet.html"], { cwd });
  const altered = await runCli(["decide", "altered.html"], { cwd });
  const painted = await runCli(["decide", "painted.html"], { cwd });
  writeFileSync(join(cwd, "spelled.html"), page.replace('"schema"', '"\\u0073chema"'));
  const shown = await Promise.all(
    ["painted.html", "spelled.html"].map((name) => runCli(["packet", "verify", name], { cwd })),
  );

  expect([built.exit, decided.exit, verified.exit]).toEqual([4, 4, 0]);
  expect(page.length).not.toBe(0);
  expect([altered.exit, altered.stderr]).toEqual([8, expect.stringContaining("PACKET_CORRUPT")]);
  expect([painted.exit, painted.stdout, painted.stderr]).toEqual([
    4,
    expect.stringContaining("NO-GO"),
    expect.stringContaining("altered"),
  ]);
  for (const { exit, stdout, stderr } of shown)
    expect([exit, stdout, stderr]).toEqual([8, "", expect.stringContaining("PACKET_CORRUPT")]);
});

test.each([
  ["no evidence at all", ["--evidence", "gone.ndjson", ...AT], "FILE_NOT_FOUND"],
  ["no instant", ["--evidence", "runs.ndjson"], "USAGE"],
  ["an instant that is none", ["--evidence", "runs.ndjson", "--at", "noon"], "USAGE"],
  ["a profile that is not there", ["--evidence", "runs.ndjson", ...AT, "--profile", "strict"], "GATE_PROFILE_UNKNOWN"],
  [
    "a profile that is no policy's",
    ["--evidence", "runs.ndjson", ...AT, "--profile", "constructor"],
    "GATE_PROFILE_UNKNOWN",
  ],
  ["waivers without a roster", ["--evidence", "runs.ndjson", ...AT, "--waivers", "runs.ndjson"], "USAGE"],
  [
    "a roster that names no roles",
    ["--evidence", "runs.ndjson", ...AT, "--waivers", "runs.ndjson", "--roster", '{"ann":1}'],
    "INVALID_INPUT",
  ],
])("gate eval with %s is misuse, with a remedy", async (_, words, code) => {
  const refused = await runCli(["gate", "eval", "policy.yaml", ...words], { cwd: folderOf(1, 1) });

  expect(refused.exit).toBe(2);
  expect(refused.stderr).toMatch(new RegExp(`^${code}: .+\nremedy: .+\n`));
});

test("without files the ledger is judged, each time recorded, listed, explained and saved as a packet", async () => {
  const cwd = newFolder();
  const cli = (...argv: string[]) => runCli(argv, { cwd, server: database.options });
  writeFileSync(join(cwd, "policy.yaml"), readFileSync("policies/production.yaml"));

  const first = await cli("gate", "eval", "policy.yaml");
  const again = await cli("gate", "eval", "policy.yaml", "--json");
  const list = await cli("gate", "list", "--json");
  const { evaluation_id, decision_sha256 } = JSON.parse(again.stdout).evaluation;
  const told = await cli("gate", "explain", decision_sha256, "--gate", "correctness");
  const saved = await cli("packet", "save", evaluation_id, "--out", "packet.html");
  const decided = await cli("decide", "packet.html");

  const tried = await cli("gate", "backtest", "policy.yaml", "--since", "2020-01-01T00:00:00Z", "--every", "1000000");
  const tooMany = await cli("gate", "backtest", "policy.yaml", "--since", "2020-01-01T00:00:00Z", "--every", "60");

  expect([tried.exit, tried.stdout]).toEqual([0, expect.stringMatching(/^○{4,}\n0 of \d+ decisions are GO/)]);
  expect([tooMany.exit, tooMany.stderr]).toEqual([2, expect.stringContaining("from 1 to 400")]);
  expect(JSON.parse((await cli("gate", "list", "--json")).stdout).evaluations).toHaveLength(2);
  expect([first.exit, again.exit]).toEqual([5, 5]);
  expect(first.stdout).toContain("recorded; the first evaluation of this policy");
  expect(JSON.parse(again.stdout).count).toBe(2);
  expect(JSON.parse(list.stdout).evaluations).toHaveLength(2);
  expect(told.stdout).toContain("would pass with 73 more, all good");
  expect([saved.exit, decided.exit]).toEqual([0, 5]);
});

test("gate eval --summary appends the decision to the job's summary, GO or NO-GO, and says where that is missing", async () => {
  const cwd = folderOf(8, 10);
  const file = join(cwd, "summary.md");
  const env = { GITHUB_STEP_SUMMARY: file };
  const words = ["gate", "eval", "policy.yaml", "--evidence", ".", ...AT, "--summary"];
  writeFileSync(file, "# Tests\n");

  const first = await runCli(words, { cwd, env });
  await runCli([...words, "--format", "core"], { cwd, env });
  const nowhere = await runCli(words, { cwd });
  const folder = await runCli(words, { cwd, env: { GITHUB_STEP_SUMMARY: cwd } });

  const text = readFileSync(file, "utf8");
  expect(first.exit).toBe(4);
  expect(text.startsWith("# Tests\n## ⛔ NO-GO: shop 1.0.0\n")).toBe(true);
  expect(text.match(/## ⛔ NO-GO/g)).toHaveLength(2);
  expect([nowhere.exit, nowhere.stderr]).toEqual([2, expect.stringContaining("GITHUB_STEP_SUMMARY")]);
  expect([folder.exit, folder.stderr]).toEqual([1, expect.stringContaining("E_REPORT_FAILED")]);
});

test("gate export writes OpenSLO, and gate import makes the same policy of it", async () => {
  const cwd = newFolder();
  const slo = `apiVersion: openslo/v1
kind: SLO
metadata: { name: good-runs }
spec:
  service: shop
  indicator: { spec: { ratioMetric: {
    good: { metricSource: { type: countermark, spec: { from: run, where: $.outcome == 'SUCCESS' } } },
    total: { metricSource: { type: countermark, spec: { from: run } } } } } }
  timeWindow: [{ duration: 7d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.9 }]
`;
  writeFileSync(join(cwd, "slo.yaml"), slo);
  writeFileSync(join(cwd, "other.yaml"), slo.replace("countermark", "Prometheus"));

  const imported = await runCli(["gate", "import", "openslo", "slo.yaml", "--out", "policy.yaml"], { cwd });
  const exported = await runCli(["gate", "export", "policy.yaml", "--format", "openslo"], { cwd });
  const again = await runCli(["gate", "import", "openslo", "-"], { cwd, stdin: exported.stdout });
  const refused = await runCli(["gate", "import", "openslo", "other.yaml"], { cwd });
  const [one, two] = await Promise.all(
    ["policy.yaml", "-"].map((path) => runCli(["gate", "lint", path, "--json"], { cwd, stdin: again.stdout })),
  );

  expect([imported.exit, exported.exit, again.exit]).toEqual([0, 0, 0]);
  expect(JSON.parse(one?.stdout ?? "").digest).toBe(JSON.parse(two?.stdout ?? "").digest);
  expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining("good.metricSource.type")]);
});
