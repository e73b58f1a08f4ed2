import { z } from "zod";
import { CONFIDENCES } from "./bound.ts";
import { parseRational } from "./rational.ts";

/**
 * The shape of a gate policy as it is written in YAML. `z.toJSONSchema` of it is the published schema. What refers to what
 * (metrics to kinds, gates to metrics, conditions to columns) is `compilePolicy`'s to check.
 */
const id = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.:-]*$/, "letters, digits and `_.:-`, beginning with a letter")
  .max(120);
const text = z.string().min(1).max(500);
const condition = z.string().min(1).max(4096);
const seconds = z.int().nonnegative();
const digits = z.union([z.number(), z.string()]).refine((value) => parseRational(value) !== undefined, {
  message: "a decimal such as 0.95, or a fraction such as 19/20",
});

const limit = z.union([
  digits,
  /** A parameter of the policy, which profiles may set, times and plus something. */
  z.strictObject({ param: id, times: digits.default(1), plus: digits.default(0) }),
  /** Another metric's value, times and plus something: a baseline. */
  z.strictObject({ metric: id, times: digits.default(1), plus: digits.default(0) }),
]);

/** A `datetime` is text in RFC 3339 form, which conditions compare with `now()` and by `duration_seconds`. */
const column = z
  .string()
  .regex(
    /^(string|integer|number|boolean|datetime)\??$/,
    "string, integer, number, boolean or datetime, with a `?` where it may be null",
  );

const settle = z.union([seconds, z.strictObject({ fact: id })]).default(0);
const window = z.discriminatedUnion("kind", [
  /** The seconds that end `settle_seconds` before the decision. */
  z.strictObject({ kind: z.literal("rolling"), length_seconds: z.int().positive(), settle_seconds: settle }),
  /** The last day, week (from Monday) or month, in UTC, that ended at least `settle_seconds` before the decision. */
  z.strictObject({ kind: z.literal("calendar"), unit: z.enum(["day", "week", "month"]), settle_seconds: settle }),
]);

const metricBase = {
  id,
  title: text.optional(),
  /** The kind of unit that is measured. */
  from: id,
  where: condition.optional(),
  /** The column that names the gate that a unit is for: each gate that asks sees its own units only. */
  by_gate: id.optional(),
  /** Units that cannot be told: they leave the metric unknown. */
  unknown: condition.optional(),
  /** Units that say that the question does not arise: where there are no others, the row is left out. */
  not_applicable: condition.optional(),
  /** The column that says in words why a unit is as it is. */
  tell: id.optional(),
  /**
   * `population`: begun within the policy's window. `outcome`: from its beginning to the decision. `all`: whenever. A length: the
   * seconds before the decision.
   */
  window: z
    .union([z.enum(["population", "outcome", "all"]), z.strictObject({ length_seconds: z.int().positive() })])
    .optional(),
  channels: z
    .array(z.enum(["prod_traffic", "controlled_fixture", "ci"]))
    .min(1)
    .optional(),
  include: z.enum(["valid", "all"]).default("valid"),
  /** The column whose different values are what is counted; units are counted themselves without one. */
  distinct: id.optional(),
};

const metric = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("count"), ...metricBase }),
  z.strictObject({
    kind: z.literal("ratio"),
    ...metricBase,
    good: condition,
    /** How several units with one distinct value become one: all of them good, one of them, or the first or last of them. */
    fold: z.enum(["every", "any", "first", "last"]).default("every"),
  }),
  z.strictObject({
    kind: z.literal("value"),
    ...metricBase,
    column: id,
    fold: z.enum(["only", "first", "last"]).default("only"),
  }),
  /** The nearest-rank quantile. */
  z.strictObject({ kind: z.literal("quantile"), ...metricBase, column: id, q: digits }),
]);

const severity = z.enum(["critical", "high", "medium", "low"]);
const status = z.enum(["FAIL", "UNKNOWN", "INSUFFICIENT"]);
/** One severity, or one by status. */
const severities = z.union([severity, z.strictObject({ FAIL: severity, UNKNOWN: severity, INSUFFICIENT: severity })]);

