import type { Host } from "../src/contracts/index.ts";
import type { Database } from "../src/store/index.ts";

/** Commits in one measurement. */
const COMMITS_MIN = 2_000;
const COMMITS_PER_CALLER = 200;

/**
 * What the same driver, process and server do when each commit is one row and nothing else: autocommitted inserts of 200
 * bytes, `concurrency` callers over the application pool.
 */
export async function limitRate({ app, owner }: Database, host: Host, concurrency: number): Promise<number> {
  await owner`create table if not exists countermark.bench_limit (id text primary key, payload text not null)`;
  await owner`truncate countermark.bench_limit`;
  await owner`grant insert on countermark.bench_limit to countermark_app`;
  const total = Math.max(COMMITS_MIN, concurrency * COMMITS_PER_CALLER);
  const each = Math.ceil(total / concurrency);
  const payload = "x".repeat(200);
  const startedAt = host.clock.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let index = 0; index < each; index++)
        await app`insert into bench_limit (id, payload) values (${host.ids.next()}, ${payload})`;
    }),
  );
  return (each * concurrency * 1000) / (host.clock.now() - startedAt);
}
