import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { type Finished, newFolder, runCli, type World } from "./run-cli.ts";

/** One installation for the tests of a file, opened anew by every command: a folder and a database. */
export function useWorld(
  prepare: (world: World & { readonly cwd: string }) => Promise<unknown> = async () => undefined,
) {
  let fresh: FreshDatabase;
  const world = {
    cwd: newFolder(),
    get server() {
      return fresh.options;
    },
  };
  beforeAll(async () => {
    fresh = await freshDatabase();
    await prepare(world);
  });
  afterAll(() => fresh.drop());
  const run = (argv: readonly string[], more: World = {}): Promise<Finished> => runCli(argv, { ...world, ...more });
  return {
    world,
    run,
    /** The same with `--json`; nothing but data may be said. */
    async json(argv: readonly string[], more: World = {}) {
      const said = await run([...argv, "--json"], more);
      expect(said.stderr).toBe("");
      return { exit: said.exit, data: JSON.parse(said.stdout) };
    },
    /** Writes a file into the folder, and gives its name. */
    file(name: string, text: string): string {
      writeFileSync(join(world.cwd, name), text);
      return name;
    },
  };
}
