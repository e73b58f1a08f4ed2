import type { Code, Refusal } from "../contracts/index.ts";
import { type Bound, cleanTrials } from "./bound.ts";
import { keepsTo, sampleKeepsTo } from "./compare.ts";
import { baselinesOf, uncountedOf } from "./counted/uncounted.ts";
import { UNITS } from "./derivation.ts";
import { bearsWaived, limitsOf, metricsOf, type Policy } from "./policy.ts";
import type { GateText, LimitText, PolicyText } from "./policy-shape.ts";
import { compareRationals, decimalText, type Rational, rationalOf, scaled } from "./rational.ts";

/** Something about a policy that its author should know. An error is one that no evidence can mend. */
export interface LintFinding {
  readonly level: "error" | "warning" | "info";
  readonly code: Code | null;
  readonly gate: string;
  /** Null where it holds whatever the profile. */
  readonly profile: string | null;
  readonly message: string;
}

/**
 * Looks for gates that nothing could pass, or nothing at their own smallest sample (`GATE_UNSATISFIABLE`: errors), and that nothing
 * could fail, or whose waivers could never count; says how many clean trials each bound needs, which limits nobody knows before there is
 * evidence, and what counting does not answer.
 */
export function lintPolicy(policy: Policy): readonly LintFinding[] {
  const { text, metrics } = policy;
  const profiles = Object.entries(text.profiles);
  const settings: readonly (readonly [string | null, Params])[] =
    profiles.length === 0
      ? [[null, text.params]]
      : profiles.map(([name, { params }]) => [name, { ...text.params, ...params }]);
  return text.gates.flatMap((gate) => {
    const isRatio = metricsOf(gate).every((id) => metrics.get(id)?.text.kind === "ratio");
    const isCount = metricsOf(gate).every((id) => metrics.get(id)?.text.kind === "count");
    const found = settings.flatMap(([profile, params]) =>
      worstLimits(gate, params).flatMap((limit) =>
        [...(isRatio ? ratioFindings(gate, limit) : isCount ? countFindings(gate, limit) : [])].map((finding) => ({
          ...finding,
          gate: gate.id,
          profile,
        })),
      ),
    );
    return [...sameForAll(found, settings.length), ...waivableFindings(gate, text), ...unsaidFindings(gate, policy)];
  });
}

/** Why nothing is to be judged by a policy: `GATE_UNSATISFIABLE` of each gate that its author has to mend first. */
export const unsatisfiable = (policy: Policy): readonly Refusal[] =>
  lintPolicy(policy)
    .filter(({ level }) => level === "error")
    .map(({ gate, message }) => ({ code: "GATE_UNSATISFIABLE", message: `${gate} ${message}` }));

/** What is not known before there is evidence, and what makes much of it too much. */
function unsaidFindings(gate: GateText, policy: Policy): readonly LintFinding[] {
  const info = (message: string): LintFinding => ({ level: "info", code: null, gate: gate.id, profile: null, message });
  // Only units are counted where they are; whatever else evidence is, it is read.
  const uncounted = policy.text.derive.fn === UNITS.fn ? uncountedOf(policy, gate) : [];
  return [
    ...baselinesOf(gate).map((id) => info(`its limit is what \`${id}\` comes to: nothing says before what can pass`)),
    ...(uncounted.length === 0
      ? []
      : [info(`is judged on rows alone: counting does not answer ${uncounted.join(", ")}`)]),
  ];
}

/** A gate that says it may be waived, and never can be. */
function waivableFindings({ id, waivable, severity = "critical" }: GateText, { profiles }: PolicyText) {
  const isCritical = (typeof severity === "object" ? severity.FAIL : severity) === "critical";
  const isBorne = Object.values(profiles).some(bearsWaived);
  const warning = (message: string): LintFinding => ({
    level: "warning",
    code: null,
    gate: id,
    profile: null,
    message,
  });
  return [
    ...(waivable && isCritical ? [warning("is waivable and fails as critical, which no waiver covers")] : []),
    ...(waivable && !isBorne
      ? [warning("is waivable, and no profile has both `budget.waived` and `conditions` for it")]
      : []),
  ];
}

type Params = { readonly [name: string]: number | string };
type Found = Pick<LintFinding, "level" | "code" | "message">;

