import { formatInstant, type Instant } from "../../contracts/index.ts";
import type { EvidenceFile } from "../../gate/index.ts";
import type { AgentWork } from "./expectation.ts";
import type { GoldenCase, Tier } from "./golden-case.ts";
import {
  type FlakeReport,
  isOverdue,
  type QuarantineEntry,
  type QuarantineRegistry,
  type QuarantineStanding,
  standingOf,
} from "./quarantine.ts";
import type { Suite } from "./suite.ts";

/*
 * What a suite's run showed.
 *
 * O1 Runs of a case on one input, reruns and retries with them, are one unit: it passed if every attempt did.
 * O2 A retry is a diagnosis. What failed and then passed is flaky, and has failed; what failed twice is a failure to be looked at now.
 * O3 Only cases that say `pseudo_deterministic` are retried, once and on the same input; a `deterministic` one has no second chance.
 */

/** One run of a case. */
export interface Attempt {
  readonly caseId: string;
  /** Of the input, so that reruns are known. */
  readonly inputDigest: string;
  /** Null where the run could not even be started. */
  readonly runId: string | null;
  /** In which it was not as expected; empty where it passed. */
  readonly differences: readonly string[];
  readonly ms: number;
  /** What agents did; null where the run has none. */
  readonly agents: (AgentWork & { readonly modelCalls: number; readonly hasStrayed: boolean }) | null;
}

/** Attempts of one case on one input (O1). */
export interface CaseUnit {
  readonly caseId: string;
  readonly inputDigest: string;
  readonly attempts: readonly Attempt[];
  readonly passed: boolean;
  /** Failed and passed on the same input (O2). */
  readonly flaky: boolean;
}

/** One case over all its units. */
export interface CaseOutcome {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  readonly units: readonly CaseUnit[];
  readonly standing: QuarantineStanding;
  /** `triage`: failed twice in a row. */
  readonly status: "passed" | "flaky" | "failed" | "triage";
}

export interface SuiteOutcome {
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly cases: readonly CaseOutcome[];
  /** Cases that the suite has, played or not. */
  readonly declared: number;
  readonly registry: QuarantineRegistry;
}

/** How often a failed run is tried again (O3). */
export const retriesOf = ({ tags }: Pick<GoldenCase, "tags">): number =>
  tags.includes("pseudo_deterministic") ? 1 : 0;

/** What attempts come to, by case. */
export function suiteOutcome(
  { cases, registry }: Suite,
  attempts: readonly Attempt[],
  { startedAt, finishedAt }: { readonly startedAt: Instant; readonly finishedAt: Instant },
): SuiteOutcome {
  const played = cases.filter(({ id }) => attempts.some(({ caseId }) => caseId === id));
  return {
    startedAt,
    finishedAt,
    declared: cases.length,
    registry,
    cases: played.map((one) => {
      const units = caseUnits(attempts.filter(({ caseId }) => caseId === one.id));
      return {
        id: one.id,
        name: one.name,
        tier: one.tier,
        units,
        standing: standingOf(registry, one, finishedAt),
        status: statusOf(units),
      };
    }),
  };
}

function caseUnits(attempts: readonly Attempt[]): readonly CaseUnit[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const same = groups.get(attempt.inputDigest) ?? [];
    groups.set(attempt.inputDigest, [...same, attempt]);
  }
  return [...groups].map(([inputDigest, all]) => {
    const failed = all.filter(({ differences }) => differences.length > 0).length;
    return {
      caseId: all[0]?.caseId ?? "",
      inputDigest,
      attempts: all,
      passed: failed === 0,
      flaky: failed > 0 && failed < all.length,
    };
  });
}

function statusOf(units: readonly CaseUnit[]): CaseOutcome["status"] {
  if (units.every(({ passed }) => passed)) return "passed";
  const failed = units.filter(({ passed, flaky }) => !passed && !flaky);
  if (failed.length === 0) return "flaky";
  return failed.some(({ attempts }) => attempts.length > 1) ? "triage" : "failed";
}

/** What the registry learns of the cases played. */
export const flakeReports = ({ cases }: SuiteOutcome): readonly FlakeReport[] =>
  cases.map(({ id, units }) => ({ id, runs: units.length, flakes: units.filter(({ flaky }) => flaky).length }));

