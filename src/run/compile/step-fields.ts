import type { DraftStep } from "../pack-shape.ts";
import { type Finding, finding, type Steps } from "./finding.ts";

type Field = Exclude<keyof DraftStep, "id" | "type">;

/** What each kind of step must and may say, besides `id` and `type`. */
const FIELDS: {
  readonly [kind in DraftStep["type"]]: { readonly must: readonly Field[]; readonly may: readonly Field[] };
} = {
  TOOL: {
    must: ["tool_name"],
    may: [
      "tool_version",
      "tool_input_mapping",
      "output_key",
      "retry_policy",
      "compensation",
      "hitl_required",
      "hitl_condition",
      "next_step",
      "on_failure",
      "compensate",
    ],
  },
  BRANCH: { must: ["condition", "if_true", "if_false"], may: [] },
  PARALLEL: {
    must: ["parallel_steps"],
    may: [
      "join_policy",
      "join_n",
      "parallel_compensation_strategy",
      "async_failure_policy",
      "next_step",
      "on_failure",
      "compensate",
    ],
  },
  WAIT: {
    must: ["wait_for", "wait_timeout_seconds"],
    may: ["on_timeout", "output_key", "next_step", "on_failure", "compensate"],
  },
  COMPENSATION: {
    must: ["tool_name"],
    may: ["tool_version", "tool_input_mapping", "output_key", "hitl_required", "next_step", "on_failure", "compensate"],
  },
  START_RUN: { must: ["workflow"], may: ["input_mapping", "next_step"] },
  AGENT: {
    must: ["graph", "manifest"],
    may: ["input_mapping", "output_key", "retry_policy", "next_step", "on_failure", "compensate"],
  },
};

/** CC-01: fields that the step's kind requires are there, and none of another kind. */
export function checkStepFields(step: DraftStep, path: Steps): readonly Finding[] {
  const { must, may } = FIELDS[step.type];
  const known: readonly string[] = ["id", "type", ...must, ...may];
  return [
    ...must
      .filter((field) => step[field] === undefined)
      .map((field) => required([...path, field], `a ${step.type} step needs \`${field}\``)),
    ...Object.keys(step)
      .filter((field) => !known.includes(field))
      .map((field) => notAllowed([...path, field], `a ${step.type} step has no \`${field}\``)),
    ...(step.type === "PARALLEL" ? checkJoin(step, path) : []),
  ];
}

function checkJoin({ parallel_steps, join_policy, join_n }: DraftStep, path: Steps): readonly Finding[] {
  const at = [...path, "join_n"];
  const branches = parallel_steps?.length ?? 0;
  const findings: Finding[] = [];
  if (parallel_steps !== undefined && branches < 2) {
    findings.push(required([...path, "parallel_steps"], "a PARALLEL step needs at least two branches"));
  }
  if (join_policy !== "N_OF_M") {
    if (join_n !== undefined) findings.push(notAllowed(at, "`join_n` belongs to the join policy N_OF_M"));
  } else if (join_n === undefined) {
    findings.push(required(at, "the join policy N_OF_M needs `join_n`"));
  } else if (join_n < 1 || join_n > branches) {
    findings.push(notAllowed(at, `\`join_n\` must be between 1 and ${branches}, the number of branches`));
  }
  return findings;
}

const required = (path: Steps, message: string): Finding => finding("CC-01", "CC01_FIELD_REQUIRED", path, message);
const notAllowed = (path: Steps, message: string): Finding => finding("CC-01", "CC01_FIELD_NOT_ALLOWED", path, message);
