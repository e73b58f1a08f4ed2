import { chmod, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Ids, Result } from "../contracts/index.ts";
import { writeNew } from "../ledger/index.ts";

/** Whose key: the shop's owner, who acts in the default tenant, or the installer, who adds tenants and keys. */
export type KeyHolder = "owner" | "installer";

const FILES = { owner: "key", installer: "installer.key" } as const;

export const keyPath = (directory: string, holder: KeyHolder): string => join(directory, FILES[holder]);

/** A key from its file. Refused with UNAUTHENTICATED when it is not there or when others may read it. */
export async function readKey(directory: string, holder: KeyHolder): Promise<Result<string>> {
  const path = keyPath(directory, holder);
  try {
    if (((await stat(path)).mode & 0o077) !== 0) return no(`others may read \`${path}\`: \`chmod 600\` it`);
    return { ok: true, value: (await readFile(path, "utf8")).trim() };
  } catch (error) {
    if (error instanceof Error && "code" in error) return no(`there is no key: \`${path}\` cannot be read`);
    throw error;
  }
}

/** Writes a key file whole or not at all, for its owner's eyes. False: there is one already, and it stays. */
export async function writeKey(
  directory: string,
  holder: KeyHolder,
  { key, ids }: { readonly key: string; readonly ids: Ids },
): Promise<boolean> {
  const path = keyPath(directory, holder);
  if (!(await writeNew(path, `${key}\n`, { id: ids.next(), modes: OWN }))) return false;
  await chmod(path, OWN.file); // whatever our umask
  return true;
}

const OWN = { file: 0o600, folder: 0o700 };

const no = (message: string) => ({ ok: false as const, refusal: { code: "UNAUTHENTICATED" as const, message } });
