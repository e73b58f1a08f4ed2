import { assert, type Condition, type Instant } from "../../contracts/index.ts";
import type { Metric, Policy } from "../policy.ts";
import { spanOf, type Window } from "../window.ts";
import { type Answer, answerIn, type Columns, unanswered } from "./answer.ts";
import { ALWAYS, both, type ColumnFact, either, isNever, NEVER, negated, type Predicate } from "./predicate.ts";

/** The columns of each kind of unit that a table has. */
export type Facts = { readonly [kind: string]: { readonly [column: string]: ColumnFact } };

/** Units of which something cannot be said, and how the reason reads: it cannot be read at a column, or it is not known. */
export interface Unsaid {
  readonly where: Predicate;
  readonly column: string | null;
}

/** A metric as questions to a table. */
export interface MetricPlan {
  readonly metric: Metric;
  /** Its reasons are told in this order: those of one list together by their text, every other list after it by the units' ids. */
  readonly unread: readonly Unsaid[];
  readonly unclear: Predicate;
  readonly notApplicable: Predicate;
  /** The units that are counted. */
  readonly counted: Predicate;
  /** Of a ratio: the counted units that are good, and those of which that cannot be said, which are missed too. */
  readonly good: Predicate;
  readonly missed: Predicate;
  readonly undecided: Predicate;
}

export interface PlanGround {
  readonly policy: Policy;
  readonly window: Window | null;
  readonly decidedAt: Instant;
}

/** The questions that a metric comes to, of which counting answers everything. */
export function planOf(metric: Metric, ground: PlanGround, facts: Facts): MetricPlan {
  const { text } = metric;
  const declared = ground.policy.text.rows[text.from] ?? {};
  const known = facts[text.from] ?? {};
  const columns = Object.fromEntries(Object.entries(declared).map(([name, type]) => [name, told(type, known[name])]));
  const span = spanOf(text.window, ground.window, ground.decidedAt);
  const seen = both(
    text.include === "all" ? ALWAYS : { kind: "valid" },
    text.channels === undefined ? ALWAYS : { kind: "channel", among: text.channels },
    span === null ? ALWAYS : { kind: "within", ...span },
  );
  return planned(metric, seen, mistypedIn(declared, known), answersTo(metric, columns));
}

interface Answers {
  readonly where: Answer;
  readonly good: Answer;
  readonly unknown: Answer | null;
  readonly notApplicable: Answer | null;
}

function answersTo({ where, good, unknown, notApplicable }: Metric, columns: Columns): Answers {
  const answered = (condition: Condition | null): Answer => {
    const answer = answerIn(condition, columns);
    assert(answer !== undefined, "counting answers the condition");
    return answer;
  };
  return {
    where: answered(where),
    good: answered(good),
    unknown: unknown === null ? null : answered(unknown),
    notApplicable: notApplicable === null ? null : answered(notApplicable),
  };
}

function planned(metric: Metric, seen: Predicate, mistyped: readonly Unsaid[], answers: Answers): MetricPlan {
  const readable = mistyped.reduce((all, { where }) => both(all, negated(where)), seen);
  const members = both(readable, answers.where.yes);
  const isVoid = answers.notApplicable?.yes ?? NEVER;
  const isUnclear = both(negated(isVoid), answers.unknown?.yes ?? NEVER);
  const counted = both(members, negated(isVoid), negated(isUnclear));
  return {
    metric,
    unread: [
      ...mistyped.map(({ where, column }, index) => ({
        column,
        where: both(seen, ...readableAt(mistyped, index), where),
      })),
      { column: "where", where: both(readable, unanswered(answers.where)) },
    ].filter(({ where }) => !isNever(where)),
    unclear: both(members, isUnclear),
    notApplicable: both(members, isVoid),
    counted,
    good: both(counted, answers.good.yes),
    missed: both(counted, negated(answers.good.yes)),
    undecided: both(counted, unanswered(answers.good)),
  };
}

/** A unit is told of by the first of its columns that is not as it was declared. */
const readableAt = (mistyped: readonly Unsaid[], index: number): readonly Predicate[] =>
  mistyped.slice(0, index).map(({ where }) => negated(where));

const mistypedIn = (declared: Columns, known: Facts[string]): readonly Unsaid[] =>
  Object.entries(declared)
    .map(([column, type]) => ({ column, where: mistyped(column, type, known[column]) }))
    .filter(({ where }) => !isNever(where));

/** Where a column does not hold what was declared, as every unit in memory is looked at. */
function mistyped(column: string, type: string, fact: ColumnFact | undefined): Predicate {
  if (fact === undefined) return ALWAYS;
  const isNull: Predicate = fact.isNullable ? { kind: "null", column } : NEVER;
  const isWrong = fits(type, fact) ? unfit(column, type, fact) : ALWAYS;
  return either(type.endsWith("?") ? NEVER : isNull, both(negated(isNull), isWrong));
}

function fits(type: string, fact: ColumnFact): boolean {
  const name = type.replace("?", "");
  return name === fact.type || (isNumeric(name) && isNumeric(fact.type));
}

const isNumeric = (name: string): boolean => name === "integer" || name === "exact" || name === "number";

function unfit(column: string, type: string, fact: ColumnFact): Predicate {
  if (fact.type === "integer") return negated({ kind: "safe", column });
  if (fact.type === "number" && type.startsWith("integer")) return negated({ kind: "whole", column });
  return fact.type === "number" ? negated({ kind: "finite", column }) : NEVER;
}

/** As conditions may take it: what cannot hold a value of the declared type has none. */
const told = (type: string, fact: ColumnFact | undefined): string =>
  fact === undefined || fits(type, fact) ? type : `${type.replace("?", "")}!`;
