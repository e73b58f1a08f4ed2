import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { newFolder, runCli } from "./run-cli.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const run = (...argv: string[]) => runCli(argv, { server: database.options });

test("`chaos list` names every scenario with its risks and assertions, without a database", async () => {
  const listed = await runCli(["chaos", "list", "--json"]);

  expect(listed.exit).toBe(0);
  const { scenarios } = JSON.parse(listed.stdout);
  expect(scenarios).toContainEqual(
    expect.objectContaining({ scenario_id: "zombie-owner-write", risk_tags: ["split_brain", "stale_lease"] }),
  );
});

test("CO-1101 a scenario that nobody knows is refused, and the known ones are named", async () => {
  const refused = await run("chaos", "run", "--scenarios", "DS-08,meteor");

  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain("`meteor`");
  expect(refused.stderr).toContain("zombie-owner-write");
});

test("DS-08 plays from the command line, and CO-1205 a soak of it finds the same history twice and writes that down", {
  timeout: 300_000,
}, async () => {
  const played = await run("chaos", "run", "--scenarios", "DS-08", "--json");
  const folder = newFolder();
  const soaked = await run("soak", "--scenarios", "DS-08", "--iterations", "2", "--out", folder, "--json");

  expect([played.exit, soaked.exit]).toEqual([0, 0]);
  const { results, passed } = JSON.parse(played.stdout);
  const { gate, checkpoints } = JSON.parse(soaked.stdout);
  expect(passed).toBe(true);
  expect(results).toMatchObject([{ scenario_id: "DS-08", histories: 4, violations: [] }]);
  expect(gate.status).toBe("PASS");
  expect(checkpoints[0].checkpoint_hash).toBe(checkpoints[1].checkpoint_hash);
  expect(checkpoints[0].payload).toMatchObject({
    takeover_action: "TAKEOVER",
    decision_reason_code: "HEARTBEAT_STALE",
    handoff_applied: true,
    handoff_resume_step_id: "wire",
    replay_count: checkpoints[0].payload.event_count,
  });
  const written = (name: string) => readFileSync(join(folder, name), "utf8");
  expect(JSON.parse(written("release-gate.json"))).toEqual(gate);
  expect(JSON.parse(written("deterministic-checkpoints.json"))).toEqual(checkpoints);
  expect(written("continuity-assertions.md")).toContain("| CONT-016 |");
  expect(JSON.parse(written("commands.log"))).toMatchObject({ exit_code: 0 });
});

test("CO-1201 fewer than one iteration is refused", async () => {
  const refused = await run("soak", "--iterations", "0");

  expect(refused.exit).toBe(2);
});
