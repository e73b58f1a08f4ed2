import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../contracts/index.ts";
import { isErrno } from "./errno.ts";

const CONTROL_FILE = "global/pg_control";

/** `PG_CONTROL_FILE_SIZE` of every version. */
const CONTROL_BYTES = 8192;

/** What a data directory cannot start without and PostgreSQL would not name as damage in a code of its own. */
const NEEDED = ["base", "global", CONTROL_FILE, "pg_wal", "pg_xact", "pg_hba.conf", "postgresql.conf"];

/**
 * Looks whether a data directory is whole enough to be given to PostgreSQL. It only reads.
 * Throws `EMBEDDED_CORRUPT` when something is missing, `EMBEDDED_UNAVAILABLE` when it belongs to another major version.
 *
 * @param version of the binaries, such as `18.4.0`
 */
export async function assertDataIsWhole(data: string, version: string): Promise<void> {
  const found = await dataVersion(data);
  const [major] = version.split(".");
  if (found !== major) {
    const message = `\`${data}\` is of PostgreSQL ${found}, this is ${major}: dump it with the old one and load it here`;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never" });
  }
  for (const name of NEEDED) await assertThere(data, name);
  const { size } = await stat(join(data, CONTROL_FILE));
  if (size !== CONTROL_BYTES) throw damaged(data, `\`${CONTROL_FILE}\` has ${size} bytes instead of ${CONTROL_BYTES}`);
}

async function dataVersion(data: string): Promise<string> {
  await assertThere(data, "PG_VERSION");
  const text = await readFile(join(data, "PG_VERSION"), "utf8");
  if (!/^\d{1,3}\n$/.test(text)) throw damaged(data, "`PG_VERSION` is not a version");
  return text.trim();
}

async function assertThere(data: string, name: string): Promise<void> {
  try {
    await stat(join(data, name));
  } catch (cause) {
    if (isErrno(cause, "ENOENT") || isErrno(cause, "ENOTDIR")) throw damaged(data, `\`${name}\` is missing`, cause);
    throw cause;
  }
}

const damaged = (data: string, what: string, cause?: unknown): Fault =>
  new Fault("EMBEDDED_CORRUPT", `the embedded database in \`${data}\` is damaged: ${what}`, { retry: "never", cause });
