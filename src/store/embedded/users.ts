import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { giveToOwnerOf } from "./account.ts";
import { isAlive } from "./process.ts";

/** Separates a process's name from the id of its registration: one process may use the database twice. */
const SEPARATOR = "_";

/** Records that a process uses the server. Call it under the start lock. Returns the path to unregister with. */
export async function registerUser(directory: string, owner: string, id: string): Promise<string> {
  const path = join(directory, `${owner}${SEPARATOR}${id}`);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  await giveToOwnerOf(join(directory, ".."), directory);
  await writeFile(path, "", { flag: "wx" });
  await giveToOwnerOf(directory, path);
  return path;
}

/** Removes a registration. Call it under the start lock. */
export const unregisterUser = (path: string): Promise<void> => rm(path, { force: true });

/** How many registrations of living processes there are; those of dead ones are removed. Call it under the start lock. */
export async function countUsers(directory: string): Promise<number> {
  let living = 0;
  for (const name of await readdir(directory)) {
    if (await isAlive(name.slice(0, name.indexOf(SEPARATOR)))) living += 1;
    else await unregisterUser(join(directory, name));
  }
  return living;
}
