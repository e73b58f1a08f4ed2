import type { Host } from "../contracts/index.ts";
import { findTenant } from "../guard/index.ts";
import type { ArtifactStore } from "../ledger/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import type { ControlRoom, TenantControl } from "../worker/index.ts";

/** What ingress reaches the world through. */
export interface IngressPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
  readonly control: Pick<ControlRoom, "at">;
  readonly artifacts: ArtifactStore;
}

/** One tenant, for the length of one transaction. */
export interface TenantAt {
  readonly host: Host;
  readonly control: Pick<TenantControl, "tenantId" | "mode" | "packs" | "canary" | "secrets">;
  readonly artifacts: ArtifactStore;
}

/** The tenant's facts as they are now, so that a rotated secret or a paused pack holds from the next delivery on. */
export async function currentControl(ports: IngressPorts, tenantId: string): Promise<TenantControl | undefined> {
  const row = await inTenant(ports.database, tenantId, findTenant);
  return row === undefined ? undefined : ports.control.at(tenantId, row.control_revision);
}
