import { z } from "zod";
import {
  accepted,
  type Code,
  digestOf,
  type FoundError,
  isJson,
  isJsonObject,
  type Json,
  type JsonObject,
  parseFieldPath,
  type Result,
  readShapedText,
  rejected,
  resolvePath,
  type ShapedText,
  type TextKind,
} from "../../contracts/index.ts";

/*
 * A golden case: what is asked of a pack, and how that has to end.
 *
 * C1 A case declares its tier and one tag of each other dimension; a tag that there is not is an error, never ignored.
 * C2 Run `n` of a case takes the n-th of the inputs that `vary` makes, and begins again after the last: runs on one input are
 *    reruns, and one unit of evidence.
 */

/** P0: money or trust hangs on it. P1: the other cases that stop a deploy. P2: a warning. */
export const TIERS = ["P0", "P1", "P2"] as const;
export type Tier = (typeof TIERS)[number];

/** What else a case declares, one tag of each (C1). */
export const DIMENSIONS = {
  environment: ["hygiene", "unit", "integration_internal", "integration_external", "e2e"],
  determinism: ["deterministic", "pseudo_deterministic", "stochastic"],
  oracle: ["oracle_state_change", "oracle_schema", "oracle_semantic", "oracle_statistical"],
  sandbox: ["sandbox_standard", "sandbox_hardened", "sandbox_vm"],
} as const;

const json = z.custom<Json>(isJson, "must be plain JSON");
const object = z.custom<JsonObject>((value) => isJson(value) && isJsonObject(value), "must be an object of plain JSON");
const path = z.string().refine((text) => parseFieldPath(text) !== undefined, "must be a path such as `$.input.guest`");
const said = z.strictObject({ code: z.string().min(1), message: z.string().default("") }).readonly();

/** What a simulated tool says to one call, in the words of handlers; `fault` is a handler that throws. */
const ANSWER = z.union([
  z.strictObject({ output: object }).readonly(),
  z.strictObject({ rejected: said }).readonly(),
  z.strictObject({ not_applied: said }).readonly(),
  z.strictObject({ unknown: said }).readonly(),
  z.strictObject({ fault: z.string().min(1) }).readonly(),
]);

export type SimulatedAnswer = z.infer<typeof ANSWER>;

/** What a model answers to one request, in its provider's own form; `asked` are members that the request has to have. */
const RECORDED = z
  .strictObject({ asked: object.optional(), status: z.int().min(200).max(599).default(200), body: object })
  .readonly();

export type RecordedAnswer = z.infer<typeof RECORDED>;

/** What goes wrong at a simulated provider; the simulators themselves know the fields. */
const FAULT = z.looseObject({ provider: z.enum(["stripe", "shopify", "printful", "sendgrid"]), action: object });

const APPROVAL = z.union([
  z.enum(["APPROVE", "DENY"]).transform((decision) => ({ decision, by: "golden-approver" })),
  z.strictObject({ decision: z.enum(["APPROVE", "DENY"]), by: z.string().min(1) }),
]);

/** What a run that waits is told: of an event; or by a person, at a step that only a person ends. */
const SIGNAL = z.union([
  z
    .strictObject({
      event_type: z.string().min(1),
      entity_id: z.string().min(1).optional(),
      payload: object.default({}),
    })
    .readonly(),
  z.strictObject({ resume: z.string().min(1), payload: object.default({}) }).readonly(),
]);

const CALL = z.strictObject({ tool: z.string().min(1), input: object.optional() }).readonly();

const STATUSES = [
  "SUCCEEDED",
  "FAILED_EXPECTED",
  "FAILED_UNEXPECTED",
  "CANCELLED",
  "SUSPENDED_HITL",
  "SUSPENDED_WAIT",
  "BLOCKED",
] as const;

/** Runs of one case: more than any gate needs of one. */
const RUNS_MAX = 1_000;
const INPUTS_MAX = 10_000;

const SHAPE = z
  .strictObject({
    /** A sentence that says what has to hold. */
    name: z.string().min(1).max(200),
    tier: z.enum(TIERS),
    tags: z.array(z.string()).readonly(),
    workflow: z.string().min(1),
    runs: z.int().min(1).max(RUNS_MAX).default(3),
    /** Who starts the run. */
    by: z.string().min(1).default("golden"),
    /** `input` starts the workflow; `order` has a customer place an order at the shop's simulators first. */
    start: z.strictObject({ input: object.optional(), order: object.optional() }),
    /** Values that take turns, by the path of what they replace in `start`. */
    vary: z.record(path, z.array(json).min(1)).default({}),
    /** What each tool says to its first call, its second and so on; the last answer is repeated. */
    tools: z.record(z.string(), z.array(ANSWER).min(1).readonly()).default({}),
    /** What each model of an agent says to its first request, its second ...; a request too many is answered with 404. */
    models: z.record(z.string(), z.array(RECORDED).min(1).readonly()).default({}),
    faults: z.array(FAULT).readonly().default([]),
    approvals: z.array(APPROVAL).readonly().default([]),
    /** One after the other, each once that the run waits; `$.input` and `{tenant}` stand in them as in `start`. */
    signals: z.array(SIGNAL).readonly().default([]),
    /** Seconds within which the run has to come to its end. */
    within_seconds: z.int().min(1).max(600).default(30),
    expect: z.strictObject({
      status: z.enum(STATUSES),
      code: z.string().nullable().default(null),
      /** The steps at which it waits, where it is to stay there; in any order. */
      waits_at: z.array(z.string().min(1)).min(1).readonly().optional(),
      /** The calls that were made, all of them and in order; of `input` the members that are named. */
      calls: z.array(CALL).readonly().optional(),
      /** Values in the run's document, by path. */
      state: z.record(path, json).default({}),
      /** Tokens that agents may use at most. */
      tokens_max: z.int().nonnegative().optional(),
    }),
  })
  .readonly();

