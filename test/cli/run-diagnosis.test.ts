import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { activateTestPack } from "./test-pack.ts";
import { useWorld } from "./world.ts";

const { json, run, world } = useWorld(activateTestPack);

/** Starts a run and says its id. */
async function start(workflow: string, input: object): Promise<string> {
  const { data } = await json(["run", "start", workflow, "--input", JSON.stringify(input)]);
  return data.run_id;
}

test("a run that waits for a person says so in its first line, and in its second what to type", async () => {
  const id = await start("pay_back", { order_id: "shop_ord_1", amount_minor: 2400, note: "late" });
  const { data } = await json(["inbox"]);

  const said = await run(["run", "diagnose", id]);

  const [why, next] = said.stdout.split("\n");
  expect(why).toMatch(new RegExp(`^run ${id} waits for an approver to decide payBack until .* UTC$`));
  expect(next).toBe(`next: countermark approve ${data.approvals[0].approval_id}`);
  expect(said.stdout).toMatch(/signs of life +blocked \(AWAITING_APPROVAL\)/);
  expect(said.stdout).toMatch(/record +adds up, \d+ events/);
});

test.each([
  ["an event", "listen", { order_id: "shop_ord_2" }, "run signal RUN parcel.sent --entity shop_ord_2"],
  ["a person's word", "hold", { order_id: "shop_ord_3" }, "run resume RUN"],
  ["an effect to be settled", "send", { order_id: "shop_ord_4" }, "run resolve RUN"],
] as const)("a run that waits for %s names the command that gets it on", async (_name, workflow, input, command) => {
  const id = await start(workflow, input);

  const { data } = await json(["run", "diagnose", id]);

  expect(data.next.command).toBe(`countermark ${command.replace("RUN", id)}`);
  expect(data.diagnosis).toMatchObject({ run_id: id, task_id: workflow, validation: { status: "PASS" } });
});

test("a run that succeeded has nothing to do, and its picture shows when its steps were at work", async () => {
  const id = await start("note", { text: "hello" });

  const diagnosed = await run(["run", "diagnose", id]);
  const seen = await run(["run", "timeline", id]);
  const { data } = await json(["run", "timeline", id]);
  const filtered = await json(["run", "timeline", id, "--step", "other"]);

  expect(diagnosed.stdout).toMatch(/^run \S+ succeeded at .*\nnext: nothing to do\n/);
  expect(seen.stdout).toMatch(/\n {2}only +█+ /);
  expect(seen.stdout).toContain("█ works");
  expect(data).toMatchObject({ status: "SUCCEEDED", rows: [{ step: "only", bars: [{ kind: "working" }] }] });
  expect(filtered.data.rows).toEqual([]);
});

test("an approval is a bar of its own and an entry of the timeline", async () => {
  const id = await start("pay_back", { order_id: "shop_ord_5", amount_minor: 2400, note: "late" });

  const seen = await run(["run", "timeline", id]);
  const { data } = await json(["run", "timeline", id, "--category", "APPROVAL"]);
  const diagnosed = await json(["run", "diagnose", id, "--category", "APPROVAL"]);
  const elsewhere = await json(["run", "diagnose", id, "--step", "other"]);

  expect(seen.stdout).toMatch(/▒+▶/);
  expect(data.rows).toMatchObject([{ step: "only", bars: [{ kind: "approval", to: null }] }]);
  expect(data.marks).toMatchObject([{ category: "APPROVAL", payload: { operation: "APPROVAL_REQUESTED" } }]);
  expect(diagnosed.data.diagnosis.report.timeline.entries).toMatchObject([{ category: "APPROVAL" }]);
  expect(elsewhere.data.diagnosis.report.timeline.entries).toEqual([]);
});

