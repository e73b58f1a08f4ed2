import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { activateTestPack, LOST } from "./test-pack.ts";
import { useWorld } from "./world.ts";

// One installation, opened anew by every command: no server runs.
const { json, run, world } = useWorld(activateTestPack);

/** Starts a run that waits. */
async function startWaiting(workflow: string, order: string): Promise<{ readonly id: string; readonly why: string }> {
  const input = JSON.stringify({ order_id: `shop_ord_${order}` });
  const { exit, data } = await json(["run", "start", workflow, "--input", input]);
  expect({ exit, status: data.status }).toEqual({ exit: 0, status: "SUSPENDED_WAIT" });
  return { id: data.run_id, why: data.why };
}

const signal = (runId: string, order: string, payload: string): readonly string[] => [
  ...["run", "signal", runId, "parcel.sent", "--entity", `shop_ord_${order}`, "--payload", payload],
];

test("a run is told of the event that it waits for, with a payload as text, from a file or from standard input", async () => {
  const [text, file, piped] = [
    await startWaiting("listen", "2001"),
    await startWaiting("listen", "2002"),
    await startWaiting("listen", "2003"),
  ];
  writeFileSync(join(world.cwd, "parcel.json"), '{"tracking":"from a file"}');

  const told = await run(signal(text.id, "2001", '{"tracking":"as text"}'));
  const fromFile = await json(signal(file.id, "2002", "parcel.json"));
  const fromInput = await json(signal(piped.id, "2003", "-"), { stdin: '{"tracking":"piped"}' });
  const shown = await json(["run", "show", text.id]);

  expect(told).toMatchObject({ exit: 0, stdout: expect.stringMatching(`^run ${text.id}  SUCCEEDED  succeeded at `) });
  expect(shown.data.document).toMatchObject({ only: { tracking: "as text" } });
  expect(fromFile).toMatchObject({ exit: 0, data: { document: { only: { tracking: "from a file" } } } });
  expect(fromInput).toMatchObject({ exit: 0, data: { document: { only: { tracking: "piped" } } } });
});

test("the event of another entity is kept, and the run says what it still waits for", async () => {
  const { id } = await startWaiting("listen", "2011");

  const told = await run(signal(id, "2012", "{}"));

  expect(told.exit).toBe(0);
  expect(told.stdout).toContain(
    "SUSPENDED_WAIT  waits at step `only` for the event `parcel.sent` about `shop_ord_2011`",
  );
});

test("an event that no step of the run could use is refused, and what it waits for is named", async () => {
  const { id } = await startWaiting("listen", "2004");

  const said = await run(["run", "signal", id, "parcel.snet"]);

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain("no event `parcel.snet`, now or later; it may still take `parcel.sent`");
});

test("a run that waits for a person says which command resumes it, which does so once", async () => {
  const { id, why } = await startWaiting("hold", "2005");

  const resumed = await json(["run", "resume", id, "--payload", '{"checked_by":"ada"}']);
  const again = await run(["run", "resume", id]);

  expect(why).toContain(`\`countermark run resume ${id}\``);
  expect(resumed).toMatchObject({ exit: 0, data: { status: "SUCCEEDED", document: { only: { checked_by: "ada" } } } });
  expect(again).toMatchObject({ exit: 9, stdout: "", stderr: expect.stringContaining("RUN_CLOSED: ") });
});

test("an effect that happened is settled with the output that its step would have given, and is not sent again", async () => {
  const { id, why } = await startWaiting("send", "2006");

  const shapeless = await run(["run", "resolve", id, "--applied", "yes"]);
  const settled = await run(["run", "resolve", id, "--applied", "yes", "--output", '{"parcel":"L-1"}']);
  const shown = await json(["run", "show", id]);

  expect(why).toContain(`\`countermark run resolve ${id}\``);
  expect(shapeless).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringMatching(/^SCHEMA_INVALID: .*parcel/) });
  expect(settled).toMatchObject({ exit: 0, stdout: expect.stringMatching(`^run ${id}  SUCCEEDED`) });
  expect(shown.data).toMatchObject({ document: { only: { parcel: "L-1" } }, receipts: [{ status: "confirmed" }] });
  expect(LOST.filter((order) => order === "shop_ord_2006")).toHaveLength(1);
});

test("an effect that did not happen fails its step, the receipt says so, and the exit code is that of the run's end", async () => {
  const { id } = await startWaiting("send", "2007");

  const settled = await json(["run", "resolve", id, "--applied", "no"]);

  expect(settled).toMatchObject({ exit: 1, data: { status: "FAILED_UNEXPECTED", code: "TOOL_TIMEOUT" } });
  expect(settled.data.receipts).toMatchObject([{ status: "contradicted" }]);
});

test("without waiting a run is told and left to whoever works", async () => {
  const { id } = await startWaiting("hold", "2008");

  const told = await json(["run", "resume", id, "--wait", "0"]);

  expect(told).toMatchObject({ exit: 0, data: { run_id: id, status: "SUSPENDED_WAIT" } });
});

test("settling takes an admin: an operator's key is denied and nothing is settled", async () => {
  const { id } = await startWaiting("send", "2009");
  const otto = (await run(["key", "add", "otto", "--role", "operator"])).stdout.trim();

  const denied = await run(["run", "resolve", id, "--applied", "no", "--key", otto]);
  const after = await json(["run", "show", id]);

  expect(denied).toMatchObject({ exit: 7, stdout: "", stderr: expect.stringContaining("yours is operator") });
  expect(after.data.status).toBe("SUSPENDED_WAIT");
});

test.each([
  ["no answer", ["run", "resolve", "r"], "USAGE: required option `--applied <answer>` not specified"],
  ["an answer that is none", ["run", "resolve", "r", "--applied", "perhaps"], "is invalid: choose one of yes, no"],
  [
    "an output of what did not happen",
    ["run", "resolve", "r", "--applied", "no", "--output", "{}"],
    "USAGE: what did not happen has no output",
  ],
  [
    "a payload that is no object",
    ["run", "signal", "r", "e", "--payload", "-"],
    "INVALID_INPUT: `-` is not a JSON object",
  ],
  ["a payload that is a list", ["run", "resume", "r", "--payload", "[1]"], "INVALID_INPUT: `[1]` is not a JSON object"],
  ["a payload that is not JSON", ["run", "resume", "r", "--payload", "{1}"], "SCHEMA_PARSE_ERROR: "],
  ["a payload that is not there", ["run", "resume", "r", "--payload", "none.json"], "FILE_NOT_FOUND: `none.json`"],
  ["a run that is not there", ["run", "signal", "r", "parcel.sent"], "RUN_NOT_FOUND: "],
  ["a lane that is not there", ["run", "resume", "LISTENING", "--lane", "x"], "REQUEST_INVALID: no such lane"],
] as const)("%s is one line with its code, a remedy and exit 2", async (_, argv, line) => {
  const { id } = argv.some((word) => word === "LISTENING") ? await startWaiting("listen", "2010") : { id: "" };

  const said = await run(
    argv.map((word) => (word === "LISTENING" ? id : word)),
    { stdin: "[]" },
  );

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain(line);
  expect(said.stderr).toMatch(/^[A-Z_]+: [^\n]+\nremedy: [^\n]+\n$/);
});

test.each(["signal", "resume", "resolve"])("the help of run %s says what it takes, with an example", async (verb) => {
  const said = await runCli(["run", verb, "--help"]);

  expect(said).toMatchObject({ exit: 0, stderr: "" });
  expect(said.stdout).toContain(`Examples:\n  $ countermark run ${verb} 0198c3f0-`);
});
