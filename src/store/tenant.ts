import type { Database, TenantQuery } from "./database.ts";
import { asFault } from "./faults.ts";

/**
 * Runs `work` in one transaction that sees and writes one tenant's rows only. The context is set first and ends with the
 * transaction, so a reused connection carries nothing over. Database errors leave as `Fault`s; `work`'s own errors pass.
 */
export const inTenant = <T>(
  database: Pick<Database, "app">,
  tenantId: string,
  work: (sql: TenantQuery) => Promise<T>,
): Promise<T> => begun(database, tenantId, "", work);

/** The same for work that only reads: all its statements see what was committed when the first of them began. */
export const inTenantSnapshot = <T>(
  database: Pick<Database, "app">,
  tenantId: string,
  work: (sql: TenantQuery) => Promise<T>,
): Promise<T> => begun(database, tenantId, "isolation level repeatable read read only", work);

async function begun<T>(
  database: Pick<Database, "app">,
  tenantId: string,
  mode: string,
  work: (sql: TenantQuery) => Promise<T>,
): Promise<T> {
  try {
    const result = await database.app.begin(mode, async (sql) => {
      // Sent at once, answered with the first statement of the work: the context costs no round trip of its own.
      const context = sql`select set_tenant_context(${tenantId})`.execute();
      const [value] = await Promise.all([work(sql), context]);
      return { value };
    });
    return result.value;
  } catch (error) {
    throw asFault(error);
  }
}
