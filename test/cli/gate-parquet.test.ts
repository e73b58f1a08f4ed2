import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeQuery } from "../../src/gate/parquet/testing/write-parquet.ts";
import { runsPolicy } from "../slo.ts";
import { newFolder, runCli } from "./run-cli.ts";

const POLICY = runsPolicy({
  id: "shop",
  gates: ["{ id: rate, metric: correct, limit: 0.9, remedy: look at the failing runs }"],
  validSeconds: 3600,
});
const AT = ["--at", "2026-03-09T02:00:00Z"];

/** A folder with a policy, and ten runs of which so many are good. */
async function folderOf(good: number, policy = POLICY): Promise<string> {
  const cwd = newFolder();
  writeFileSync(join(cwd, "policy.yaml"), policy);
  await writeQuery(
    join(cwd, "runs.parquet"),
    `select 'run' as kind, 'r' || i as id, i < ${good} as good from range(10) as t(i)`,
  );
  return cwd;
}

test("Parquet is judged like any evidence, and a packet of it is decided again without it", async () => {
  const cwd = await folderOf(8);

  const told = await runCli(["gate", "eval", "policy.yaml", "--evidence", "runs.parquet", ...AT], { cwd });
  const packet = ["packet", "build", "policy.yaml", "--evidence", ".", ...AT, "--out", "packet.html"];
  const built = await runCli(packet, { cwd });
  const again = await runCli(["decide", "packet.html", "--json"], { cwd });
  const page = readFileSync(join(cwd, "packet.html"), "utf8");
  writeFileSync(join(cwd, "altered.html"), page.replace('\\"good\\":8', '\\"good\\":9'));
  const altered = await runCli(["decide", "altered.html"], { cwd });

  expect([told.exit, built.exit, again.exit]).toEqual([4, 4, 4]);
  expect(told.stdout).toContain("NO-GO  shop 1.0.0");
  expect(JSON.parse(again.stdout)).toMatchObject({ verdict: "NO-GO", gates: [{ failing: { rows: ["r8", "r9"] } }] });
  expect(altered.exit).toBe(8);
});

test("NDJSON beyond what is read into memory is refused before it is read, and leads to Parquet", async () => {
  const cwd = await folderOf(8);
  writeFileSync(join(cwd, "runs.ndjson"), "");
  truncateSync(join(cwd, "runs.ndjson"), 256 * 1_048_576 + 1); // blocks that nobody wrote take no room

  const told = await runCli(["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", ...AT], { cwd });

  expect(told).toMatchObject({ exit: 2, stdout: "" });
  expect(told.stderr).toMatch(
    /^GATE_EVIDENCE_TOO_LARGE: `runs.ndjson` .*\nremedy: .*`--evidence units.parquet --at T`/,
  );
});

test("Parquet stands by itself, and what was judged on its rows is kept in no packet", async () => {
  const cwd = await folderOf(10, POLICY.replace("limit: 0.9", "limit: 0.9, each: good"));
  writeFileSync(join(cwd, "more.ndjson"), "");

  const both = await runCli(["gate", "eval", "policy.yaml", "--evidence", "runs.parquet", "more.ndjson", ...AT], {
    cwd,
  });
  const alone = await runCli(["gate", "eval", "policy.yaml", "--evidence", "runs.parquet", ...AT], { cwd });
  const packet = await runCli(
    ["packet", "build", "policy.yaml", "--evidence", "runs.parquet", ...AT, "--out", "packet.html"],
    { cwd },
  );

  expect([both.exit, alone.exit, packet.exit]).toEqual([2, 0, 2]);
  expect(both.stderr).toContain("Parquet is evidence by itself: `more.ndjson` cannot stand beside it");
  expect(packet.stderr).toContain("GATE_NOT_COUNTABLE");
});