const gate = z.strictObject({
  id,
  title: text.optional(),
  group: id.optional(),
  /** One metric, or several: the gate is breached where `any` of them, or only where `all` of them, miss the limit. */
  metric: z.union([id, z.array(id).min(1)]),
  breach: z.enum(["any", "all"]).default("any"),
  /** One row a different value of this column, named `id:value`. */
  each: id.optional(),
  op: z.enum([">=", ">", "<=", "<", "=="]).default(">="),
  limit: limit.optional(),
  /** Limits by stage: `warn` passes, `soft_fail` and `hard_fail` fail. */
  stages: z
    .strictObject({ warn: limit.optional(), soft_fail: limit.optional(), hard_fail: limit.optional() })
    .optional(),
  /** The least that a count has to reach; below it there is too little to judge by. */
  floor: limit.optional(),
  bound: z
    .strictObject({
      method: z.enum(["wilson", "clopper_pearson"]),
      confidence: z.literal(CONFIDENCES),
      side: z.enum(["one", "two"]),
      /** A limit within the interval: `fail` passes only what is shown to keep to it, `pass` fails only what is shown to miss it. */
      in_doubt: z.enum(["fail", "pass"]).optional(),
    })
    .optional(),
  /** A smaller sample is INSUFFICIENT. */
  sample_min: z.int().nonnegative().default(0),
  /** Counts that fail the gate where they are not zero, whatever else holds. */
  triggers: z.array(id).default([]),
  /**
   * Sources that have to be complete; all of the policy's and of the evidence's where this does not stand. Of a gate with `each`, a
   * row needs its own part of a source, `source:value`, where there are parts.
   */
  needs: z.array(id).optional(),
  severity: severities.optional(),
  waivable: z.boolean().default(false),
  /** Another gate that, passed, excuses these statuses of this one. */
  excused_by: z.strictObject({ gate: id, statuses: z.array(status).min(1) }).optional(),
  code: z.string().optional(),
  remedy: text,
});

const profile = z.strictObject({
  params: z.record(id, digits).default({}),
  /** Severities of gates that are others under this profile. */
  severities: z.record(id, severities).default({}),
  /** How many rows of a severity may miss, and how many may be waived. Critical ones never may; low ones never count. */
  budget: z
    .strictObject({ high: z.int().nonnegative(), medium: z.int().nonnegative(), waived: z.int().nonnegative() })
    .partial()
    .default({}),
  /** Whether a GO may have conditions: none, waived rows only, or any within the budget. */
  conditions: z.enum(["none", "waived_only", "any"]).default("none"),
  /** Gates that do not apply. `name:*` is every row of a gate with `each`. */
  excluded: z.array(z.string()).default([]),
});

const approvals = z.int().positive();
const ttl = z.int().positive();
const waivers = z.strictObject({
  /** Distinct people of the roster, none of them the requester, who have to approve one. */
  approvals,
  /** From its creation to its end. */
  ttl_seconds: ttl,
  /** The most that follow each other for one gate without a gap. */
  consecutive_max: z.int().positive(),
  /** The most seconds waived within so many before a waiver's end. */
  waived_seconds_max: z.int().positive(),
  waived_seconds_within: z.int().positive(),
  /** What is asked besides, of waivers whose scope has one of these environments, or whose gate is one of these. */
  rules: z
    .array(
      z.strictObject({
        environments: z.array(id).default([]),
        gates: z.array(id).default([]),
        approvals: approvals.optional(),
        /** The role that one of the approvers has. */
        role: id.optional(),
        ttl_seconds: ttl.optional(),
      }),
    )
    .default([]),
});

export const POLICY_SHAPE = z.strictObject({
  id,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, "such as 1.0.0"),
  engine: z.literal(1),
  title: text.optional(),
  /** `decide` gives a verdict; `report` only shows where things stand. */
  purpose: z.enum(["decide", "report"]).default("decide"),
  /** How evidence becomes units: a function that comes with Countermark, and its version. */
  derive: z.strictObject({ fn: id, version: z.int().positive() }),
  /** Columns of each kind of unit. */
  rows: z.record(id, z.record(id, column)),
  sources: z.array(id).default([]),
  params: z.record(id, digits).default({}),
  window: window.optional(),
  metrics: z.array(metric).min(1),
  gates: z.array(gate).min(1),
  groups: z.array(z.strictObject({ id, title: text })).default([]),
  waivers: waivers.optional(),
  profiles: z.record(id, profile).default({}),
  /** How long a GO may be acted on. */
  validity_seconds: z.int().positive(),
  /** The document that `--json` prints. */
  export: z
    .enum([
      "core",
      "signoff.report.v1",
      "slo.reports.v1",
      "release_readiness_gate_v2",
      "release_readiness_gate_v1",
      "gate.decision",
      "promotion.decision",
      "gate_artifact.v1",
    ])
    .default("core"),
});

export type PolicyText = z.infer<typeof POLICY_SHAPE>;
export type MetricText = PolicyText["metrics"][number];
export type GateText = PolicyText["gates"][number];
export type LimitText = z.infer<typeof limit>;
export type ProfileText = z.infer<typeof profile>;
export type WaiverRules = z.infer<typeof waivers>;
export type GateSeverity = z.infer<typeof severity>;
