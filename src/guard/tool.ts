import type { Clock, Instant, Json, JsonObject, Money } from "../contracts/index.ts";
import type { ToolContract } from "./contract.ts";

/** A contract and what carries it out. */
export interface Tool {
  readonly contract: ToolContract;
  readonly handler: ToolHandler;
  /** Asks the provider whether an earlier, unanswered call took effect; absent where the provider cannot say. */
  readonly lookup?: ToolLookup;
  /** The LangGraph.js graph that answers, where this is an agent: it runs as an AGENT step and nowhere else. */
  readonly graph?: GraphSource;
}

/** Where a graph's code is. The module is loaded in a process of its own, never in a worker's. */
export interface GraphSource {
  /** `file:` URL of a module that this Node can load. */
  readonly module: string;
  /** Name of the export: a graph, compiled or not, or a function of `{ tools }` that gives one. */
  readonly exportName: string;
  /** What the model is told of each injected tool, by name. */
  readonly describe: { readonly [tool: string]: string };
}

export type ToolHandler = (input: JsonObject, context: CallContext) => Promise<ToolOutcome>;

export type ToolLookup = (input: JsonObject, context: CallContext) => Promise<LookupOutcome>;

/**
 * What became of one attempt. `rejected`: the provider said no and nothing happened. `not_applied`: refused before it was
 * executed, another attempt may succeed. `unknown`: it may have been executed. Never a boolean.
 */
export type ToolOutcome =
  | { readonly kind: "applied"; readonly result: ToolResult }
  | { readonly kind: "rejected"; readonly code: string; readonly message: string; readonly details?: JsonObject }
  | { readonly kind: "not_applied"; readonly code: string; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: "unknown"; readonly code: string; readonly message: string };

export type LookupOutcome =
  | { readonly kind: "found"; readonly result: ToolResult }
  | { readonly kind: "absent" }
  | { readonly kind: "unclear"; readonly message: string };

export interface ToolResult {
  /** Validated against `output_schema` before anything sees it. */
  readonly output: JsonObject;
  /** The provider's own proof of a side effect. */
  readonly proof?: EffectProof;
  /** Changes of the tenant's entities that follow from the effect. */
  readonly entities?: readonly EntityChange[];
}

export interface EffectProof {
  readonly provider: string;
  readonly transactionId: string;
  readonly requestId: string | null;
  /** What was moved: a FINANCIAL tool names it, or its effect is unknown until a person has looked. */
  readonly amount?: Money;
}

/** New members of one entity's state; the kernel turns it into a versioned RFC 6902 patch. */
export interface EntityChange {
  readonly entityType: string;
  readonly entityId: string;
  readonly set: JsonObject;
}

/** Tokens and money that a handler spent on models or priced calls. */
export interface Usage {
  readonly model: string | null;
  readonly tokens: number;
  readonly costMicros: number;
}

/** Where and with which secret a dependency is reached, for the call's tenant. Only host and key differ between modes. */
export interface Credential {
  readonly service: string;
  readonly origin: string;
  readonly secret: string;
  readonly settings: { readonly [name: string]: string };
}

/** All that a handler may touch. It has no other way to the network, to time, to another tool. */
export interface CallContext {
  readonly tenantId: string;
  readonly runId: string;
  readonly stepId: string;
  readonly correlationId: string;
  readonly attempt: number;
  readonly internalKey: string | null;
  /** Sent to the provider as its idempotency key; equal for all attempts of one logical call. */
  readonly externalKey: string | null;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly runStartedAt: Instant;
  /** Leaves only through the allow-list, capped, without redirects; in sandbox mode to simulator origins only. */
  readonly fetch: typeof fetch;
  readonly credential: (service: string) => Credential;
  readonly usage: (usage: Usage) => void;
  /** Calls another tool under that tool's own scope. */
  readonly invoke: (tool: string, input: Json) => Promise<ToolOutcome>;
  /** Reads an entity of the own tenant; null when there is none. */
  readonly entity: (
    entityType: string,
    entityId: string,
  ) => Promise<{ readonly version: number; readonly state: JsonObject } | null>;
  /** Opens a sealed reference; values opened never enter state. */
  readonly open: (value: Json) => Promise<Json>;
}
