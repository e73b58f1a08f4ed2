import { expect, test } from "vitest";
import { freshDatabase } from "../database/database.ts";
import { newFolder, runCli } from "./run-cli.ts";

test("migrate tells what is applied, undoes on a yes only, and applies again", async () => {
  const fresh = await freshDatabase();
  const world = { cwd: newFolder(), server: fresh.options };

  const status = await runCli(["migrate", "status"], world);
  const unconfirmed = await runCli(["migrate", "down", "--to", "1"], world);
  const undone = await runCli(["migrate", "down", "--to", "1", "--yes", "--json"], world);
  const missing = await runCli(["migrate", "status"], world);
  const applied = await runCli(["migrate", "up", "--json"], world);
  const again = await runCli(["migrate", "up"], world);

  expect(status.stdout).toMatch(/^VERSION {2}NAME +STATE +TOOK\n0001 +spine +applied/);
  expect(unconfirmed).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("remedy: give --yes") });
  expect(undone.exit).toBe(0);
  expect(missing.stdout).toMatch(/0002 +\w+ +missing/);
  expect(JSON.parse(applied.stdout).applied).toEqual([...JSON.parse(undone.stdout).undone].reverse());
  expect(again.stdout).toBe("nothing to apply\n");
  await fresh.drop();
});

test("a question is asked on a terminal, and anything but yes is no", async () => {
  const fresh = await freshDatabase();
  const world = {
    cwd: newFolder(),
    server: fresh.options,
    terminal: { stdin: true, stdout: false, stderr: true },
  };

  const no = await runCli(["migrate", "down", "--to", "1"], { ...world, stdin: "no\n" });
  const yes = await runCli(["migrate", "down", "--to", "1"], { ...world, stdin: "y\n" });

  expect(no.exit).toBe(2);
  expect(no.stderr).toContain("undo every migration above 1, with the data in it? [y/N] ");
  expect(yes).toMatchObject({ exit: 0, stdout: expect.stringMatching(/undone (\d+, )*2/) });
  await fresh.drop();
});
