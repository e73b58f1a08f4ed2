import type { JsonObject } from "../../contracts/index.ts";
import { REPORTS, type ReportKind } from "./catalogue.ts";
import { objectOf } from "./check.ts";
import type { GateContext } from "./gate-documents.ts";
import { type MadeReport, type Maker, madeReport } from "./made-report.ts";
import { type LoadedReport, loadReport } from "./report.ts";

/** Reports that each summary tells of; those of service levels are shown and change nothing, so that a waived one fails nothing. */
const TOLD = {
  R30: ["R07", "R08", "R20", "R21", "R22", "R24", "R25", "R33"],
  R31: ["R05", "R06", "R09", "R10", "R11", "R12", "R13", "R14", "R15", "R16", "R18", "R19"],
} as const;
const SHOWN = ["R27", "R29"];

export type SummaryId = keyof typeof TOLD;

/** What a report of a release's other reports is made of. */
export interface SummaryInput extends Maker {
  readonly context: GateContext;
  /** Texts of reports, by id. */
  readonly reports: ReadonlyMap<string, string>;
}

const STATUSES = ["passed", "failed", "unverified", "unknown", "invalid", "missing"] as const;
type Status = (typeof STATUSES)[number];

interface Told extends JsonObject {
  readonly id: string;
  readonly status: Status;
  readonly contract: string;
  readonly detail: string;
  readonly counters: string;
}

/** One page from which a release is decided together with the gate's report (R30, R31). */
export function executiveSummary(id: SummaryId, input: SummaryInput): MadeReport {
  const told = TOLD[id].map((one) => toldOf(one, input));
  const count = (status: Status) => told.filter((one) => one.status === status).length;
  const isFailed = count("failed") + count("invalid") + count("unknown") > 0;
  const status = isFailed ? "failed" : count("unverified") + count("missing") > 0 ? "unverified" : "passed";
  const body = {
    summary: { total_reports: told.length, ...Object.fromEntries(STATUSES.map((one) => [one, count(one)])) },
    reports: told,
    shown: SHOWN.map((one) => toldOf(one, input)),
  };
  return madeReport(input, { id, status, count: told.length, body });
}

const kindOf = (id: string): ReportKind =>
  REPORTS.find((one) => one.id === id) ?? { id, name: id, job: "", contract: "" };

function toldOf(id: string, { context, reports, at }: SummaryInput): Told {
  const kind = kindOf(id);
  const loaded = loadReport(kind, reports.get(id), { context, decidedAt: at, hoursMax: null, takesImported: true });
  return { id, contract: kind.contract, ...standing(loaded) };
}

function standing(loaded: LoadedReport): Pick<Told, "status" | "detail" | "counters"> {
  if (!loaded.ok)
    return { status: loaded.error === "MISSING" ? "missing" : "invalid", detail: loaded.error, counters: "" };
  const { status, body } = loaded.report;
  const counters = Object.entries(objectOf(body.summary)).filter(([, value]) => typeof value === "number");
  return {
    status: status === "unrecognised" ? "unknown" : status,
    detail: status === "unrecognised" ? "STATUS_UNRECOGNISED" : "",
    counters: counters.map(([name, value]) => `${name} ${String(value)}`).join(", "),
  };
}
