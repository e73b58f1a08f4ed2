import { readFileSync } from "node:fs";
import { assert, formatInstant, instant, type Json, type JsonObject } from "../../../contracts/index.ts";
import type { Decision, GateRow } from "../../decision.ts";
import { evaluateFiles, type FileEvaluation } from "../../evaluate-files.ts";
import { type Policy, parsePolicy } from "../../policy.ts";
import { SLO } from "../derive.ts";

/** The instant of every case. */
export const DECIDED_AT = instant(Date.UTC(2026, 6, 20, 10));
const MINUTE_MS = 60_000;
export const SOURCE = readFileSync(new URL("../../../../policies/slo.yaml", import.meta.url), "utf8");

function policyOf(text: string): Policy {
  const read = parsePolicy(text);
  assert(read.ok, read.ok ? "" : read.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return read.value;
}

export const POLICY = policyOf(SOURCE);
export const JOBS = ["smoke", "runtime_canary", "dx_metrics", "policy_bundle_governance"];

/** An instant so many minutes before. */
export const ago = (minutes: number): string => formatInstant(instant(DECIDED_AT - minutes * MINUTE_MS));

/** Completed runs of a job, the latest first. */
export const runsOf = (job: string, conclusions: readonly string[]): readonly JsonObject[] =>
  conclusions.map((conclusion, index) => ({
    run_id: `${job}-${index + 1}`,
    job,
    branch: "main",
    conclusion,
    completed_at: ago(index + 1),
  }));

export const many = (count: number, conclusion: string): readonly string[] =>
  Array.from({ length: count }, () => conclusion);

export const STEPS = ["smoke baseline", "neutral API", "HTTP controls", "parity snapshot", "quickstart examples"];

export interface Given {
  /** Conclusions of the job `smoke`, the latest first. */
  readonly smoke?: readonly string[];
  readonly dx?: JsonObject;
  readonly steps?: readonly string[];
  readonly history?: Json;
  readonly events?: readonly JsonObject[];
  readonly files?: { readonly [name: string]: string };
  readonly profile?: string;
  readonly policy?: string;
}

/** Decides on files in which every level is kept, but for what is given. */
export function evaluated(given: Given): FileEvaluation {
  const policy = given.policy === undefined ? POLICY : policyOf(given.policy);
  const runs = JOBS.flatMap((job) => runsOf(job, (job === "smoke" ? given.smoke : undefined) ?? many(20, "success")));
  const metrics = { time_to_first_success_seconds: 200, docs_parity_score: 1, ...given.dx };
  const steps = (given.steps ?? STEPS).map((name) => ({ name, returncode: 0 }));
  const files: { readonly [name: string]: string } = {
    "ci_runs.json": JSON.stringify({ release_branch: "main", commit: "c1", run_id: "r9", runs }),
    "dx_metrics.json": JSON.stringify({ metrics, steps }),
    "slo_history.json": JSON.stringify(given.history ?? []),
    "events.ndjson": (given.events ?? []).map((event) => JSON.stringify(event)).join("\n"),
    ...given.files,
  };
  const result = evaluateFiles(
    {
      policy,
      profile: given.profile ?? "strict",
      files: Object.entries(files).map(([name, text]) => ({ name, text })),
      decidedAt: DECIDED_AT,
      waivers: null,
    },
    [SLO],
  );
  assert(result.ok, "the evaluation is made");
  return result.value;
}

export const decided = (given: Given): Decision => evaluated(given).decision;

export function rowOf(decision: Decision, id: string): GateRow {
  const row = decision.gates.find((one) => one.id === id);
  assert(row !== undefined, `the decision has a row ${id}`);
  return row;
}