/** Entries that are past their end with nobody at work on them. */
export const overdueAt = ({ registry }: Pick<Suite, "registry">, now: Instant): readonly QuarantineEntry[] =>
  registry.quarantined.filter((entry) => isOverdue(entry, now));

/** What was suite of what, beside the units. */
export interface SuiteSubject {
  readonly packId: string;
  readonly packDigest: string;
  /** The commit; null where nobody said. */
  readonly gitSha: string | null;
}

/** A suite's run as the evidence that the policy `golden-suite` reads: one file, a unit a line. */
export function suiteEvidence(outcome: SuiteOutcome, subject: SuiteSubject): EvidenceFile {
  const units = outcome.cases.flatMap((one) => one.units.map((unit) => caseLine(one, unit, outcome)));
  const agents = outcome.cases.flatMap((one) => one.units.flatMap((unit) => agentLine(one, unit, outcome)));
  const entries = outcome.registry.quarantined.filter(({ status }) => status === "QUARANTINED" || status === "FIXING");
  const lines = [
    { kind: "case", units: units.length },
    { kind: "agent", units: agents.length },
    { kind: "quarantine", units: entries.length },
    { kind: "suite", units: 1 },
    suiteLine(outcome, subject),
    ...units,
    ...agents,
    ...entries.map((entry) => quarantineLine(entry, outcome)),
  ];
  return { name: "suite.ndjson", text: lines.map((line) => `${JSON.stringify(line)}\n`).join("") };
}

const CHANNEL = "controlled_fixture";

const suiteLine = (
  { startedAt, finishedAt, cases, declared }: SuiteOutcome,
  { packId, packDigest, gitSha }: SuiteSubject,
) => ({
  kind: "suite",
  id: packDigest,
  at: formatInstant(finishedAt),
  channel: CHANNEL,
  columns: {
    pack: packId,
    config_hash: packDigest,
    git_sha: gitSha,
    started_at: formatInstant(startedAt),
    finished_at: formatInstant(finishedAt),
    declared,
    played: cases.length,
  },
});

const DIGEST_SHOWN = 12;

/** What agents took for one input: of its attempts the last, strayed where any has. */
function agentLine(
  { id, tier }: CaseOutcome,
  { inputDigest, attempts, passed }: CaseUnit,
  { finishedAt }: SuiteOutcome,
) {
  const last = attempts.at(-1)?.agents ?? null;
  if (last === null) return [];
  const { steps, toolCalls, checkpoints, tokens, modelCalls } = last;
  return {
    kind: "agent",
    id: unitId(id, inputDigest),
    at: formatInstant(finishedAt),
    channel: CHANNEL,
    columns: {
      case: id,
      tier,
      passed,
      strayed: attempts.some(({ agents }) => agents?.hasStrayed === true),
      steps,
      model_calls: modelCalls,
      tool_calls: toolCalls,
      checkpoints,
      tokens,
    },
  };
}

const unitId = (id: string, inputDigest: string): string => `${id} ${inputDigest.slice(0, DIGEST_SHOWN)}`;

function caseLine({ id, tier, standing }: CaseOutcome, unit: CaseUnit, { finishedAt }: SuiteOutcome) {
  const { inputDigest, attempts, passed, flaky } = unit;
  const runs = attempts.flatMap(({ runId }) => runId ?? []);
  const suspect = standing.entry !== null || (flaky && !standing.isKnown);
  return {
    kind: "case",
    id: unitId(id, inputDigest),
    at: formatInstant(finishedAt),
    channel: CHANNEL,
    ...(runs.length === 0 ? {} : { rows: runs }),
    columns: { case: id, tier, passed, flaky, suspect, quarantined: standing.isExcluded },
  };
}

const quarantineLine = (entry: QuarantineEntry, { finishedAt }: SuiteOutcome) => ({
  kind: "quarantine",
  id: entry.test_id,
  at: formatInstant(finishedAt),
  channel: CHANNEL,
  columns: {
    case: entry.test_id,
    owner: entry.owner,
    status: entry.status,
    sla_expires_at: entry.sla_expires_at,
    overdue: isOverdue(entry, finishedAt),
  },
});
