import type { Host } from "../src/contracts/index.ts";
import type { Database } from "../src/store/index.ts";

/** Commits in one measurement. */
const COMMITS_MIN = 2_000;
const COMMITS_PER_CALLER = 200;

/** How many commits each of so many processes makes, so that a measurement takes a moment. */
export const commitsEach = (callers: number, processes: number): number =>
  Math.ceil(Math.max(COMMITS_MIN, callers * COMMITS_PER_CALLER) / processes);

/** Makes the table that the limit is measured on, or empties it. */
export async function prepareLimit({ owner }: Database): Promise<void> {
  await owner`create table if not exists countermark.bench_limit (id text primary key, payload text not null)`;
  await owner`truncate countermark.bench_limit`;
  await owner`grant insert on countermark.bench_limit to countermark_app`;
}

/**
 * What the same driver, process and server do when each commit is one row and nothing else: autocommitted inserts of 200
 * bytes, by so many callers over the application pool.
 */
export async function commitRows(
  { database: { app }, host }: { readonly database: Database; readonly host: Host },
  { callers, commits }: { readonly callers: number; readonly commits: number },
): Promise<void> {
  const payload = "x".repeat(200);
  let left = commits;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) await app`insert into bench_limit (id, payload) values (${host.ids.next()}, ${payload})`;
    }),
  );
}
