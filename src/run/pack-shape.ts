import { valid as isSemVer } from "semver";
import { z } from "zod";
import { isJson, isJsonObject, type Json, type JsonObject } from "../contracts/index.ts";
import { contractOf } from "../guard/index.ts";
import { LOOP_MARKS_MAX } from "./fold.ts";
import { MANIFEST_SHAPE } from "./manifest-shape.ts";
import { isMappingValue } from "./mapping.ts";
import { COMPENSATION, MAIN } from "./state.ts";

/** Shapes of a pack as it is written. What the compile checks judge (CC-01 to CC-04) is left open here, so that they can. */
const json = z.custom<Json>(isJson, "must be JSON");
const jsonObject = z.custom<JsonObject>((value) => isJson(value) && isJsonObject(value), "must be an object");
const text = z.string();
const name = text.min(1, "must not be empty");
const names = z.array(text).readonly();
const seconds = z.number().positive("must be greater than zero");
const attempts = z.int().min(1, "must be at least 1");

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const semVer = text.refine((value) => isSemVer(value) === value, "must be a semantic version such as 1.0.0");

const mapping = z
  .record(text, json.refine(isMappingValue, "is not a path such as `$.order.items[0]`; write `$$.` for a literal"))
  .readonly();

/** Names that no condition reaches. What a step `__proto__` gives, and that it ran, would be kept nowhere. */
const UNREACHABLE: readonly string[] = ["__proto__", "prototype", "constructor"];