type CaseText = z.infer<typeof SHAPE>;

export interface GoldenCase extends CaseText {
  /** The file's name without its ending. */
  readonly id: string;
}

/** Reads a case. Errors, all of them: SUITE_SYNTAX, SUITE_FIELD_UNKNOWN, SUITE_INVALID, SUITE_TAGS_INVALID. */
export function parseGoldenCase(id: string, source: string): ShapedText<GoldenCase> {
  const read = readShapedText(source, CASE_TEXT);
  return read.ok ? { ok: true, value: { id, ...read.value } } : read;
}

const CASE_TEXT: TextKind<CaseText> = {
  name: "the case",
  shape: SHAPE,
  codes: { syntax: "SUITE_SYNTAX", unknown: "SUITE_FIELD_UNKNOWN", invalid: "SUITE_INVALID" },
  union:
    "is none of the forms that stand here: for an answer, `output`, `rejected`, `not_applied`, `unknown` or `fault`; for a signal, `event_type` or `resume`",
  between: (value) => {
    const shaped = SHAPE.safeParse(value);
    return shaped.success
      ? [...tagErrors(shaped.data.tags), ...startErrors(shaped.data), ...waitErrors(shaped.data.expect)]
      : [];
  },
};

const found = (steps: FoundError["steps"], message: string, code: Code = "SUITE_INVALID"): FoundError => ({
  steps,
  code,
  message,
});

function tagErrors(tags: readonly string[]): readonly FoundError[] {
  const known = Object.values(DIMENSIONS).flat();
  const strange = tags.flatMap((tag, index) =>
    known.some((one) => one === tag)
      ? []
      : [found(["tags", index], `there is no tag \`${tag}\``, "SUITE_TAGS_INVALID")],
  );
  const uneven = Object.entries(DIMENSIONS).flatMap(([dimension, its]) => {
    const given = tags.filter((tag) => its.some((one) => one === tag));
    if (given.length === 1) return [];
    const what = given.length === 0 ? "is missing" : "stands here more than once";
    return [found(["tags"], `the ${dimension} ${what}: one of ${its.join(", ")}`, "SUITE_TAGS_INVALID")];
  });
  return [...strange, ...uneven];
}

function startErrors({ start, vary }: CaseText): readonly FoundError[] {
  if (start.input === undefined && start.order === undefined)
    return [found(["start"], "needs `input`, or an `order` that starts the workflow")];
  const whole = startOf(start);
  const lost = Object.keys(vary).filter((each) => resolvePath(whole, each) === undefined);
  const inputs = Object.values(vary).reduce((product, values) => product * values.length, 1);
  return [
    ...lost.map((each) => found(["vary", each], `\`start\` has no value at \`${each}\` that could be varied`)),
    ...(inputs > INPUTS_MAX ? [found(["vary"], `makes more than ${INPUTS_MAX} inputs`)] : []),
  ];
}

const waitErrors = ({ status, waits_at }: CaseText["expect"]): readonly FoundError[] =>
  waits_at === undefined || status === "SUSPENDED_WAIT"
    ? []
    : [found(["expect", "waits_at"], "is for a run whose `status` is to be SUSPENDED_WAIT")];

const startOf = ({ input, order }: CaseText["start"]): JsonObject => ({
  ...(input === undefined ? {} : { input }),
  ...(order === undefined ? {} : { order }),
});

/** What one run of a case begins with. */
export interface CaseInput {
  readonly start: JsonObject;
  /** Of `start`: runs with one digest are reruns of one input. */
  readonly digest: string;
}

/** How many different inputs a case has. */
export const inputsOf = ({ vary }: Pick<GoldenCase, "vary">): number =>
  Object.values(vary).reduce((product, values) => product * values.length, 1);

/** What run `index`, from 0, begins with (C2). */
export function inputOf({ start, vary }: Pick<GoldenCase, "start" | "vary">, index: number): CaseInput {
  let rest = index % inputsOf({ vary });
  let value: JsonObject = startOf(start);
  for (const [at, values] of Object.entries(vary)) {
    const chosen = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    value = replaced(value, parseFieldPath(at) ?? [], chosen ?? null);
  }
  return { start: value, digest: digestOf(value) };
}

function replaced(value: JsonObject, [step, ...rest]: readonly (string | number)[], chosen: Json): JsonObject {
  if (step === undefined) return value;
  return { ...value, [step]: within(value[step] ?? null, rest, chosen) };
}

function within(value: Json, steps: readonly (string | number)[], chosen: Json): Json {
  const [step] = steps;
  if (step === undefined) return chosen;
  if (Array.isArray(value)) return value.map((one, at) => (at === step ? within(one, steps.slice(1), chosen) : one));
  return isJsonObject(value) ? replaced(value, steps, chosen) : value;
}

/** A value in which texts that are paths, such as `$.input.guest`, are what stands there. Refused: SUITE_INVALID, there is nothing. */
export function filledIn(value: Json, facts: JsonObject): Result<Json> {
  const missing: string[] = [];
  const fill = (part: Json): Json => {
    if (typeof part === "string" && /^\$\.(input|order)\b/.test(part)) {
      const meant = resolvePath(facts, part);
      if (meant === undefined) missing.push(part);
      return meant ?? null;
    }
    if (Array.isArray(part)) return part.map(fill);
    return isJsonObject(part) ? Object.fromEntries(Object.entries(part).map(([name, one]) => [name, fill(one)])) : part;
  };
  const filled = fill(value);
  return missing.length === 0
    ? accepted(filled)
    : rejected({ code: "SUITE_INVALID", message: `there is nothing at \`${missing[0]}\` of this run` });
}
