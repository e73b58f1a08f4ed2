import {
  accepted,
  type Instant,
  isJsonObject,
  type Json,
  parseJson,
  rejected,
  sha256Hex,
} from "../../contracts/index.ts";
import { type Derivation, type DerivationInput, onlyText } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import { profileNamed } from "../policy.ts";
import { compareRationals, rationalOf } from "../rational.ts";
import type { Cell, EvidenceSet, SourceState, Unit } from "../unit.ts";
import { CRITICAL_JOBS, parseCiRuns, trendOf } from "./ci-run.ts";
import { dxUnits, parseDxMetrics } from "./dx-metrics.ts";
import { linesOf, sloEvents } from "./events.ts";
import { parseHistory, type RepeatedBreach, repeatedBreaches, until } from "./repeated-breach.ts";

const FILES = ["ci_runs.json", "dx_metrics.json", "slo_history.json", "events.ndjson"] as const;

/**
 * Service levels from four files: `ci_runs.json` (runs of CI jobs), `dx_metrics.json` (the body of its report), `slo_history.json`
 * (what earlier evaluations came to) and `events.ndjson` (what spends an error budget). One that is missing leaves what needs it
 * unknown.
 */
export const SLO: Derivation = {
  fn: "slo",
  version: 1,
  isReproduced: false,
  derive: (input) => {
    if (!input.files.some(({ name }) => FILES.some((known) => known === name)))
      return rejected({ code: "GATE_EVIDENCE_MISSING", message: `there is none of ${FILES.join(", ")}` });
    return accepted(derived(input));
  },
};

type Sources = { readonly [id: string]: SourceState };
type Units = { readonly [kind: string]: readonly Unit[] };
interface Part {
  readonly sources: Sources;
  readonly units: Units;
}

const COMPLETE: SourceState = { state: "complete", detail: "" };

/** A file of lines is the same evidence in any order. */
const contentOf = (name: string, text: string): string => (name.endsWith(".ndjson") ? linesOf(text).join("\n") : text);

function derived(input: DerivationInput): EvidenceSet {
  const { files } = input;
  const read = (name: string): Json | undefined => {
    const parsed = parseJson(onlyText(files, name) ?? "");
    return parsed.ok ? parsed.value : undefined;
  };
  const trend = trendPart(read("ci_runs.json"), input.decidedAt);
  const dx = dxPart(read("dx_metrics.json"));
  const history = historyPart(read("slo_history.json"), read("ci_runs.json"), input.decidedAt);
  const events = sloEvents(onlyText(files, "events.ndjson"), hasBudget(input), input.decidedAt);
  const foreign = FILES.flatMap((name) => foreignThresholds(name, read(name)));
  const contents = FILES.map((name) => `${name}\n${contentOf(name, onlyText(files, name) ?? "")}`);
  return {
    digest: sha256Hex(contents.join("\n")),
    sources: { ...trend.sources, ...dx.sources, ...history.sources, events: events.state },
    facts: {},
    units: { ...trend.units, ...dx.units, ...history.units, event: events.units, foreign_threshold: foreign },
  };
}

function trendPart(document: Json | undefined, decidedAt: Instant): Part {
  const ci = parseCiRuns(document);
  if (ci === undefined) {
    const state: SourceState = { state: "unreadable", detail: "ci_runs.json is missing or cannot be read" };
    const parts = CRITICAL_JOBS.map((job) => [`ci_runs:${job}`, state] as const);
    return { sources: { ci_runs: state, ...Object.fromEntries(parts) }, units: { ci_run: [], subject: [] } };
  }
  const trends = CRITICAL_JOBS.map((job) => ({ job, ...trendOf(job, ci, decidedAt) }));
  const subject = { branch: ci.release_branch, commit: ci.commit ?? null, run_id: ci.run_id ?? null };
  return {
    sources: {
      ci_runs: COMPLETE,
      ...Object.fromEntries(trends.map(({ job, state }) => [`ci_runs:${job}`, state])),
    },
    units: { ci_run: trends.flatMap(({ units }) => units), subject: [unitOf("subject", subject)] },
  };
}

function dxPart(document: Json | undefined): Part {
  const dx = parseDxMetrics(document);
  return dx === undefined
    ? {
        sources: { dx_metrics: { state: "unreadable", detail: "dx_metrics.json is missing or cannot be read" } },
        units: { dx_first_success: [], dx_docs: [], dx_check: [] },
      }
    : { sources: { dx_metrics: COMPLETE }, units: dxUnits(dx) };
}

/** Metrics that are judged whenever, so that each has a row from the first evaluation on. */
export const SLO_METRICS: readonly string[] = [
  ...CRITICAL_JOBS.map((job) => `ci_pass_rate:${job}`),
  "dx_check_pass_ratio",
  "dx_docs_parity",
  "dx_ttfs_seconds",
];

function historyPart(document: Json | undefined, runs: Json | undefined, decidedAt: Instant): Part {
  const history = parseHistory(document);
  const branch = parseCiRuns(runs)?.release_branch;
  if (history === undefined || branch === undefined) {
    const detail =
      history === undefined ? "slo_history.json is missing or cannot be read" : "no release branch is known";
    return { sources: { slo_history: { state: "unreadable", detail } }, units: { breach: [] } };
  }
  const breaches = repeatedBreaches(until(history, decidedAt), branch);
  const metrics = [...new Set([...SLO_METRICS, ...breaches.keys()])].toSorted(inOrder);
  return {
    sources: { slo_history: COMPLETE },
    units: { breach: metrics.map((metric) => breachUnit(metric, breaches.get(metric))) },
  };
}

const breachUnit = (metric: string, breach: RepeatedBreach | undefined): Unit => ({
  ...unitOf(metric, { metric, repeated: breach !== undefined, why: breach?.rule ?? null }),
  rows: breach?.occurrences ?? [metric],
});

/** Limits stand in the policy; what evidence brings of them is told, and changes nothing. */
const foreignThresholds = (name: string, document: Json | undefined): readonly Unit[] =>
  document !== undefined && isJsonObject(document) && "thresholds" in document
    ? [unitOf(name, { file: name, why: `${name} brings thresholds, which are not used` })]
    : [];

function hasBudget({ policy, profile }: DerivationInput): boolean {
  const budget = profileNamed(policy.text, profile)?.params.error_budget ?? policy.text.params.error_budget ?? 0;
  return compareRationals(rationalOf(budget), rationalOf(0)) > 0n;
}

const unitOf = (id: string, columns: { readonly [name: string]: Cell }): Unit => ({
  id,
  at: null,
  channel: "ci",
  rows: [id],
  isValid: true,
  columns,
});
