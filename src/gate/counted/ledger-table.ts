import type { TenantQuery } from "../../store/index.ts";
import { digestOfTexts } from "../long-text.ts";
import type { EvidenceHead } from "../unit.ts";
import type { CountedUnits } from "./count-units.ts";
import { measurementJson } from "./measured.ts";
import type { Facts } from "./plan.ts";
import { countLedger, type LedgerRange, listReasons, listRows, valueAtRank } from "./queries.ts";
import type { UnitTable } from "./table.ts";

const text = { type: "string", isNullable: false } as const;
const exact = { type: "exact", isNullable: false } as const;

/** The kinds of unit that the ledger brings, with their columns: those of `ledgerEvidence`. */
const LEDGER_FACTS: Facts = {
  run: {
    workflow: text,
    pack: text,
    pack_digest: text,
    outcome: text,
    code: { type: "string", isNullable: true },
    ms: exact,
    cost_micros: exact,
  },
  receipt: { tool: text, status: text, run: text },
};

/** What a tenant's ledger holds within a range, as a table. All that is asked of it is asked in one transaction, of one snapshot. */
export const ledgerTable = (sql: TenantQuery, range: LedgerRange): UnitTable => ({
  facts: LEDGER_FACTS,
  counts: async (kind, counts) => {
    const [units = 0, ...answers] = await countLedger(sql, { kind, range, counts });
    return { units, answers };
  },
  valueAt: (kind, asked) => valueAtRank(sql, { kind, range, ...asked }),
  rows: (lists) => listRows(sql, range, lists),
  reasons: (kind, asked) => listReasons(sql, { kind, range, ...asked }),
});

/**
 * What a decision says of a ledger that was counted: complete, since every run that ended has its unit from the same transaction. The
 * digest is of the range and of what counting came to; the runs themselves are held by their chains.
 */
export const ledgerHead = (
  { since, until, packDigest }: LedgerRange,
  { units, measurements }: CountedUnits,
): EvidenceHead => ({
  digest: digestOfTexts([
    JSON.stringify({ since, until, pack_digest: packDigest, units }),
    ...measurements.map(measurementJson),
  ]),
  sources: { runs: { state: "complete", detail: "" }, receipts: { state: "complete", detail: "" } },
  facts: {},
});
