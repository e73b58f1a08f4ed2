import type { Query, TenantReads } from "./database.ts";
import { asFault } from "./faults.ts";

/*
 * A transaction by the driver's own `begin` is three round trips, each of which wakes both sides: its begin, its work, its commit. Reads
 * that do not depend on each other can be sent with both. The tenant's context ends with the transaction, and whatever the database is
 * asked without one it refuses, so statements that come to another connection than their begin, or behind their commit, fail.
 */

/** @param reader a pool of one connection: the driver keeps statements in order there, and takes a bare begin nowhere else */
export async function readAtOnce<T>(
  reader: Query,
  tenantId: string,
  ask: (sql: TenantReads) => Promise<T>,
): Promise<T> {
  try {
    const begun = reader`begin read only`.execute();
    const context = reader`select set_tenant_context(${tenantId})`.execute();
    const asked = ask(reader);
    const ended = reader`commit`.execute();
    const [, , value] = await Promise.all([begun, context, asked, ended]);
    return value;
  } catch (error) {
    throw asFault(error);
  }
}
