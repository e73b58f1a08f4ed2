import type { Code, Refusal } from "../../contracts/index.ts";
import type { Environment } from "./environment.ts";
import type { JudgedGate, Readiness, ReadinessRow } from "./judged-gates.ts";

/** Why a condition is not asked of a promotion. */
export interface NotAsked {
  readonly notAsked: string;
}

export const notAsked = (why: string): NotAsked => ({ notAsked: why });

interface ReadinessFacts {
  readonly to: Environment;
  readonly gates: readonly JudgedGate[];
}

type Found = Refusal | NotAsked | null;

/** Whether what is stored of the decisions that a promotion rests on is what was recorded. */
export function gateContractProblem({ gates }: Pick<ReadinessFacts, "gates">): Found {
  if (gates.length === 0) return notAsked("no decision about it is recorded");
  const broken = gates.find(({ problem }) => problem !== null);
  return broken === undefined
    ? null
    : no("RELEASE_GATE_CONTRACT_VALID", `policy \`${broken.policy_id}\`: ${broken.problem ?? ""}`);
}

/** Whether the release gate could read the report on what is ready to be promoted. */
export const readinessContractProblem = (facts: ReadinessFacts): Found =>
  each(facts, ({ present }) => rowProblem("PROMOTION_READINESS_CONTRACT_VALID", present));

/** Whether that report says that the way is ready. */
export const readinessStatusProblem = (facts: ReadinessFacts): Found =>
  each(facts, ({ ready }) => rowProblem("PROMOTION_READINESS_STATUS_PASSED", ready));

/**
 * Whether the release gate decided about this way. A decision for no environment knows that the way to staging is ready, and of prod only
 * what needs no people.
 */
export const readinessTargetProblem = (facts: ReadinessFacts): Found =>
  each(facts, ({ target }) => {
    if (target === facts.to || (target === null && facts.to === "staging")) return null;
    const about = target === null ? "no environment" : target;
    return no("PROMOTION_READINESS_ALLOWS_TARGET_ENV", `the release gate decided for ${about}, not for ${facts.to}`);
  });

/** The first problem of any release gate; dev asks for none, and a bundle that pins none is asked for none. */
function each({ to, gates }: ReadinessFacts, problemOf: (readiness: Readiness) => Found): Found {
  if (to === "dev") return notAsked("dev asks for no release gate");
  const asked = gates.flatMap(({ readiness }) => (readiness === null ? [] : [readiness]));
  if (asked.length === 0) return notAsked("no release gate decided about it");
  return asked.map(problemOf).find((found) => found !== null) ?? null;
}

function rowProblem(code: Code, row: ReadinessRow): Found {
  if (row === null) return no(code, "the release gate did not ask for it");
  return row.status === "PASS" ? null : no(code, [row.status, ...row.reasons].join(": "));
}

const no = (code: Code, message: string): Refusal => ({ code, message });
