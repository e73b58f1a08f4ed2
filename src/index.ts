/**
 * Countermark as a library: write packs and tools in TypeScript, open an installation, serve its API, run a worker. What is
 * exported here is a promise; everything else may change.
 */
export {
  activatePack,
  addEndpoint,
  addKey,
  addTenant,
  createApp,
  type Installation,
  type InstallationOptions,
  openInstallation,
  serve,
  setCredential,
} from "./api/index.ts";
export { CODES, type Code, type Json, type JsonObject, type Refusal, systemHost } from "./contracts/index.ts";
export {
  type CallContext,
  defineAgent,
  defineTool,
  type EffectProof,
  type LookupOutcome,
  type Tool,
  type ToolContract,
  type ToolHandler,
  type ToolOutcome,
  type ToolResult,
} from "./guard/index.ts";
export {
  type CompiledPack,
  compilePack,
  definePack,
  type Pack,
  parsePack,
  type WorkflowDefinition,
} from "./run/index.ts";
export type { ConnectionOptions } from "./store/index.ts";
export {
  CONTINUITY_POLICY,
  type GrantedLease,
  type HandoffPackage,
  type HandoffRequest,
  handOver,
  heartbeatLease,
  type LeaseClaim,
  type LeasePolicy,
  type LeaseProfile,
  type LeaseRecord,
  type LeaseRequest,
  type NamedSuccessor,
  registerLease,
  releaseLease,
  renewLease,
  type TakeoverOutcome,
  type TakeoverRequest,
  takeOver,
  type Worker,
} from "./worker/index.ts";
