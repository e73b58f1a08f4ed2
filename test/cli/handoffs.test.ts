import { expect, test } from "vitest";
import { DEFAULT_TENANT } from "../../src/cli/bootstrap.ts";
import { openDatabase } from "../../src/store/index.ts";
import { registerLease } from "../../src/worker/index.ts";
import { realHost } from "../database/real-host.ts";
import { activateTestPack } from "./test-pack.ts";
import { useWorld } from "./world.ts";

const { run, world } = useWorld(activateTestPack);

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

  expect(left).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining("nobody has to drive it now: RUN_NOT_ACTIVE"),
  });
});

test("CO-652 a run is taken for whoever lives among several, who is named with the token; nobody is named and chosen at once", async () => {
  const [lost, other] = [await started("shop_ord_3"), await started("shop_ord_4")];
  const database = openDatabase(world.server);
  for (const [runId, threadId] of [
    [lost, "agent-1"],
    [other, "agent-3"],
  ] as const) {
    const place = { tenantId: DEFAULT_TENANT, lane: "controller", stepId: "s", hostId: "h", pid: 1, ttlSeconds: 600 };
    expect(await registerLease({ database, host: realHost }, { ...place, runId, threadId })).toMatchObject({
      ok: true,
    });
  }
  await database.close();

  const both = await run(["takeover", lost, "--to", "agent-2", "--among", "agent-2,agent-3"]);
  const taken = await run([
    "takeover",
    lost,
    "--force",
    "--reason",
    "it is lost",
    "--among",
    "agent-1,agent-2,agent-3",
  ]);

  expect(both).toMatchObject({ exit: 2, stderr: expect.stringContaining("REQUEST_INVALID") });
  expect(taken).toMatchObject({ exit: 0, stdout: expect.stringContaining("`agent-3` holds it:\n  lease controller/") });
});

async function started(order: string): Promise<string> {
  const { run_id } = await json(["run", "start", "hold", "--input", JSON.stringify({ order_id: order })]);
  return run_id;
}

test("a run that has ended has none, and a package that is no JSON is refused before anything is asked", async () => {
  const { run_id: id } = await json(["run", "start", "note", "--input", '{"text":"hello"}']);

  const ended = await run(["run", "handoff", id]);
  const wrong = await run(["takeover", id, "--handoff", "{"]);

  expect(ended).toMatchObject({ exit: 9, stdout: "", stderr: expect.stringContaining("RUN_CLOSED: ") });
  expect(wrong).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("SCHEMA_PARSE_ERROR: ") });
});
