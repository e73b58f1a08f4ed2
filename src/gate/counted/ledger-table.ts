import { formatInstant, parseInstant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { CountedLedger, EvidenceHead } from "../unit.ts";
import type { CountedUnits } from "./count-units.ts";
import { digestOfCounted } from "./measured.ts";
import type { Facts } from "./plan.ts";
import {
  countGroups,
  countLedger,
  type LedgerRange,
  listGroupReasons,
  listReasons,
  listRows,
  valueAtRank,
  valueOfChosen,
} from "./queries.ts";
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
  counts: (kind, counts) => countLedger(sql, { kind, range, counts }),
  valueAt: (kind, asked) => valueAtRank(sql, { kind, range, ...asked }),
  chosen: (kind, asked) => valueOfChosen(sql, { kind, range, ...asked }),
  groups: (kind, grouping) => countGroups(sql, { kind, range, grouping }),
  groupReasons: (kind, grouping, limit) => listGroupReasons(sql, { kind, range, grouping, limit }),
  rows: (lists) => listRows(sql, range, lists),
  reasons: (kind, asked) => listReasons(sql, { kind, range, ...asked }),
});

/**
 * What a decision says of a ledger that was counted: complete, since every run that ended has its unit from the same transaction; and
 * which units were counted, by which the ledger is known again. The runs themselves are held by their chains.
 */
export function ledgerHead(range: LedgerRange, { units, marks, measurements }: CountedUnits): EvidenceHead {
  const { since, until, packDigest } = range;
  const ledger: CountedLedger = {
    since: since === null ? null : formatInstant(since),
    until: formatInstant(until),
    pack_digest: packDigest,
    marks,
  };
  return {
    digest: digestOfCounted({ ledger, units, measurements }),
    sources: { runs: { state: "complete", detail: "" }, receipts: { state: "complete", detail: "" } },
    facts: {},
    ledger,
  };
}

/** The range that a decision cites; null where an instant in it is none. */
export function rangeOf({ since, until, pack_digest }: CountedLedger): LedgerRange | null {
  const [from, to] = [since === null ? null : parseInstant(since), parseInstant(until)];
  return from === undefined || to === undefined ? null : { since: from, until: to, packDigest: pack_digest };
}
