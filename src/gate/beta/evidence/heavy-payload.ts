import { z } from "zod";
import { attemptNo, digest, id, moment, VIOLATION, word } from "./vocabulary.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const importResult = z.object({
  envelope: z.discriminatedUnion("ok", [
    z.object({
      ok: z.literal(true),
      code: z.literal("imported"),
      moduleId: word,
      moduleVersion: word,
      replaced: z.boolean(),
    }),
    z.object({
      ok: z.literal(false),
      code: word,
      path: z.string(),
      message: z.string(),
      detail: z.record(z.string(), scalar).optional(),
    }),
  ]),
  inputHash: digest,
  corpusLabel: z.enum(["valid", "invalid", "none"]),
});

/** As it was declared: whether an action says all that it has to is a measurement, not a rule of reading. */
export const actionGraph = z.object({
  actionGraphVersion: z.literal("1.0"),
  moduleId: word,
  moduleVersion: word,
  actions: z.array(z.looseObject({ id })),
});

const DECISIONS: { readonly [eventName: string]: readonly string[] } = {
  "capability.escalation.requested": ["requested"],
  "capability.escalation.approved": ["approved"],
  "capability.escalation.denied": ["denied", "timeout"],
  "capability.check.rejected": ["rejected"],
  "capability.rollback.executed": ["rejected"],
  "capability.rollback.failed": ["rejected"],
};

export const capabilityEvent = z
  .object({
    eventId: id,
    eventName: z.enum([
      "capability.escalation.requested",
      "capability.escalation.approved",
      "capability.escalation.denied",
      "capability.check.rejected",
      "capability.rollback.executed",
      "capability.rollback.failed",
    ]),
    timestampUtc: moment,
    moduleId: word,
    moduleVersion: word,
    capabilityId: word,
    actionId: word.nullable(),
    transactionId: id.nullable(),
    attemptNo: attemptNo.nullable(),
    decision: z.enum(["requested", "approved", "denied", "timeout", "rejected"]),
    decisionReasonCode: word,
    approverIdentity: word.nullable(),
    approverRole: word.nullable(),
    grantScope: z.enum(["session", "persistent", "none"]),
    grantVersion: word,
    rollbackOutcome: z.enum(["rolled_back", "rollback_failed"]).nullable(),
  })
  .refine(({ eventName, decision }) => DECISIONS[eventName]?.includes(decision), "the decision is not the event's")
  .refine(
    ({ transactionId, attemptNo }) => (transactionId === null) === (attemptNo === null),
    "an attempt is a transaction and a number",
  );

export const policyViolation = capabilityEvent.refine(
  ({ decisionReasonCode }) => decisionReasonCode === VIOLATION,
  "the event is no violation",
);

export type ImportResult = z.infer<typeof importResult>;
export type ActionGraph = z.infer<typeof actionGraph>;
export type DeclaredAction = ActionGraph["actions"][number];
export type CapabilityEvent = z.infer<typeof capabilityEvent>;
