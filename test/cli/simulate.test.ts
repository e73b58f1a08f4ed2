import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { runCli } from "./run-cli.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const run = (...argv: string[]) => runCli(["simulate", ...argv], { server: database.options });

test("a seed prints the hash of its history, and prints the same one again", { timeout: 120_000 }, async () => {
  const first = await run("--seeds", "3", "--faults", "crash", "--json");
  const again = await run("--seeds", "2..3", "--faults", "crash", "--json");

  expect([first.exit, again.exit]).toEqual([0, 0]);
  const [alone] = JSON.parse(first.stdout).seeds;
  expect(alone).toMatchObject({ seed: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(JSON.parse(again.stdout).seeds[1]).toEqual(alone);
});

test.each([
  ["--seeds", "9..1", "`--seeds` ends before it begins; give 1..9"],
  ["--seeds", "many", "`--seeds` is a number, or two with `..` between them"],
  ["--faults", "crash,meteor", "knows no `meteor`"],
])("%s %s is refused, and says why", async (option, value, why) => {
  const refused = await run(option, value);

  expect(refused.exit).toBe(2);
  expect(refused.stderr).toMatch(/^USAGE: /);
  expect(refused.stderr).toContain(why);
});
