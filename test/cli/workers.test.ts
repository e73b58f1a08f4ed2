import { expect, test } from "vitest";
import { realHost } from "../database/real-host.ts";
import type { Finished, World } from "./run-cli.ts";
import { activateTestPack } from "./test-pack.ts";
import { useWorld } from "./world.ts";

// One installation: a worker in one command line, and others that look at it and drain it through the database.
const { run } = useWorld(activateTestPack);

async function json(argv: readonly string[]) {
  const said = await run([...argv, "--json"]);
  expect(said).toMatchObject({ exit: 0, stderr: "" });
  return JSON.parse(said.stdout);
}

/** Starts a worker and gives its id and what comes of it. */
async function startWorker(more: World = {}): Promise<{ readonly id: string; readonly ended: Promise<Finished> }> {
  let said: (text: string) => void = () => undefined;
  const started = new Promise<string>((resolve) => {
    said = resolve;
  });
  const ended = run(["worker", "start", "--json"], { ...more, heard: said });
  return { id: JSON.parse(await started).worker_id, ended };
}

const standings = async (): Promise<{ readonly [id: string]: string }> => {
  const { workers } = await json(["worker", "list"]);
  return Object.fromEntries(
    workers.map((worker: { readonly worker_id: string; readonly standing: string }) => [
      worker.worker_id,
      worker.standing,
    ]),
  );
};

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await realHost.clock.wake(realHost.clock.now(), new AbortController().signal);
}

test("a worker that another command drains gives back its runs and ends, and the list says so", async () => {
  const { id, ended } = await startWorker();
  await until(async () => (await standings())[id] === "working");
  const worked = await json(["run", "start", "note", "--input", '{"text":"hello"}']);

  const drained = await json(["worker", "drain", id]);
  const finished = await ended;
  const again = await run(["worker", "drain", id]);

  expect(worked.status).toBe("SUCCEEDED");
  expect(drained).toMatchObject({ worker_id: id, standing: "stopped", runs: 0 });
  expect(finished).toMatchObject({ exit: 0, stderr: "" });
  expect((await standings())[id]).toBe("stopped");
  expect(again).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("WORKER_NOT_FOUND: ") });
});

test("a worker that is interrupted stands in the list as stopped", async () => {
  const interrupt = new AbortController();
  const { id, ended } = await startWorker({ interrupted: interrupt.signal });

  interrupt.abort("SIGINT");
  await ended;

  expect((await standings())[id]).toBe("stopped");
});

test("a table of workers is printed for a person, and draining takes an installer's key", async () => {
  const ada = (await run(["key", "add", "ada", "--role", "admin"])).stdout.trim();

  const listed = await run(["worker", "list"]);
  const denied = await run(["worker", "drain", "w", "--key", ada]);

  expect(listed.stdout).toMatch(/^worker +standing +runs +host +pid +started +last beat\nworker-/i);
  expect(denied).toMatchObject({ exit: 7, stdout: "", stderr: expect.stringContaining("ROLE_REQUIRED: ") });
});

test("a run that waits is left alone by a takeover, says who holds it, and a forced one is refused", async () => {
  const { run_id: id } = await json(["run", "start", "hold", "--input", '{"order_id":"shop_ord_1"}']);

  const left = await run(["takeover", id]);
  const forced = await run(["takeover", id, "--force", "--reason", "to see"]);
  const shown = await run(["run", "show", id]);

  expect(left).toMatchObject({
    exit: 0,
    stdout:
      "left as it is, for nobody has to drive it now: RUN_NOT_ACTIVE (heartbeat IDLE, lease MISSING_CONTROLLER_LEASE)\n",
  });
  expect(forced).toMatchObject({ exit: 9, stdout: "", stderr: expect.stringContaining("E_TAKEOVER_FAILED: ") });
  expect(shown.stdout).toMatch(/holder +nobody, epoch \d/);
});

test.each([
  [
    "both words at once",
    ["takeover", "r", "--force", "--veto"],
    "USAGE: a run is forced from its holder or left to it",
  ],
  [
    "the machine of a successor that nobody names",
    ["takeover", "r", "--host", "machine-2"],
    "USAGE: `--host` says something of a successor, and none is named",
  ],
  ["the process of one", ["takeover", "r", "--pid", "1", "--among", "a,b"], "remedy: say --to, or leave --pid out"],
  ["how long one holds the run", ["takeover", "r", "--ttl", "9"], "remedy: say --to or --among, or leave --ttl out"],
  ["an epoch that is none", ["takeover", "r", "--epoch", "x"], "give an integer"],
  ["no run", ["takeover", "none"], "RUN_NOT_FOUND: "],
] as const)("a takeover with %s is refused in one line with exit 2", async (_, argv, line) => {
  const said = await run(argv);

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain(line);
});

test("keys are listed without what they are, and a revoked one is nobody's; a breaker that no call has moved is not reset", async () => {
  const otto = (await run(["key", "add", "otto", "--role", "operator"])).stdout.trim();
  const { keys } = await json(["key", "list"]);
  const idOf = (who: string): string =>
    keys.find(({ principal_id }: { readonly principal_id: string }) => principal_id === who).key_id;

  const revoked = await run(["key", "revoke", idOf("otto"), "--reason", "he has left"]);
  const afterwards = await run(["run", "list", "--key", otto]);
  const unknown = await run(["breaker", "reset", "stripe", "--reason", "it is back"]);

  expect(revoked).toMatchObject({ exit: 0, stdout: expect.stringMatching(/otto\s+person\s+operator/) });
  expect(JSON.stringify(keys)).not.toContain("cmk_");
  expect(afterwards.stderr).toContain("UNAUTHENTICATED");
  expect((await run(["breaker", "list"])).stdout).toContain("no breaker has moved");
  expect(unknown.stderr).toContain("BREAKER_NOT_FOUND");
});
