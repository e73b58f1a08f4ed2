import { assert, type Ids, type Instant, instant } from "../contracts/index.ts";
import { type ConnectionOptions, openDatabase } from "./database.ts";
import { createDatabase, databasesNamed, dropDatabase } from "./queries.ts";

/** A database that was made for one purpose, and is removed after it. */
export interface ScratchDatabase {
  readonly name: string;
  readonly options: ConnectionOptions;
  /** Removes it, ending whatever connections are left. */
  drop(): Promise<void>;
}

/** Begins the name of every database that is made and removed here; nothing else is ever removed. */
const MARK = "countermark_";

/**
 * Makes a database of its own beside the one that `beside` names, whose user may make databases. Nothing else is touched.
 *
 * @param purpose a word or two of a-z, 0-9 and _, by which `listScratch` finds it again
 */
export async function makeScratch(
  beside: ConnectionOptions,
  { purpose, ids }: { readonly purpose: string; readonly ids: Ids },
): Promise<ScratchDatabase> {
  assert(/^[a-z0-9_]{1,18}$/.test(purpose), "a purpose fits into a database's name");
  const name = `${MARK}${purpose}_${ids.next().replaceAll("-", "")}`;
  await onServer(beside, (owner) => createDatabase(owner, name));
  return { name, options: named(beside, name), drop: () => dropScratch(beside, name) };
}

/** Removes a database that was made here, whoever made it. */
export async function dropScratch(beside: ConnectionOptions, name: string): Promise<void> {
  assert(name.startsWith(MARK), "only what was made for a purpose is removed");
  await onServer(beside, (owner) => dropDatabase(owner, name));
}

/** A database that was made for a purpose and is still there. */
export interface StandingScratch {
  readonly name: string;
  readonly madeAt: Instant;
  /** Whether a program is connected to it. */
  readonly isUsed: boolean;
}

/** What stands of one purpose, oldest first. */
export async function listScratch(beside: ConnectionOptions, purpose: string): Promise<readonly StandingScratch[]> {
  const rows = await onServer(beside, (owner) => databasesNamed(owner, `${MARK}${purpose}_`));
  return rows.map(({ name, is_used }) => ({ name, madeAt: madeAt(name), isUsed: is_used }));
}

/** The 48 bits of milliseconds with which an id begins (RFC 9562). */
const MS_DIGITS = 12;
const ID_DIGITS = 32;

const madeAt = (name: string): Instant => instant(Number.parseInt(name.slice(-ID_DIGITS).slice(0, MS_DIGITS), 16));

async function onServer<T>(
  beside: ConnectionOptions,
  work: (owner: ReturnType<typeof openDatabase>["owner"]) => Promise<T>,
): Promise<T> {
  const database = openDatabase(beside);
  try {
    return await work(database.owner);
  } finally {
    await database.close();
  }
}

function named(options: ConnectionOptions, database: string): ConnectionOptions {
  if (!("url" in options)) return { ...options, database };
  const url = new URL(options.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}
