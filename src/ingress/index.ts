/** What providers tell us: verified, stored once, put in order, applied to entities, runs and receipts. */
export { acceptWebhook, WEBHOOK_BODY_BYTES_MAX, type WebhookAnswer, type WebhookDelivery } from "./accept.ts";
export type { Confirmation, EventSource, InternalEvent, NormalisedEvent } from "./normalise/event.ts";
export { EVENT_TYPES, type EventType } from "./normalise/event-type.ts";
export { normalise, type VerifiedDelivery } from "./normalise/normalise.ts";
export { type EntityStanding, ORDERING_TIMEOUT_MS } from "./ordering.ts";
export { type EntityStatus, ORDERING_RULES, type OrderingRule, type OrderingRules } from "./ordering-rules.ts";
export type { IngressPorts } from "./ports.ts";
export { mayMove, PROCESSING_MOVES, type ProcessingStatus } from "./processing-status.ts";
export {
  type EventOutcome,
  intakeCounts,
  listEndpoints,
  type ReconcileRow,
  reconcileQueue,
  type UnsettledRow,
  unsettledEvents,
} from "./queries.ts";
export { APPLIED_WITH_WARNING, BUSINESS_PAUSED, RECEIPT_AWAITED, ROUTED_TO_RECONCILIATION } from "./reason.ts";
export type { WebhookHeaders } from "./signature/claim.ts";
export {
  SIGNATURE_TOLERANCE_MS,
  type SignatureScheme,
  type SignatureVerdict,
  type SignedDelivery,
  verifySignature,
  type WebhookSecrets,
} from "./signature/verify.ts";
export { isProvider, missingSetting, PROVIDERS, type Provider } from "./signing.ts";
export { releaseHeld, type SweepReport } from "./sweep.ts";
