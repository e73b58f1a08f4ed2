import type { Instant, Result } from "../contracts/index.ts";
import {
  cutoffOf,
  evaluateTable,
  evidenceSince,
  hasMoreUnits,
  ledgerHead,
  ledgerTable,
  type Policy,
  type TableEvaluation,
} from "../gate/index.ts";
import { inTenantSnapshot } from "../store/index.ts";
import type { Installation } from "./installation.ts";

export interface AskedCounting {
  readonly tenantId: string;
  readonly policy: Policy;
  readonly profile: string | null;
  readonly packDigest: string | null;
  readonly decidedAt: Instant;
  /** Units of a kind up to which rows are read instead, and kept with the decision. */
  readonly rowsMax: number;
}

/**
 * Decides on more of a ledger than is read: by counting it where it is, in one snapshot. Null where it is not so much, and where the
 * policy derives its units in a way of its own. Refused as `evaluateTable` is.
 */
export function evaluateCounting(
  { database }: { readonly database: Pick<Installation["database"], "app"> },
  { tenantId, policy, profile, packDigest, decidedAt, rowsMax }: AskedCounting,
): Promise<Result<TableEvaluation> | null> {
  const range = { since: evidenceSince(policy, decidedAt), until: cutoffOf(decidedAt), packDigest };
  return inTenantSnapshot(database, tenantId, async (sql) => {
    const kinds = ["run", "receipt"];
    const isMuch = await Promise.all(kinds.map((kind) => hasMoreUnits(sql, { kind, range, limit: rowsMax })));
    if (policy.text.derive.fn !== "units" || !isMuch.includes(true)) return null;
    const asked = { policy, profile, decidedAt, waivers: null };
    return evaluateTable(asked, ledgerTable(sql, range), (counted) => ledgerHead(range, counted));
  });
}
