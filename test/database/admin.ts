import postgres from "postgres";
import type { OwnerConnection } from "../../src/store/embedded/index.ts";

/** Runs one piece of work over one connection to the cluster's own database, and closes it. */
export async function onAdmin<T>(admin: OwnerConnection, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres({ ...admin, max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
