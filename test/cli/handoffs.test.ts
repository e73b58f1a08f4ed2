import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { newFolder, runCli, type World } from "./run-cli.ts";
import { activateTestPack } from "./test-pack.ts";

let fresh: FreshDatabase;
let world: World & { readonly cwd: string };

beforeAll(async () => {
  fresh = await freshDatabase();
  world = { cwd: newFolder(), server: fresh.options };
  await activateTestPack(world);
});

afterAll(() => fresh.drop());

const run = (argv: readonly string[]) => runCli(argv, world);

async function json(argv: readonly string[]) {
  const said = await run([...argv, "--json"]);
  expect(said).toMatchObject({ exit: 0, stderr: "" });
  return JSON.parse(said.stdout);
}

test("a run that waits has a handoff package, for a person and as data", async () => {
  const { run_id: id } = await json(["run", "start", "hold", "--input", '{"order_id":"shop_ord_1"}']);

  const shown = await run(["run", "handoff", id]);
  const handoff = await json(["run", "handoff", id, "--evidence", "a.md,b.log"]);

  expect(shown.stdout).toMatch(new RegExp(`^handoff of run ${id} as of event \\d+\n  next +resume `));
  expect(handoff).toMatchObject({
    run_id: id,
    task_id: "hold",
    next_action: "resume",
    evidence_paths: ["a.md", "b.log"],
  });
  expect(handoff.package_hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a run that waits is left alone, also where a successor is named", async () => {
  const { run_id: id } = await json(["run", "start", "hold", "--input", '{"order_id":"shop_ord_2"}']);

  const left = await run(["takeover", id, "--to", "agent-2"]);

  expect(left).toMatchObject({ exit: 0, stdout: expect.stringContaining("left to its holder: RUN_NOT_ACTIVE") });
});

test("a run that has ended has none, and a package that is no JSON is refused before anything is asked", async () => {
  const { run_id: id } = await json(["run", "start", "note", "--input", '{"text":"hello"}']);

  const ended = await run(["run", "handoff", id]);
  const wrong = await run(["takeover", id, "--handoff", "{"]);

  expect(ended).toMatchObject({ exit: 9, stdout: "", stderr: expect.stringContaining("RUN_CLOSED: ") });
  expect(wrong).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("SCHEMA_PARSE_ERROR: ") });
});
