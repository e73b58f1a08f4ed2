import type { Database, TenantQuery } from "./database.ts";
import { asFault } from "./faults.ts";

/**
 * Runs `work` in one transaction that sees and writes one tenant's rows only. The context is set first and ends with the
 * transaction, so a reused connection carries nothing over. Database errors leave as `Fault`s; `work`'s own errors pass.
 */
export async function inTenant<T>(
  database: Pick<Database, "app">,
  tenantId: string,
  work: (sql: TenantQuery) => Promise<T>,
): Promise<T> {
  try {
    const result = await database.app.begin(async (sql) => {
      await sql`select set_tenant_context(${tenantId})`;
      return { value: await work(sql) };
    });
    return result.value;
  } catch (error) {
    throw asFault(error);
  }
}
