import { formatInstant, type Result, rejected } from "../../contracts/index.ts";
import { touchControl } from "../../guard/index.ts";
import { recordAct } from "../../ledger/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import type { Correction } from "../beta/beta.ts";
import { liftBar } from "../beta/moves.ts";
import type { ReleasePorts } from "./act.ts";
import type { Hold } from "./environment.ts";
import { activeHolds, insertHold, liftHold } from "./queries.ts";

interface HoldAct {
  readonly tenantId: string;
  readonly by: string;
  readonly reason: string;
}

interface Lifting extends HoldAct {
  readonly holdId: string;
  readonly corrections: readonly Correction[];
}

type HoldPorts = Pick<ReleasePorts, "database" | "host">;

/** Keeps promotions out of an environment or out of all, or extensions from applying, until it is lifted. Rollbacks stay possible. */
export const placeHold = (ports: HoldPorts, act: HoldAct & Pick<Hold, "scope">): Promise<Hold> =>
  inTenant(ports.database, act.tenantId, (sql) => hold(ports, sql, act));

/** The same in the caller's transaction. */
export async function hold(
  { host }: Pick<HoldPorts, "host">,
  sql: TenantQuery,
  { tenantId, by, reason, scope }: HoldAct & Pick<Hold, "scope">,
): Promise<Hold> {
  const placed = { hold_id: host.ids.next(), scope, reason, placed_by: by, placed_at: host.clock.now(), basis: null };
  await insertHold(sql, placed);
  await touchControl(sql, placed.placed_at);
  const payload = { hold_id: placed.hold_id, scope, reason };
  await recordAct(sql, host, { tenantId, by, type: "hold.placed", payload });
  return placed;
}

/** Ends a hold. Refused: HOLD_NOT_FOUND; HOLD_CORRECTIONS_MISSING where it rests on a signoff that is not shown to be mended. */
export const endHold = (
  { database, host }: HoldPorts,
  { tenantId, by, reason, holdId, corrections }: Lifting,
): Promise<Result<{ readonly hold_id: string }>> =>
  inTenant(database, tenantId, async (sql) => {
    const hold = (await activeHolds(sql)).find(({ hold_id }) => hold_id === holdId);
    const bar = hold === undefined ? null : await liftBar({ sql, ports: { host } }, hold, corrections);
    if (bar !== null) return rejected(bar);
    const isLifted = await lift({ host }, sql, { tenantId, by, reason, holdId, corrections });
    if (!isLifted) return rejected({ code: "HOLD_NOT_FOUND", message: `no hold \`${holdId}\` is in force` });
    return { ok: true, value: { hold_id: holdId } };
  });

/** The same in the caller's transaction, without asking what it rests on. False: none of this id is in force. */
export async function lift(
  { host }: Pick<HoldPorts, "host">,
  sql: TenantQuery,
  { tenantId, by, reason, holdId, corrections }: Lifting,
): Promise<boolean> {
  const at = host.clock.now();
  if (!(await liftHold(sql, { holdId, by, reason, at }))) return false;
  await touchControl(sql, at);
  await recordAct(sql, host, {
    tenantId,
    by,
    type: "hold.lifted",
    payload: {
      hold_id: holdId,
      reason,
      corrections: corrections.map((one) => ({ ...one, corrected_at: formatInstant(one.corrected_at) })),
    },
  });
  return true;
}
