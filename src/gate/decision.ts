import { z } from "zod";
import { accepted, type Digest, type Json, parseDigest, type Result, rejected } from "../contracts/index.ts";
import { digestOfLong } from "./long-text.ts";

const digest = z.string().transform((text, context): Digest => {
  const parsed = parseDigest(text);
  if (parsed !== undefined) return parsed;
  context.addIssue("is no SHA-256 in lower case");
  return z.NEVER;
});
const count = z.int().nonnegative();
const ids = z.array(z.string()).readonly();
const status = z.enum(["PASS", "FAIL", "UNKNOWN", "INSUFFICIENT"]);

/** One change that would let a row pass, of those that are enough alone. Counts are the smallest that are. */
const flip = z.discriminatedUnion("change", [
  z.strictObject({ change: z.enum(["add_good", "add", "make_good", "take_away", "make_readable"]), count }).readonly(),
  z.strictObject({ change: z.literal("reach"), value: z.string() }).readonly(),
  z.strictObject({ change: z.literal("complete_source"), source: z.string() }).readonly(),
  z.strictObject({ change: z.literal("clear_trigger"), metric: z.string(), count }).readonly(),
]);

const gateRow = z
  .strictObject({
    id: z.string(),
    title: z.string().nullable(),
    group: z.string().nullable(),
    metric: z.string(),
    status,
    /** By its status; or not, because a waiver covers it, another gate excuses it, or the profile leaves it out. */
    standing: z.enum(["counts", "waived", "excused", "excluded"]),
    /** Null where it passes without a word. */
    severity: z.enum(["critical", "high", "medium", "low"]).nullable(),
    stage: z.enum(["ok", "warn", "soft_fail", "hard_fail"]).nullable(),
    waivable: z.boolean(),
    /** A fraction such as `59/60`, or null where nothing could be measured. */
    value: z.string().nullable(),
    /** The value as a decimal, cut off after six places. */
    shown: z.string().nullable(),
    sample: count,
    sample_min: count,
    /** The end of the interval that is compared, where there is one, to six places. */
    bound: z.string().nullable(),
    /** The comparison as it is made, such as `>= 0.95 (wilson, 0.95 two-sided)`. */
    rule: z.string(),
    /** Metrics of triggers that fired, with how often. */
    triggers: z.array(z.strictObject({ metric: z.string(), count }).readonly()).readonly(),
    reasons: z.array(z.string()).readonly(),
    /** How many rows of evidence kept it from passing, and the first thousand of their ids, sorted. */
    failing: z.strictObject({ count, rows: ids }).readonly(),
    flip: z.array(flip).readonly(),
    code: z.string().nullable(),
    remedy: z.string(),
    waiver: z.string().nullable(),
  })
  .readonly();

const source = z
  .strictObject({ state: z.enum(["complete", "incomplete", "unreadable"]), detail: z.string() })
  .readonly();

const waiver = z
  .strictObject({
    waiver: z.string(),
    gate: z.string(),
    approved_by: z.array(z.string()).readonly(),
    reason: z.string(),
    expires_at: z.string(),
    severity: z.enum(["critical", "high", "medium", "low"]).nullable(),
  })
  .readonly();

/** A decision as a document: in `snake_case`, and with its digest over everything else. */
const decision = z
  .strictObject({
    schema: z.literal("countermark.decision.v1"),
    policy: z.strictObject({ id: z.string(), version: z.string(), digest }).readonly(),
    profile: z.string().nullable(),
    decided_at: z.string(),
    valid_until: z.string(),
    window: z.strictObject({ start: z.string(), end: z.string(), cutoff: z.string() }).readonly().nullable(),
    evidence: z
      .strictObject({
        digest,
        derived_by: z.strictObject({ fn: z.string(), version: z.int().positive() }).readonly(),
        sources: z.record(z.string(), source).readonly(),
        /** How many units there are of each kind. */
        units: z.record(z.string(), count).readonly(),
        /** Which units of a ledger were counted where they are; `gate recount` tells whether a ledger has exactly these. */
        ledger: z
          .strictObject({
            since: z.string().nullable(),
            until: z.string(),
            pack_digest: z.string().nullable(),
            marks: z.record(z.string(), z.string()).readonly(),
          })
          .readonly()
          .optional(),
      })
      .readonly(),
    gates: z.array(gateRow).readonly(),
    groups: z.array(z.strictObject({ id: z.string(), title: z.string(), status }).readonly()).readonly(),
    waivers: z
      .strictObject({
        /** Of the file that they came in; null where there was none. */
        digest: digest.nullable(),
        applied: z.array(waiver).readonly(),
        rejected: z
          .array(z.strictObject({ waiver: z.string(), code: z.string(), detail: z.string() }).readonly())
          .readonly(),
      })
      .readonly(),
    /** Rows that count and do not pass, by severity, and those that are waived. */
    spent: z.strictObject({ critical: count, high: count, medium: count, low: count, waived: count }).readonly(),
    verdict: z.enum(["GO", "NO-GO"]),
    /** Rows that a GO goes on in spite of, or that a NO-GO would have borne. */
    conditions: ids,
    /** Rows over the budget. Empty where the verdict is GO. */
    blocked_by: ids,
    /** Of a NO-GO: whether something failed, or is only missing, unknown or too little. */
    cause: z.enum(["failed", "missing"]).nullable(),
    digest,
  })
  .readonly();

export type GateStatus = z.infer<typeof status>;
export type Flip = z.infer<typeof flip>;
/** One row of a decision: a gate, or one value of a gate with `each`. */
export type GateRow = z.infer<typeof gateRow>;
export type Standing = GateRow["standing"];
export type Stage = NonNullable<GateRow["stage"]>;
/** What was decided, by which policy, on what. It names everything that it depends on, and nothing else changes it. */
export type Decision = z.infer<typeof decision>;

/** The decision with its digest. */
export const sealed = (document: Omit<Decision, "digest">): Decision => ({
  ...document,
  digest: digestWithout(document),
});

/** Reads a decision that was written somewhere. Refused with `DECISION_CORRUPT` where it is none, or not what its digest says. */
export function parseDecision(value: Json): Result<Decision> {
  const parsed = decision.safeParse(value);
  if (!parsed.success) return rejected({ code: "DECISION_CORRUPT", message: "this is no decision" });
  const { digest: stated, ...document } = parsed.data;
  return digestWithout(document) === stated
    ? accepted(parsed.data)
    : rejected({ code: "DECISION_CORRUPT", message: "the decision's digest is not that of its contents" });
}

/** Members that are not there are left out: a digest is taken over JSON. With all the rows it names it may outgrow a document. */
const digestWithout = (document: Omit<Decision, "digest">): Digest =>
  digestOfLong(JSON.parse(JSON.stringify(document)));
