import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { releaseFiles } from "../../src/gate/readiness/testing/release.ts";
import { activateTestPack } from "./test-pack.ts";
import { useWorld } from "./world.ts";

// One installation, opened anew by every command: no server runs.
const { json, run, world } = useWorld(activateTestPack);

const file = (name: string, value: unknown): string => {
  writeFileSync(join(world.cwd, name), JSON.stringify(value));
  return name;
};

/** Starts a run that waits for a person; each about its own order, since one call is asked about once. */
async function startWaiting(order: string): Promise<string> {
  const started = await json(["run", "start", "pay_back", "--input", file("refund.json", refundOf(order))]);
  expect(started).toMatchObject({ exit: 6, data: { status: "SUSPENDED_HITL" } });
  return started.data.run_id;
}

const refundOf = (order: string) => ({ order_id: `shop_ord_${order}`, amount_minor: 2400, note: "\u001b[2Jlate" });

test("the first opening makes tenants and keys, each for its owner's eyes only", async () => {
  const key = join(world.cwd, ".countermark/key");

  const tenants = await json(["tenant", "list"]);

  expect(tenants.data.tenants.map(({ tenant_id }: { tenant_id: string }) => tenant_id).sort()).toEqual([
    "platform",
    "shop",
  ]);
  expect(readFileSync(key, "utf8")).toMatch(/^cmk_[\w-]{20,}\n$/);
  for (const name of ["key", "installer.key", "installation.key"])
    expect(statSync(join(world.cwd, ".countermark", name)).mode & 0o777).toBe(0o600);
});

test("a run that is started is worked to its end in this process, listed, shown, replayed and verified", async () => {
  const started = await json(["run", "start", "note", "--input", file("note.json", { text: "hello" })]);
  const id: string = started.data.run_id;
  const listed = await json(["run", "list", "--workflow", "note"]);
  const shown = await run(["run", "show", id]);
  const replayed = await json(["replay", id]);
  const verified = await run(["ledger", "verify"]);
  const stream = await run(["ledger", "show", id]);
  const exported = await run(["ledger", "export", id, "--type", "run", "--since", "1d"]);

  expect(started).toMatchObject({ exit: 0, data: { status: "SUCCEEDED", outcome: "SUCCESS" } });
  expect(listed.data.runs.map(({ run_id }: { run_id: string }) => run_id)).toContain(id);
  expect(shown.stdout).toContain(`run ${id}  SUCCEEDED  succeeded`);
  expect(shown.stdout).toMatch(/trigger\.text +hello/);
  expect(replayed).toMatchObject({ exit: 0, data: { identical: true, first: null } });
  expect(verified).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^verified {2}\d+ streams, \d+ events\n$/) });
  expect(stream.stdout).toMatch(/^SEQ +TYPE +STEP +ACTOR +AT +HASH\n1 /);
  const entries = exported.stdout.trim().split("\n");
  expect(entries.map((line) => JSON.parse(line).type)).toEqual(["run.started", "run.ended"]);
});

test("DUR-42 runs are decided again from the ledger, twice, and the report is one that the release gate reads", async () => {
  writeFileSync(join(world.cwd, "context.json"), releaseFiles({})["context.json"] ?? "");
  const made = ["--context", "context.json", "--out", "made"];
  const started = await json(["run", "start", "note", "--input", file("note.json", { text: "hello" })]);
  const pack: string = started.data.pack_digest;

  const said = await json(["evidence", "replay", "--since", "1h", "--pack", pack, ...made]);
  const none = await json(["evidence", "replay", "--since", "1h", "--pack", "0".repeat(64), ...made]);

  const { tests, summary } = said.data.R12;
  expect(said.exit).toBe(0);
  expect(tests.map(({ nodeid }: { nodeid: string }) => nodeid)).toContain(started.data.run_id);
  expect(summary).toMatchObject({ repetitions: 2, failed_executions: 0, drift: "none", execution_complete: true });
  expect(summary.expected_total_executions).toBe(2 * summary.test_nodes);
  expect(none).toMatchObject({ exit: 5, data: { R12: { status: "unverified" } } });
});

test("one start key starts one run", async () => {
  const first = await json(["run", "start", "note", "--start-key", "daily", "--input", "-"], { stdin: '{"text":"a"}' });
  const again = await json(["run", "start", "note", "--start-key", "daily", "--input", "-"], { stdin: '{"text":"b"}' });

  expect(again.data.run_id).toBe(first.data.run_id);
});

test("a call that needs a person waits with exit 6 and stands in the inbox", async () => {
  const runId = await startWaiting("1001");

  const inbox = await json(["inbox"]);
  const human = await run(["inbox"]);

  const waiting = inbox.data.approvals.find((approval: { run_id: string }) => approval.run_id === runId);
  expect(waiting).toMatchObject({ tool_name: "payBack", requested_by: "owner" });
  expect(human.stdout).toMatch(/^APPROVAL +TOOL +ASKED BY +RUN +EXPIRES\n/);
  expect(human.stdout).toContain(waiting.approval_id);
});

