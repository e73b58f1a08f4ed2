import { z } from "zod";
import { ARTIFACT_HASH, hashProblems } from "./artifact-hash.ts";
import type { Problem } from "./problem.ts";
import { severityOfCode } from "./reason-codes.ts";
import { isPlaceholder, TRACE_REF } from "./trace.ts";

export const RUN_ID = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{2,127}$/, "3 to 128 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or a digit");
const TASK_ID = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "1 to 128 letters, digits, `.`, `_` and `-`");

/** What became of a task. Workers add members of their own. */
const RESULT = z.looseObject({
  task_id: TASK_ID,
  status: z.enum(["PASS", "FAIL", "BLOCKED"]),
  /** Null is written by old workers, and means that there is none. */
  reason_code: z
    .string()
    .nullish()
    .transform((code) => code ?? null),
  risk_score_hint: z.int().min(0).max(100).optional(),
});

/** What the command that verifies a run came to. */
const VERIFY = z.strictObject({
  /** Null where it did not run. */
  exit_code: z.int().nullable(),
  /** Whether it was left out as a whole. */
  skipped: z.boolean().default(false),
  /** How many of its checks it left out. */
  skips: z.int().nonnegative().default(0),
  output: z.string().default(""),
});

/** Everything that a gate looks at, as one document that does not change. */
export const GATE_INPUT = z.strictObject({
  version: z.string(),
  run_id: RUN_ID,
  /** What is judged: a task, or the run as a whole. */
  task_id: z.string().min(1).default("wave-gate"),
  telemetry_ref: TRACE_REF.optional(),
  queue: z.array(TASK_ID),
  results: z.array(RESULT),
  verify: VERIFY.nullish().transform((verify) => verify ?? null),
  evidence: z.array(ARTIFACT_HASH),
});
export type GateInputDocument = z.infer<typeof GATE_INPUT>;

/** This version of the contracts, and the one before it, which is still read. */
export const CONTRACT_VERSION = "0.2.0";
const VERSIONS: readonly string[] = [CONTRACT_VERSION, "0.1.0"];

/** Everything that makes the document no evidence. */
export const inputProblems = (input: GateInputDocument): readonly Problem[] => [
  ...versionProblems("gate.input", input.version),
  ...repeated(input.queue).map((task) => problem("PLAN.DUPLICATE_TASK", task, "it is queued twice")),
  ...repeated(input.results.map(({ task_id }) => task_id)).map((task) =>
    problem("STATE.AMBIGUOUS", task, "it has several results"),
  ),
  ...input.results.flatMap(resultProblems),
  ...hashProblems(input.evidence),
  ...(input.telemetry_ref !== undefined && isPlaceholder(input.telemetry_ref)
    ? [problem("EVIDENCE.TRACE_REF_MISSING", "telemetry_ref", "zeros are no trace")]
    : []),
];

export const versionProblems = (about: string, version: string): readonly Problem[] =>
  VERSIONS.includes(version)
    ? []
    : [problem("CONTRACT.VERSION_UNSUPPORTED", about, `version ${version} is none of ${VERSIONS.join(" and ")}`)];

const problem = (code: string, about: string, detail: string): Problem => ({ code, about, detail });

function resultProblems({ task_id, status, reason_code }: GateInputDocument["results"][number]): readonly Problem[] {
  if (status === "PASS" && reason_code !== null)
    return [problem("CONTRACT.SCHEMA_INVALID", task_id, "it passed and states a reason code")];
  if (status !== "PASS" && reason_code === null)
    return [problem("CONTRACT.SCHEMA_INVALID", task_id, "it did not pass and states no reason code")];
  return reason_code === null ? [] : codeProblems(task_id, reason_code);
}

/** A code that nobody declared says nothing. */
export const codeProblems = (about: string, code: string): readonly Problem[] =>
  severityOfCode(code) === undefined
    ? [problem("CONTRACT.UNKNOWN_REASON_CODE", about, `\`${code}\` is in no catalogue`)]
    : [];

const repeated = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, index) => names.indexOf(name) < index)),
];
