import { type Result, rejected } from "../../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import { inTenant } from "../../store/index.ts";
import type { Hold } from "./environment.ts";
import type { ReleasePorts } from "./moves.ts";
import { insertHold, liftHold } from "./queries.ts";

interface HoldAct {
  readonly tenantId: string;
  readonly by: string;
  readonly reason: string;
}

type HoldPorts = Pick<ReleasePorts, "database" | "host">;

/** Keeps promotions out of an environment, or out of all, until it is lifted. Rollbacks stay possible. */
export const placeHold = (
  { database, host }: HoldPorts,
  { tenantId, by, reason, scope }: HoldAct & Pick<Hold, "scope">,
): Promise<Hold> =>
  inTenant(database, tenantId, async (sql) => {
    const hold = { hold_id: host.ids.next(), scope, reason, placed_by: by, placed_at: host.clock.now() };
    await insertHold(sql, hold);
    await appendOutside(sql, host, {
      ...entryOf({ tenantId, by }),
      type: "hold.placed",
      payload: { hold_id: hold.hold_id, scope, reason },
    });
    return hold;
  });

/** Ends a hold. Refused with HOLD_NOT_FOUND. */
export const endHold = (
  { database, host }: HoldPorts,
  { tenantId, by, reason, holdId }: HoldAct & { readonly holdId: string },
): Promise<Result<{ readonly hold_id: string }>> =>
  inTenant(database, tenantId, async (sql) => {
    const isLifted = await liftHold(sql, { holdId, by, reason, at: host.clock.now() });
    if (!isLifted) return rejected({ code: "HOLD_NOT_FOUND", message: `no hold \`${holdId}\` is in force` });
    await appendOutside(sql, host, {
      ...entryOf({ tenantId, by }),
      type: "hold.lifted",
      payload: { hold_id: holdId, reason },
    });
    return { ok: true, value: { hold_id: holdId } };
  });

const entryOf = ({ tenantId, by }: Pick<HoldAct, "tenantId" | "by">) =>
  ({
    tenantId,
    stream: AUDIT_STREAM,
    actor: by,
    correlation: tenantId,
    channel: "prod_traffic",
    severity: "info",
  }) as const;