test("a healthy run's report says that there is nothing to report, as a page and as data", async () => {
  const id = await start("note", { text: "hello" });

  const page = await run(["run", "report", id]);
  const asked = await run(["run", "report", id, "--format", "json"]);
  const { data } = await json(["run", "report", id]);

  expect(page.stdout).toMatch(/^# Recovery report\n\n- Task ID: note\n/);
  expect(page.stdout).toContain("- Status: NOT_APPLICABLE");
  expect(JSON.parse(asked.stdout)).toMatchObject({ run_id: id, continuity_outcome: { status: "NOT_APPLICABLE" } });
  expect(data).toMatchObject({ run_id: id, continuity_outcome: { status: "NOT_APPLICABLE" } });
});

test("a report is written with what it was made from, and its digests hold for the files", async () => {
  const id = await start("note", { text: "hello" });

  const said = await run(["run", "report", id, "--out", "recovery"]);

  const text = (name: string): string => readFileSync(join(world.cwd, "recovery", name), "utf8");
  const { events_jsonl, recovery_markdown } = JSON.parse(text("recovery.json")).evidence_pointers;
  expect(said.stderr).toMatch(/^wrote 6 files to `.*recovery`\n$/);
  for (const { path, sha256 } of [events_jsonl, recovery_markdown]) {
    expect(createHash("sha256").update(text(path)).digest("hex")).toBe(sha256);
  }
});

test("K-09 what is written down of a run is never read again: altered or removed, it changes nothing", async () => {
  const id = await start("note", { text: "hello" });
  await run(["run", "report", id, "--out", "copy"]);
  const path = (name: string): string => join(world.cwd, "copy", name);
  const first = readFileSync(path("pipeline_state.json"), "utf8");
  const shown = (await json(["run", "show", id])).data;

  writeFileSync(path("pipeline_state.json"), first.replace('"DONE"', '"FAILED"'));
  rmSync(path("events.jsonl"));

  expect((await json(["run", "show", id])).data).toEqual(shown);
  expect((await json(["run", "diagnose", id])).data.diagnosis).toMatchObject({ validation: { status: "PASS" } });
  await run(["run", "report", id, "--out", "copy"]);
  expect(readFileSync(path("pipeline_state.json"), "utf8")).toBe(first);
  expect(readFileSync(path("events.jsonl"), "utf8")).not.toBe("");
});

test("a folder that cannot be written to is a failure that says why", async () => {
  const id = await start("note", { text: "hello" });
  writeFileSync(join(world.cwd, "taken"), "");

  const said = await run(["run", "report", id, "--out", "taken"]);

  expect(said).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(/^E_REPORT_FAILED: .*`taken`/) });
});

test.each(["diagnose", "timeline", "report"])("run %s of a run that is none is refused", async (command) => {
  const said = await run(["run", command, "none"]);

  expect(said).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("RUN_NOT_FOUND: ") });
});

test("a timeline is cut to a time, said as an instant or as how long ago; what is neither is refused", async () => {
  const id = await start("note", { text: "hello" });

  const all = await json(["run", "timeline", id, "--since", "1h"]);
  const none = await json(["run", "timeline", id, "--until", "1h"]);
  const said = await run(["run", "timeline", id, "--since", "yesterday"]);

  expect(all.data.rows).not.toEqual([]);
  expect(none.data.rows).toEqual([]);
  expect(said).toMatchObject({ exit: 2, stderr: expect.stringContaining("7d for seven days ago") });
});

test("the board lists runs with owner, signs of life and recovery, and what those that wait need", async () => {
  const id = await start("hold", { order_id: "shop_ord_6" });

  const board = await run(["run", "board", "--workflow", "hold"]);
  const { data } = await json(["run", "board", "--workflow", "hold", "--limit", "1"]);

  expect(board.stdout).toMatch(/^RUN +STATUS +WORKFLOW +LIFE +OWNER +TAKEOVERS +RECOVERY\n/);
  expect(board.stdout).toContain(`\n  countermark run resume ${id}\n`);
  expect(data).toMatchObject({
    runs: [
      {
        run_id: id,
        heartbeat_status: "IDLE",
        owner: null,
        lease_expires_at: null,
        approvals_pending: 0,
        recovery: "NOT_APPLICABLE",
      },
    ],
    next: id,
  });
});

test("on a terminal the board is drawn again until it is interrupted", async () => {
  const interrupt = new AbortController();
  let drawn = 0;

  const said = await run(["run", "board", "--live"], {
    terminal: { stdin: true, stdout: true, stderr: true },
    interrupted: interrupt.signal,
    heard: (text) => {
      if (text.includes("\u001b[2J") && ++drawn === 2) interrupt.abort();
    },
  });

  expect(said.exit).toBe(130);
  expect(said.stdout.split("\u001b[2J")).toHaveLength(3);
});
