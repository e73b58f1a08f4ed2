import { z } from "zod";
import { type Instant, instant, parseInstant } from "../../contracts/index.ts";
import { inOrder } from "../measure.ts";
import { isCalm, type MetricStage, STAGES } from "./stage.ts";

/*
 * Whether a metric breaches again and again on the release branch.
 *
 * R1  One entry a metric and run: of several, the worst counts, where the first stood.
 * R2  Entries of other branches never count.
 * R3  What could not be computed is no breach and ends none: it is passed over, but a calm row begins anew.
 * R4  A breach clears after CALM_MIN calm entries in a row, and what was before is then forgotten.
 */

/** One metric's stage, as one evaluation left it. */
export interface SloEntry {
  readonly metric: string;
  readonly stage: MetricStage;
  readonly branch: string;
  readonly run: string;
  readonly at: Instant;
}

export interface RepeatedBreach {
  readonly metric: string;
  /** The rule that found it first. */
  readonly rule: string;
  readonly since: Instant;
  /** Runs that breached, from the first on. */
  readonly occurrences: readonly string[];
}

/** Calm entries in a row that clear a breach. */
const CALM_MIN = 3;
/** Entries that are looked back at. */
const LOOK_BACK = 10;

const entry = z.looseObject({
  evaluated_at: z.string().transform((text) => parseInstant(text) ?? null),
  branch: z.string(),
  metric: z.string(),
  stage: z.enum([...STAGES, "unverified"]),
  run_id: z.string(),
});

/** The entries of a history's document; undefined where it is not one, to its last entry. */
export function parseHistory(value: unknown): readonly SloEntry[] | undefined {
  const parsed = z.array(entry).safeParse(value);
  if (!parsed.success || parsed.data.some(({ evaluated_at }) => evaluated_at === null)) return undefined;
  return parsed.data.map(({ evaluated_at, branch, metric, stage, run_id }) => ({
    metric,
    stage,
    branch,
    run: run_id,
    at: evaluated_at ?? instant(0),
  }));
}

/** What was there at an instant: later entries belong to later decisions. */
export const until = (history: readonly SloEntry[], at: Instant): readonly SloEntry[] =>
  history.filter((one) => one.at <= at);

/** The metrics that breach repeatedly on a branch, by name. */
export function repeatedBreaches(history: readonly SloEntry[], branch: string): ReadonlyMap<string, RepeatedBreach> {
  const known = history.filter((one) => one.branch === branch); // R2
  const metrics = [...new Set(known.map(({ metric }) => metric))].toSorted(inOrder);
  return new Map(
    metrics.flatMap((metric) => {
      const breach = breachOf(onePerRun(known.filter((one) => one.metric === metric)));
      return breach === null ? [] : [[metric, breach] as const];
    }),
  );
}

const SEVERITY: readonly MetricStage[] = ["ok", "unverified", "warn", "soft_fail", "hard_fail"];

/** R1 */
function onePerRun(entries: readonly SloEntry[]): readonly SloEntry[] {
  const byRun = new Map<string, SloEntry>();
  for (const one of entries.toSorted((a, b) => a.at - b.at || inOrder(a.run, b.run))) {
    const first = byRun.get(one.run);
    const isWorse = first === undefined || SEVERITY.indexOf(one.stage) > SEVERITY.indexOf(first.stage);
    if (isWorse) byRun.set(one.run, { ...one, at: first?.at ?? one.at });
  }
  return [...byRun.values()];
}

interface Fold {
  readonly recent: readonly SloEntry[];
  readonly breach: RepeatedBreach | null;
  readonly calm: number;
}

const FRESH: Fold = { recent: [], breach: null, calm: 0 };

const breachOf = (entries: readonly SloEntry[]): RepeatedBreach | null => entries.reduce(folded, FRESH).breach;

function folded(fold: Fold, next: SloEntry): Fold {
  if (next.stage === "unverified") return { ...fold, calm: 0 }; // R3
  if (fold.breach !== null) return breaching(fold.breach, fold, next);
  const recent = [...fold.recent, next].slice(-LOOK_BACK);
  return { recent, breach: found(recent), calm: 0 };
}

function breaching(breach: RepeatedBreach, fold: Fold, next: SloEntry): Fold {
  if (!isCalm(next.stage))
    return { ...fold, calm: 0, breach: { ...breach, occurrences: [...breach.occurrences, next.run] } };
  const calm = fold.calm + 1;
  return calm === CALM_MIN ? FRESH : { ...fold, calm }; // R4
}

function found(recent: readonly SloEntry[]): RepeatedBreach | null {
  const hard = recent.filter(({ stage }) => stage === "hard_fail");
  const lastTwo = recent.slice(-2);
  const lastFive = recent.slice(-5);
  if (lastTwo.length === 2 && lastTwo.every(({ stage }) => stage === "hard_fail"))
    return breachBy("hard_fail twice in a row", lastTwo);
  if (hard.length >= 3) return breachBy(`hard_fail ${hard.length} times in the last ${LOOK_BACK}`, hard);
  if (lastFive.length === 5 && lastFive.every(({ stage }) => !isCalm(stage)))
    return breachBy("soft_fail or worse five times in a row", lastFive);
  return null;
}

function breachBy(rule: string, entries: readonly SloEntry[]): RepeatedBreach | null {
  const [first] = entries;
  return first === undefined
    ? null
    : { metric: first.metric, rule, since: first.at, occurrences: entries.map(({ run }) => run) };
}
