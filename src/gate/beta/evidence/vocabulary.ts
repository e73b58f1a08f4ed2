import { z } from "zod";
import { type Instant, parseDigest, parseInstant } from "../../../contracts/index.ts";

/** Who writes evidence: intents, adaptation, imports, capabilities, action graphs, transactions, the console's modes. */
export const SOURCES = ["T251", "T252", "T253", "T254", "T255", "T256", "T257"] as const;
export const KINDS = [
  "light_dryrun",
  "light_diff",
  "light_adaptation",
  "light_correction",
  "import_result",
  "action_graph",
  "capability_audit",
  "policy_violation",
  "tx_transition",
  "apply_attempt",
  "rollback",
  "mode_context",
] as const;
export const TRACKS = ["light", "heavy"] as const;
export const TARGETS = ["web", "tablet", "mobile"] as const;
export const EVENT_CLASSES = ["capability_reject_after_partial_apply", "planned_drill", "operator_request"] as const;
export const OUTCOMES = [
  "policy_violation_expected",
  "rolled_back_expected",
  "approval_reject_expected",
  "import_ok_expected",
  "import_reject_expected",
  "adaptation_ok_expected",
  "correction_exhausted_expected",
] as const;

export type Source = (typeof SOURCES)[number];
export type Kind = (typeof KINDS)[number];
export type Track = (typeof TRACKS)[number];
export type Target = (typeof TARGETS)[number];
export type EventClass = (typeof EVENT_CLASSES)[number];
export type ExpectedOutcome = (typeof OUTCOMES)[number];

/** The code of a refused check by which an action overstepped its capabilities while it ran. */
export const VIOLATION = "capability-policy-violation";

const ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/;

/** An instant as evidence writes it: UTC, in seconds or milliseconds. */
export const instantOf = (text: string): Instant | undefined => (UTC.test(text) ? parseInstant(text) : undefined);

export const word = z.string().min(1);
export const id = z.string().regex(new RegExp(`^${ID}$`));
/** A transaction and the number of its attempt. */
export const eventKey = z.string().regex(new RegExp(`^${ID}:[1-9]\\d{0,8}$`));
export const count = z.int().nonnegative();
export const attemptNo = z.int().positive();
export const track = z.enum(TRACKS);
export const digest = z.string().refine((text) => parseDigest(text) !== undefined, "64 lower-case hex digits");
export const moment = z.string().transform((text, context): Instant => {
  const at = instantOf(text);
  if (at !== undefined) return at;
  context.addIssue({ code: "custom", message: "an instant in UTC" });
  return z.NEVER;
});
