import type { Digest, Json } from "../../contracts/index.ts";
import type { GateRow } from "../decision.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import { digestOfLong } from "../long-text.ts";
import { inOrder, type MeasuredUnits } from "../measure.ts";
import type { EvidenceSet } from "../unit.ts";

type Status = "PASS" | "FAIL" | "UNKNOWN";

/** The document of a signoff, with the members and their order that its readers know (`signoff.report.v1`). */
export interface SignoffReport {
  readonly schemaVersion: "signoff.report.v1";
  readonly bundleId: string;
  readonly bundleHash: string;
  readonly decisionAt: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly cutoff: string;
  readonly floors: readonly {
    readonly id: string;
    readonly required: number;
    readonly actual: number;
    readonly status: Status;
  }[];
  readonly metrics: readonly {
    readonly id: string;
    readonly num: number;
    /** Null for what is a count. */
    readonly den: number | null;
    /** To four places, cut off; null where there is nothing to divide by. */
    readonly percent: string | null;
    readonly threshold: string;
    readonly status: Status;
    readonly triggers: readonly string[];
    /** Every row that it was measured on, also those that were only looked at or pulled a trigger. */
    readonly rowIds: readonly string[];
  }[];
  readonly integrityFailures: readonly {
    readonly id: string;
    readonly rowId: string | null;
    readonly detail: string;
  }[];
  readonly items: readonly { readonly item: number; readonly status: Status; readonly reasons: readonly string[] }[];
  readonly decision: "GO" | "NO-GO";
  /** Of all the rest. */
  readonly reportHash: Digest;
}

const FLOOR = "floor.";

/** Groups of the light, the heavy and the shared metrics. */
const METRIC_GROUPS: readonly (string | null)[] = ["item2", "item3", "item4"];
const ITEMS = [1, 2, 3, 4, 5, 6] as const;

/** A decision of the policy `dual-track-beta` as its readers know it. */
export function signoffReport({ decision, measurements, evidence }: FileEvaluation): SignoffReport {
  const window = decision.window ?? { start: "", end: "", cutoff: "" };
  const document = {
    schemaVersion: "signoff.report.v1",
    ...bundleOf(evidence),
    decisionAt: decision.decided_at,
    windowStart: window.start,
    windowEnd: window.end,
    cutoff: window.cutoff,
    floors: decision.gates.filter(({ id }) => id.startsWith(FLOOR)).map(floorOf),
    metrics: decision.gates
      .filter(({ group }) => METRIC_GROUPS.includes(group))
      .map((row) => metricOf(row, measurements)),
    integrityFailures: integrityFailures(evidence),
    items: ITEMS.map((item) => itemOf(item, decision.gates, evidence)),
    decision: decision.verdict,
  } as const;
  return { ...document, reportHash: digestOfLong(jsonOf(document)) };
}

const jsonOf = (document: object): Json => JSON.parse(JSON.stringify(document));

function bundleOf({ units }: EvidenceSet): Pick<SignoffReport, "bundleId" | "bundleHash"> {
  const columns = units.bundle?.[0]?.columns;
  return { bundleId: String(columns?.bundle_id ?? ""), bundleHash: String(columns?.bundle_hash ?? "") };
}

/** What is too little has failed here. */
const statusOf = ({ status }: GateRow): Status => (status === "INSUFFICIENT" ? "FAIL" : status);

const floorOf = (row: GateRow): SignoffReport["floors"][number] => ({
  id: row.id.slice(FLOOR.length),
  required: Number(row.rule.replace(">= ", "")),
  actual: row.sample,
  status: statusOf(row),
});

function metricOf(row: GateRow, measurements: ReadonlyMap<string, MeasuredUnits>): SignoffReport["metrics"][number] {
  const measured = measurements.get(row.metric);
  const [good, sample] = [measured?.good ?? 0, measured?.sample ?? 0];
  const isRatio = row.id !== "S-SLO-3";
  const seen = [...measurements].filter(([metric]) => metric === row.metric || metric.startsWith(`${row.metric}.`));
  const rows = seen.flatMap(([, { counted }]) => counted.flatMap((unit) => unit.rows));
  return {
    id: row.id,
    num: good,
    den: isRatio ? sample : null,
    percent: isRatio && sample > 0 ? percentOf(good, sample) : null,
    threshold: row.rule,
    status: statusOf(row),
    triggers: row.triggers.map(({ metric }) => metric.slice(row.id.length + 1)).toSorted(inOrder),
    rowIds: [...new Set(rows)].toSorted(inOrder),
  };
}

/** Four places and no rounding. */
function percentOf(num: number, den: number): string {
  const parts = (BigInt(num) * 1_000_000n) / BigInt(den);
  return `${parts / 10_000n}.${String(parts % 10_000n).padStart(4, "0")}`;
}

const textOf = (cell: unknown): string => (typeof cell === "string" ? cell : "");

const integrityFailures = ({ units }: EvidenceSet): SignoffReport["integrityFailures"] =>
  (units.integrity ?? [])
    .map(({ columns }) => ({
      id: textOf(columns.code),
      rowId: typeof columns.row === "string" ? columns.row : null,
      detail: textOf(columns.detail),
    }))
    .toSorted(
      (left, right) =>
        inOrder(left.id, right.id) ||
        inOrder(left.rowId ?? "", right.rowId ?? "") ||
        inOrder(left.detail, right.detail),
    );

function itemOf(item: number, gates: readonly GateRow[], evidence: EvidenceSet): SignoffReport["items"][number] {
  const missed = gates.filter(({ group, status }) => group === `item${item}` && status !== "PASS");
  const parts = missed.map((row) => ({ row, status: item === 6 ? evidenceStatus(row, evidence) : statusOf(row) }));
  const status = parts.some((part) => part.status === "FAIL") ? "FAIL" : parts.length > 0 ? "UNKNOWN" : "PASS";
  return {
    item,
    status,
    reasons: parts.map(({ row, status: own }) => `${row.id} ${own}: ${row.reasons.join("; ")}`).toSorted(inOrder),
  };
}

/** An incomplete source fails the evidence as a whole. A second evaluation that nobody made leaves it open. */
function evidenceStatus(row: GateRow, { units }: EvidenceSet): Status {
  return row.id === "reproduction" && (units.reproduction ?? []).length === 0 ? "UNKNOWN" : "FAIL";
}
