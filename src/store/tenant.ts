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
  const orphan = { is: false };
  try {
    const result = await database.app.begin(mode, async (sql) => {
      // Sent at once, answered with the first statement of the work: the context costs no round trip of its own.
      const context = sql`select set_tenant_context(${tenantId})`.execute();
      try {
        const [value] = await Promise.all([work(silencedBy(orphan, sql)), context]);
        return { value };
      } finally {
        if (orphan.is) await never();
      }
    });
    return result.value;
  } catch (error) {
    orphan.is = true;
    throw asFault(error);
  }
}

/*
 * Where a connection goes away while the work waits for something else, the transaction fails at once, but the work goes on: and the
 * driver sends what it still says, and the commit or rollback at its end, to whoever has the connection by then. So such work is
 * held where it next speaks, for good.
 */
const never = (): Promise<never> => new Promise(() => undefined);

const silencedBy = (orphan: { readonly is: boolean }, sql: TenantQuery): TenantQuery =>
  new Proxy(sql, { apply: (send, self, said) => (orphan.is ? never() : Reflect.apply(send, self, said)) });
