import type { Instant } from "../../contracts/index.ts";
import type { DerivationInput } from "../derivation.ts";
import { type Policy, profileNamed } from "../policy.ts";
import {
  bundlePromotion,
  CANARY_REPORTS,
  CHANGE_APPROVAL,
  externalLineage,
  FRESH_REPORTS,
  LINEAGE,
  LINEAGE_CONTRACT,
  MANUAL_EVIDENCE,
  REPORTS,
  type ReportKind,
} from "./catalogue.ts";
import { type GateContext, type GateDocuments, readGateDocuments } from "./gate-documents.ts";
import { type LoadedReport, loadReport } from "./report.ts";

/** Everything that checks look at: reports loaded once, and what they are judged for. */
export interface Evidence extends Omit<GateDocuments, "reports"> {
  readonly decidedAt: Instant;
  readonly policy: Policy;
  readonly profile: string | null;
  readonly isRollback: boolean;
  /** By id; one that nobody brought is MISSING. */
  readonly report: (id: string) => LoadedReport;
  /** All that were asked for or brought, in the order of the catalogue. */
  readonly loaded: readonly LoadedReport[];
  readonly environments: readonly string[];
  readonly externalSources: readonly string[];
}

export function readReleaseEvidence({ files, decidedAt, policy, profile }: DerivationInput): Evidence {
  const { reports: texts, ...documents } = readGateDocuments(files, decidedAt);
  const of = (prefix: string) =>
    [...texts.keys()].flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : []));
  const environments = of("R35-").toSorted();
  const externalSources = [...new Set([...documents.context.external_lineage, ...of("R36-")])].toSorted();
  const kinds = [
    ...REPORTS,
    MANUAL_EVIDENCE,
    LINEAGE,
    LINEAGE_CONTRACT,
    CHANGE_APPROVAL,
    ...environments.map(bundlePromotion),
    ...externalSources.map(externalLineage),
  ];
  const loaded = kinds.map((kind) =>
    loadReport(kind, texts.get(kind.id), {
      context: documents.context,
      decidedAt,
      hoursMax: hoursMax(kind, documents.context, { policy, profile }),
      takesImported: profile === "transitional" || profile === "preview",
    }),
  );
  const byId = new Map(loaded.map((one) => [kindOf(one).id, one]));
  return {
    ...documents,
    decidedAt,
    policy,
    profile,
    isRollback: documents.context.context.event === "rollback",
    report: (id) => byId.get(id) ?? { ok: false, kind: { id, name: id, job: "", contract: "" }, error: "MISSING" },
    loaded,
    environments,
    externalSources,
  };
}

export const kindOf = (loaded: LoadedReport): ReportKind => (loaded.ok ? loaded.report.kind : loaded.kind);

const MANUAL_HOURS_MAX = 168;
const CANARY_HOURS_MAX = 24;

/** How old a report may be. A rollback takes what was bundled long ago, and runs its canary now. */
function hoursMax(
  kind: ReportKind,
  { context }: GateContext,
  asked: Pick<Evidence, "policy" | "profile">,
): number | null {
  if (kind.id === MANUAL_EVIDENCE.id) return MANUAL_HOURS_MAX;
  if (context.event === "rollback") return CANARY_REPORTS.includes(kind.id) ? CANARY_HOURS_MAX : null;
  const name = FRESH_REPORTS.includes(kind.id) ? "fresh_report_max_age_hours" : "report_max_age_hours";
  return paramOf(asked, name);
}

/** A parameter as the profile sets it; 0 where it is none. */
export function paramOf({ policy, profile }: Pick<Evidence, "policy" | "profile">, name: string): number {
  const value = Number(profileNamed(policy.text, profile)?.params[name] ?? policy.text.params[name]);
  return Number.isFinite(value) ? value : 0;
}