/** A name that conditions can address: `$.name`. */
const reserved = (...taken: readonly string[]) =>
  text
    .regex(IDENTIFIER, "must be letters, digits and `_`, not beginning with a digit")
    .refine((value) => !UNREACHABLE.includes(value), "must be a name that conditions can address")
    .refine((value) => !taken.includes(value), `must not be ${taken.map((word) => `\`${word}\``).join(" or ")}`);

const stepId = reserved("trigger", "run", MAIN, COMPENSATION);
const outputKey = reserved("trigger", "run");

const retryPolicy = z.strictObject({
  max_attempts: attempts.default(3),
  base_delay_seconds: z.number().nonnegative("must not be negative").default(1),
  max_delay_seconds: z.number().nonnegative("must not be negative").default(60),
  backoff_multiplier: z.number().min(1, "must be at least 1").default(2),
  jitter: z.boolean().default(true),
  retryable_errors: names,
});

const compensation = z.strictObject({
  tool_name: name,
  tool_input_mapping: mapping.default({}),
  compensation_order: z.int("must be an integer"),
  idempotent: z.boolean().default(true),
  max_attempts: attempts.default(3),
  on_compensation_failure: z.enum(["ALERT", "ESCALATE", "ABORT"]).default("ESCALATE"),
});

const waitCondition = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("WEBHOOK"), event_type: name, entity_id: json.exactOptional() }),
  z.strictObject({
    type: z.literal("POLL"),
    poll_tool: name,
    poll_input_mapping: mapping.exactOptional(),
    poll_interval_seconds: z.number().min(1, "must be at least 1"),
    poll_condition: text,
  }),
  z.strictObject({ type: z.literal("TIMER"), duration_seconds: seconds }),
  z.strictObject({ type: z.literal("MANUAL") }),
]);

/** Every field of every kind of step; which kind needs and allows which is CC-01's business. */
const step = z.strictObject({
  id: stepId,
  type: z.enum(["TOOL", "BRANCH", "PARALLEL", "WAIT", "COMPENSATION", "START_RUN", "AGENT"]),
  tool_name: name.exactOptional(),
  tool_version: semVer.exactOptional(),
  tool_input_mapping: mapping.exactOptional(),
  output_key: outputKey.exactOptional(),
  retry_policy: retryPolicy.readonly().exactOptional(),
  compensation: compensation.readonly().exactOptional(),
  hitl_required: z.boolean().exactOptional(),
  hitl_condition: text.exactOptional(),
  condition: text.exactOptional(),
  if_true: text.nullable().exactOptional(),
  if_false: text.nullable().exactOptional(),
  parallel_steps: names.exactOptional(),
  join_policy: z.enum(["ALL", "ANY", "N_OF_M"]).exactOptional(),
  join_n: z.int("must be an integer").exactOptional(),
  parallel_compensation_strategy: z.enum(["COMPENSATE_SUCCEEDED", "REVERSE_ALL", "MANUAL"]).exactOptional(),
  async_failure_policy: z.enum(["IGNORE", "COMPENSATE_ALL", "COMPENSATE_FAILED"]).exactOptional(),
  wait_for: waitCondition.exactOptional(),
  wait_timeout_seconds: z.number().exactOptional(),
  on_timeout: text.exactOptional(),
  workflow: name.exactOptional(),
  graph: name.exactOptional(),
  manifest: MANIFEST_SHAPE.exactOptional(),
  input_mapping: mapping.exactOptional(),
  next_step: text.exactOptional(),
  on_failure: text.exactOptional(),
  compensate: z.boolean().exactOptional(),
});

const trigger = z.strictObject({
  kind: z.enum(["WEBHOOK", "EVENT", "SCHEDULE", "MANUAL"]),
  source: name.exactOptional(),
  event_type: name.exactOptional(),
  cron: name.exactOptional(),
  timezone: name.exactOptional(),
  input_schema: jsonObject,
});

const workflow = z.strictObject({
  id: name,
  name: name,
  trigger: trigger.readonly(),
  steps: z.array(z.preprocess(withoutNulls, step.readonly())).min(1, "needs at least one step").readonly(),
  pass_criteria: text,
  allowed_failure_modes: names.default([]),
  timeout_seconds: z.number().default(300),
  max_total_retries: z.int().min(0).exactOptional(),
});

const tool = z
  .strictObject({
    name,
    version: semVer,
    side_effect_level: z.enum(["READ", "SOFT_WRITE", "HARD_WRITE", "FINANCIAL"]),
    input_schema: jsonObject,
    output_schema: jsonObject,
    timeout_seconds: z.number(),
    operation: name.exactOptional(),
    dependency: text.nullable().exactOptional(),
    rate_limit_rpm: attempts.nullable().exactOptional(),
    idempotency_key_template: text.nullable().exactOptional(),
    external_idempotency_header: text.nullable().exactOptional(),
    external_idempotency_template: text.nullable().exactOptional(),
    key_reuse_window_hours: z.number().nonnegative("must not be negative").exactOptional(),
    sensitive_input_fields: names.exactOptional(),
    sensitive_output_fields: names.exactOptional(),
    trace_allowlist_input: names.nullable().exactOptional(),
    trace_allowlist_output: names.nullable().exactOptional(),
    settle_ms: z.number().nonnegative("must not be negative").exactOptional(),
    confirm_within_seconds: seconds.exactOptional(),
    duplicates_harmless: z.boolean().exactOptional(),
  })
  .transform(contractOf)
  .readonly();

const scope = z.strictObject({
  tool_name: text,
  allowed_operations: names,
  principals: names.default([]),
  data_cap_bytes: z.int().positive("must be greater than zero").nullable().default(null),
  network_allowlist: names
    .nullable()
    .default([])
    .transform((hosts) => hosts ?? []),
});

const loop = z.strictObject({
  window: attempts.max(LOOP_MARKS_MAX, `must be at most ${LOOP_MARKS_MAX}`).default(20),
  max_sequence_length: attempts.default(5),
  repeat_threshold: z.int().min(2, "must be at least 2").default(3),
  per_tool: z.record(text, z.int().min(2, "must be at least 2")).readonly().default({}),
});

const bounds = z.strictObject({
  max_steps_per_run: z.number().default(50),
  max_time_seconds: z.number().default(300),
  max_tokens_per_run: z.number().default(50_000),
  max_tool_calls_per_run: z.number().default(100),
  max_tool_calls_per_type: z.record(text, z.number()).readonly().default({}),
  loop: loop.readonly().prefault({}),
});

const approvalRule = z.strictObject({
  trigger: text,
  condition: text.nullable().default(null),
  timeout_seconds: z.number().default(3600),
  timeout_action: z.enum(["FAIL", "ESCALATE", "AUTO_APPROVE"]),
  approval_channel: text,
  required_approvers: z.number().default(1),
  escalation_chain: names
    .nullable()
    .default([])
    .transform((chain) => chain ?? []),
  authorized_approvers: names.default([]),
});

export const PACK_SHAPE = z
  .strictObject({
    id: name,
    name: name,
    version: semVer,
    /** Set where the pack is a tenant's own extension: what it applies follows the beta of extensions. */
    track: z.enum(["light", "heavy"]).exactOptional(),
    state: z.enum(["DRAFT", "VALIDATING", "SHADOW", "ACTIVE", "PAUSED", "SUNSET"]).default("DRAFT"),
    workflows: z.array(workflow.readonly()).readonly(),
    tools: z.record(text, tool).readonly(),
    scopes: z.record(text, scope.readonly()).readonly().default({}),
    bounds: bounds.readonly().nullable().default(null),
    hitl_rules: z.record(text, approvalRule.readonly()).readonly().default({}),
    eval_suite_ref: text,
  })
  .readonly();

/** A well-formed pack that the compile checks have not seen yet: steps may lack what their kind needs. */
export type DraftPack = z.infer<typeof PACK_SHAPE>;
export type DraftWorkflow = DraftPack["workflows"][number];
export type DraftStep = DraftWorkflow["steps"][number];

/** A pack as its author writes it: what has a default may be left out. */
export type DeclaredPack = z.input<typeof PACK_SHAPE>;

/** `next_step: null` says what leaving it out says; only the edges of a BRANCH mean something by null. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, member]) => member !== null || key === "if_true" || key === "if_false",
  );
  return Object.fromEntries(kept);
}