/** What holds in every profile is said once, of none. */
function sameForAll(found: readonly LintFinding[], profiles: number): readonly LintFinding[] {
  const once = new Map<string, LintFinding[]>();
  for (const finding of found) once.set(finding.message, [...(once.get(finding.message) ?? []), finding]);
  return [...once.values()].flatMap((same) => {
    const [first] = same;
    return first !== undefined && same.length === profiles ? [{ ...first, profile: null }] : same;
  });
}

/** The limit that decides whether the gate fails: of stages, the mildest that fails. */
function worstLimits(gate: GateText, params: Params): readonly Rational[] {
  const stated =
    gate.stages === undefined
      ? limitsOf(gate).map(({ limit }) => limit)
      : [gate.stages.soft_fail ?? gate.stages.hard_fail];
  return stated.flatMap((limit) => {
    const known = limit === undefined ? null : knownLimit(limit, params);
    return known === null ? [] : [known];
  });
}

function knownLimit(limit: LimitText, params: Params): Rational | null {
  if (typeof limit !== "object") return rationalOf(limit);
  if ("metric" in limit) return null;
  const value = params[limit.param];
  return value === undefined ? null : scaled(rationalOf(value), rationalOf(limit.times), rationalOf(limit.plus));
}

function ratioFindings(gate: GateText, limit: Rational): readonly Found[] {
  const { op, bound, sample_min, triggers } = gate;
  const [none, all] = [rationalOf(0), rationalOf(1)];
  const shown = decimalText(limit, 6);
  const isPassable =
    bound === undefined
      ? keepsTo(op, none, limit) || keepsTo(op, all, limit) || isBetween(limit)
      : isReachable(bound, op, limit);
  if (!isPassable)
    return [{ level: "error", code: "GATE_UNSATISFIABLE", message: `no sample has a rate ${op} ${shown}` }];
  const isFailable = triggers.length > 0 || !(keepsTo(op, none, limit) && keepsTo(op, all, limit));
  const unfailable: readonly Found[] = isFailable
    ? []
    : [{ level: "warning", code: null, message: `every rate is ${op} ${shown}: it can only lack evidence` }];
  return [...unfailable, ...(bound === undefined ? [] : trialFindings(bound, op, limit, sample_min))];
}

const isBetween = (limit: Rational): boolean =>
  compareRationals(limit, rationalOf(0)) > 0n && compareRationals(limit, rationalOf(1)) < 0n;

/** A bound never reaches the end that it would have to: below 1 from below, above 0 from above. */
const isReachable = (bound: Bound, op: GateText["op"], limit: Rational): boolean => {
  const most = 10_000_000;
  return sampleKeepsTo({ op, bound }, { good: op === ">=" ? most : 0, valid: most }, limit);
};

function trialFindings(bound: Bound, op: GateText["op"], limit: Rational, sampleMin: number): readonly Found[] {
  const target =
    op === ">=" ? limit : { numerator: limit.denominator - limit.numerator, denominator: limit.denominator };
  const trials = bound.in_doubt === "pass" ? null : cleanTrials(bound, target);
  if (trials === null) return [];
  const needed = `needs ${trials} trials without a ${op === ">=" ? "failure" : "hit"}`;
  return sampleMin > 0 && sampleMin < trials
    ? [
        {
          level: "error",
          code: "GATE_UNSATISFIABLE",
          message: `cannot pass at its smallest sample of ${sampleMin}: ${needed}`,
        },
      ]
    : [{ level: "info", code: null, message: needed }];
}

function countFindings({ op, floor, triggers }: GateText, limit: Rational): readonly Found[] {
  const none = rationalOf(0);
  if (floor !== undefined)
    return compareRationals(limit, none) > 0n
      ? []
      : [{ level: "warning", code: null, message: "every count reaches it" }];
  const isAnyOver = op === ">=" || op === ">";
  const isPassable = isAnyOver || compareRationals(limit, none) > 0n || keepsTo(op, none, limit);
  if (!isPassable)
    return [{ level: "error", code: "GATE_UNSATISFIABLE", message: `no count is ${op} ${decimalText(limit, 6)}` }];
  const isFailable = triggers.length > 0 || !isAnyOver || !keepsTo(op, none, limit);
  return isFailable ? [] : [{ level: "warning", code: null, message: `every count is ${op} ${decimalText(limit, 6)}` }];
}
