import { assert } from "../contracts/index.ts";
import { findTenant } from "../guard/index.ts";
import { inTenant } from "../store/index.ts";
import type { TenantControl } from "../worker/index.ts";
import type { Installation } from "./installation.ts";

/** The caller's tenant as it is now: another process may have activated a pack or revoked a tool. */
export async function currentControl({ database, control }: Installation, tenantId: string): Promise<TenantControl> {
  const row = await inTenant(database, tenantId, findTenant);
  assert(row !== undefined, "a key's tenant exists");
  return control.at(tenantId, row.control_revision);
}
