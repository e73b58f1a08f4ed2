/** One governed call: the registry of tools, the ordered guards, and the only edge at which a handler runs. */
export { admit } from "./admit.ts";
export {
  type BreakerConfig,
  type BreakerOutcome,
  breakerAfter,
  breakerConfigOf,
  breakerNow,
  breakerReset,
  breakerVerdict,
} from "./breaker.ts";
export {
  type BreakerChange,
  breakerChanges,
  listBreakers,
  moveBreaker,
  type StoredBreaker,
} from "./breakers/queries.ts";
export * from "./call.ts";
export { type CanaryShare, takesCanary } from "./canary.ts";
export * from "./contract.ts";
export { contractDigest } from "./contract-digest.ts";
export { contractOf, type DeclaredContract, defineAgent, defineTool } from "./define-tool.ts";
export { ConnectionFailed, EgressRefused } from "./egress.ts";
export { ENTITY_ID_ANNOTATION } from "./entity-places.ts";
export type { ApplyHold } from "./hold.ts";
export { isLiveHost, liveCredentialIn, type Recipient, recipientRefusal } from "./hygiene.ts";
export { isOwnRecord, REUSE_WINDOW_MS } from "./idempotency.ts";
export {
  type BindingRow,
  type BoundClaim,
  type BoundClaims,
  type Entrance,
  type Identity,
  insertBinding,
  insertIdentity,
  insertSubjectKey,
  keyHolder,
  knownAs,
  listBindings,
  resolveIdentity,
  revokeBinding,
  subjectKey,
} from "./identities/queries.ts";
export { shortDigest } from "./key.ts";
export { type KeyRow, listKeys, lockKeys, revokeKey } from "./keys/queries.ts";
export { canonicalHost, type NetworkPolicy, networkVerdict } from "./network.ts";
export { type CallNote, type ScannedPart, scannerNotes } from "./note.ts";
export {
  type Failed,
  type LookedUp,
  lookUp,
  type Performed,
  type PerformPorts,
  perform,
  type Succeeded,
} from "./perform.ts";
export { PRINCIPAL_KINDS, type PrincipalKind, ROLES, type Role } from "./principal.ts";
export { contractsFor, type Promoted } from "./promoted.ts";
export * from "./queries.ts";
export { RATE_WINDOW_MS } from "./rate.ts";
export {
  createRegistry,
  EXTERNAL_KEY_PREFIX,
  type RegisteredTool,
  type Registry,
  type RegistryOptions,
} from "./registry.ts";
export { type Resolution, type ResolvedCall, resolveCall } from "./resolve.ts";
export { type SandboxConfiguration, sandboxConfigurationRefusals } from "./sandbox.ts";
export {
  type Receipt,
  refusedTrace,
  type SettleContext,
  type Settlement,
  settle,
  settleReused,
  type TracedInput,
  tracedInput,
  unknownReceipt,
} from "./settle.ts";
export * from "./tenant-secrets.ts";
export * from "./tool.ts";
export * from "./vault.ts";
export type { GuardVerdict } from "./verdict.ts";
