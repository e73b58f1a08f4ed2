import { z } from "zod";
import { type Instant, instant, parseInstant } from "../../contracts/index.ts";
import { inOrder } from "../measure.ts";
import type { SourceState, Unit } from "../unit.ts";

/** Jobs whose trend is judged. */
export const CRITICAL_JOBS = ["smoke", "runtime_canary", "dx_metrics", "policy_bundle_governance"] as const;

/** Completed runs of a job that are looked at, the latest ones. */
const RUNS_MAX = 20;

/** Of a conclusion: whether the job passed or failed; anything else says nothing about it. */
const OUTCOMES: ReadonlyMap<string, "passed" | "failed"> = new Map([
  ["success", "passed"],
  ["failure", "failed"],
  ["timed_out", "failed"],
  ["startup_failure", "failed"],
]);

const text = z.string().min(1);

const run = z.looseObject({
  run_id: text,
  job: text,
  branch: text,
  /** Null while it runs. */
  conclusion: text.nullable(),
  completed_at: text.nullable().transform((value) => (value === null ? null : (parseInstant(value) ?? undefined))),
});

/** Runs of CI jobs, and whose they are. */
const CI_RUNS = z.looseObject({
  release_branch: text,
  commit: text.optional(),
  run_id: text.optional(),
  runs: z.array(run),
});

export type CiRuns = z.infer<typeof CI_RUNS>;

/** A document of runs; undefined where it is none, to its last run. */
export function parseCiRuns(value: unknown): CiRuns | undefined {
  const parsed = CI_RUNS.safeParse(value);
  const isDated =
    parsed.success &&
    parsed.data.runs.every(({ conclusion, completed_at }) =>
      conclusion === null ? completed_at !== undefined : typeof completed_at === "number",
    );
  return isDated ? parsed.data : undefined;
}

interface JobRun {
  readonly run: string;
  readonly at: Instant;
  readonly outcome: "passed" | "failed" | "other";
}

/** A job's latest runs on the release branch, completed when it is decided, as units, and whether a rate of them says something. */
export function trendOf(
  job: string,
  ci: CiRuns,
  decidedAt: Instant,
): { readonly units: readonly Unit[]; readonly state: SourceState } {
  const latest = oneOfEach(
    ci.runs.filter(
      ({ job: name, branch, completed_at }) =>
        name === job && branch === ci.release_branch && (completed_at ?? 0) <= decidedAt,
    ),
  ).slice(0, RUNS_MAX);
  const other = latest.filter(({ outcome }) => outcome === "other").length;
  return {
    units: latest.map(({ run, at, outcome }) => ({
      id: `${job}/${run}`,
      at,
      channel: "ci",
      rows: [`${job}/${run}`],
      isValid: true,
      columns: { job, outcome },
    })),
    state: stateOf(latest.length, other),
  };
}

/** More than three in ten that neither passed nor failed leave too little to tell a rate by. */
function stateOf(runs: number, other: number): SourceState {
  if (runs === 0) return { state: "incomplete", detail: "no completed run on the release branch" };
  if (other * 10 > runs * 3)
    return { state: "incomplete", detail: `${other} of the last ${runs} runs neither passed nor failed` };
  return { state: "complete", detail: "" };
}

/** Each run once, the latest first: an attempt that failed is not made good by another that passed. */
function oneOfEach(runs: CiRuns["runs"]): readonly JobRun[] {
  const order = ["failed", "passed", "other"] as const;
  const byRun = new Map<string, JobRun>();
  for (const { run_id, conclusion, completed_at } of runs) {
    if (conclusion === null) continue;
    const outcome = OUTCOMES.get(conclusion) ?? "other";
    const known = byRun.get(run_id);
    const isWorse = known === undefined || order.indexOf(outcome) < order.indexOf(known.outcome);
    const at = instant(Math.max(completed_at ?? 0, known?.at ?? 0));
    byRun.set(run_id, { run: run_id, at, outcome: isWorse ? outcome : known.outcome });
  }
  return [...byRun.values()].toSorted((a, b) => b.at - a.at || inOrder(b.run, a.run));
}