test("whoever asked may not approve; another person sees exactly what happens, says yes, and it happens", async () => {
  const runId = await startWaiting("1002");
  const { data } = await json(["inbox"]);
  const id = data.approvals.find((approval: { run_id: string }) => approval.run_id === runId).approval_id;
  const grace = (await run(["key", "add", "grace", "--role", "approver"])).stdout.trim();
  const terminal = { stdin: true, stdout: false, stderr: true };

  const own = await run(["approve", id, "--yes"]);
  const refused = await run(["approve", id, "--key", grace], { terminal, stdin: "n\n" });
  const approved = await run(["approve", id, "--key", grace], { terminal, stdin: "y\n" });
  const after = await json(["run", "show", runId]);
  const late = await run(["deny", id, "--yes", "--key", grace]);

  expect(own).toMatchObject({
    exit: 7,
    stdout: "",
    stderr: expect.stringContaining("HITL_UNAUTHORIZED: who asked may not approve\n"),
  });
  expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining("not confirmed: nothing was decided") });
  expect(approved.stderr).toContain("approve exactly this? [y/N]");
  expect(approved.stderr).toMatch(/approver +\S/);
  expect(approved.stderr).toMatch(/call +payBack 1\.0\.0 +FINANCIAL/);
  expect(approved.stderr).toMatch(/expires +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(in \d+ min\)/);
  expect(approved.stderr).toMatch(/preview +sha256 [0-9a-f]{64}/);
  expect(approved.stderr).toContain("\\u001b[2Jlate");
  expect(approved.stdout).toMatch(new RegExp(`^approval ${id} {2}APPROVED\nrun ${runId} {2}SUCCEEDED`));
  expect(approved.exit).toBe(0);
  expect(after.data).toMatchObject({ status: "SUCCEEDED", receipts: [{ tool_name: "payBack" }] });
  expect(late).toMatchObject({ exit: 9, stderr: expect.stringContaining("HITL_CLOSED: the approval is APPROVED\n") });
});

test("a denial with a reason ends the run, which says so", async () => {
  const runId = await startWaiting("1003");
  const { data } = await json(["inbox"]);
  const id = data.approvals.find((approval: { run_id: string }) => approval.run_id === runId).approval_id;
  const ada = (await run(["key", "add", "ada", "--role", "approver"])).stdout.trim();

  const denied = await json(["deny", id, "--yes", "--reason", "twice", "--key", ada]);
  const after = await json(["run", "show", runId]);

  expect(denied).toMatchObject({ exit: 0, data: { status: "DENIED", missing: 0 } });
  expect(after.data).toMatchObject({ code: "HITL_DENIED" });
});

test("a run is cancelled once: after that it has ended, exit 9", async () => {
  const runId = await startWaiting("1004");

  const cancelled = await json(["run", "cancel", runId, "--reason", "ordered twice"]);
  const again = await run(["run", "cancel", runId, "--reason", "ordered twice"]);

  expect(cancelled).toMatchObject({ exit: 0, data: { status: "CANCELLED" } });
  expect(again).toMatchObject({ exit: 9, stderr: expect.stringContaining("RUN_CLOSED: ") });
});

test("a call passes the guards: done is 0 with its output, waiting is 6, a bad input is 2", async () => {
  const done = await json(["call", "echo", "--input", file("echo.json", { text: "hi" })]);
  const human = await run(["call", "echo", "--input", "echo.json"]);
  const waiting = await run(["call", "payBack", "--input", file("refund.json", refundOf("1005"))]);
  const wrong = await run(["call", "echo", "--input", file("wrong.json", { text: 7 })]);
  const unknown = await run(["call", "ehco", "--input", "echo.json"]);

  expect(done).toMatchObject({ exit: 0, data: { status: "SUCCEEDED", output: { text: "hi" } } });
  expect(human.stdout).toMatch(/SUCCEEDED.*\n {2}text {2}hi\n$/);
  expect(waiting).toMatchObject({ exit: 6, stdout: expect.stringContaining("SUSPENDED_HITL") });
  expect(wrong).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("INVALID_INPUT: ") });
  expect(unknown).toMatchObject({ exit: 2, stderr: expect.stringContaining("TOOL_NOT_FOUND: ") });
});

test.each([
  ["an unknown run", ["run", "show", "none"], 2, "RUN_NOT_FOUND: "],
  ["an unknown workflow", ["run", "start", "none"], 2, "WORKFLOW_NOT_FOUND: "],
  ["an unknown approval", ["approve", "none", "--yes"], 2, "APPROVAL_NOT_FOUND: "],
  ["an unknown stream", ["ledger", "verify", "none"], 2, "STREAM_NOT_FOUND: "],
  ["an unknown tenant", ["key", "add", "ada", "--role", "admin", "--tenant", "none"], 2, "TENANT_NOT_FOUND: "],
  ["a tenant that exists", ["tenant", "add", "shop"], 9, "DATABASE_CONFLICT: "],
  ["a tenant id that is none", ["tenant", "add", "Shop!"], 2, "REQUEST_INVALID: "],
  ["a key that nobody has", ["inbox", "--key", "cmk_000000000000000000000000"], 2, "UNAUTHENTICATED: "],
  ["input that is not JSON", ["call", "echo", "--input", "-"], 2, "SCHEMA_PARSE_ERROR: "],
] as const)("%s is one line with its code, a remedy and exit code", async (_, argv, exit, code) => {
  const said = await run(argv, { stdin: "{" });

  expect(said).toMatchObject({ exit, stdout: "" });
  expect(said.stderr).toMatch(new RegExp(`^${code}[^\n]+\nremedy: [^\n]+\n$`));
});

test("a role that does not suffice is denied, and says which would", async () => {
  const eve = (await run(["key", "add", "eve", "--role", "viewer"])).stdout.trim();

  const said = await run(["run", "start", "note", "--key", eve]);

  expect(said).toMatchObject({ exit: 7, stderr: expect.stringContaining("role operator or admin; yours is viewer") });
});
