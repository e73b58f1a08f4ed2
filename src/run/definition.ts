import type { Json, JsonObject } from "../contracts/index.ts";
import type { ApprovalRule, Bounds, PermissionScope, ToolContract } from "../guard/index.ts";

/** A business module as it is written: YAML or `definePack`. The spec's BusinessConfig. */
export interface Pack {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Set where it is a tenant's own extension: what it applies follows the beta of extensions. */
  readonly track?: "light" | "heavy";
  readonly state: "DRAFT" | "VALIDATING" | "SHADOW" | "ACTIVE" | "PAUSED" | "SUNSET";
  readonly workflows: readonly WorkflowDefinition[];
  readonly tools: { readonly [name: string]: ToolContract };
  readonly scopes: { readonly [tool: string]: PermissionScope };
  readonly bounds: Bounds;
  readonly hitl_rules: { readonly [tool: string]: ApprovalRule };
  readonly eval_suite_ref: string;
}

export interface WorkflowDefinition {
  readonly id: string;
  readonly name: string;
  readonly trigger: Trigger;
  readonly steps: readonly StepDefinition[];
  /** Condition over the final run document; true is SUCCESS. */
  readonly pass_criteria: string;
  /** Codes that make a failed run an EXPECTED_FAILURE. */
  readonly allowed_failure_modes: readonly string[];
  /** Active seconds; default 300. */
  readonly timeout_seconds: number;
  /** Retries of all its steps together; default 10. */
  readonly max_total_retries?: number;
}

export interface Trigger {
  readonly kind: "WEBHOOK" | "EVENT" | "SCHEDULE" | "MANUAL";
  readonly source?: string;
  readonly event_type?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly input_schema: JsonObject;
}

export interface RetryPolicy {
  readonly max_attempts: number;
  readonly base_delay_seconds: number;
  readonly max_delay_seconds: number;
  readonly backoff_multiplier: number;
  readonly jitter: boolean;
  readonly retryable_errors: readonly string[];
}

export interface CompensationDefinition {
  readonly tool_name: string;
  readonly tool_input_mapping: Mapping;
  /** Higher values are compensated first; ties: latest completed first. */
  readonly compensation_order: number;
  readonly idempotent: boolean;
  readonly max_attempts: number;
  readonly on_compensation_failure: "ALERT" | "ESCALATE" | "ABORT";
}

/** Parameter name to value: `$.` strings are paths, `$$` strings literals with one `$` removed, all else literal. */
export type Mapping = { readonly [parameter: string]: Json };

export type StepDefinition =
  | ToolStep
  | BranchStep
  | ParallelStep
  | WaitStep
  | CompensationStep
  | StartRunStep
  | AgentStep;

interface Named {
  readonly id: string;
}

interface FailureEdge {
  /** After a final failure (and its compensation) the run goes on here, and still ends with the failure's code. */
  readonly on_failure?: string;
  /** False: a final failure of this step undoes nothing. Default true. */
  readonly compensate?: boolean;
}

export interface ToolStep extends Named, FailureEdge {
  readonly type: "TOOL";
  readonly tool_name: string;
  readonly tool_version?: string;
  readonly tool_input_mapping?: Mapping;
  readonly output_key?: string;
  readonly retry_policy?: RetryPolicy;
  readonly compensation?: CompensationDefinition;
  readonly hitl_required?: boolean;
  readonly hitl_condition?: string;
  readonly next_step?: string;
}

export interface BranchStep extends Named {
  readonly type: "BRANCH";
  readonly condition: string;
  /** Step id, or null to end this path. */
  readonly if_true: string | null;
  readonly if_false: string | null;
}

export interface ParallelStep extends Named, FailureEdge {
  readonly type: "PARALLEL";
  readonly parallel_steps: readonly string[];
  readonly join_policy?: "ALL" | "ANY" | "N_OF_M";
  readonly join_n?: number;
  readonly parallel_compensation_strategy?: "COMPENSATE_SUCCEEDED" | "REVERSE_ALL" | "MANUAL";
  readonly async_failure_policy?: "IGNORE" | "COMPENSATE_ALL" | "COMPENSATE_FAILED";
  readonly next_step?: string;
}

export interface WaitStep extends Named, FailureEdge {
  readonly type: "WAIT";
  readonly wait_for: WaitCondition;
  readonly wait_timeout_seconds: number;
  readonly on_timeout?: string;
  readonly output_key?: string;
  readonly next_step?: string;
}

export type WaitCondition =
  | { readonly type: "WEBHOOK"; readonly event_type: string; readonly entity_id?: Json }
  | {
      readonly type: "POLL";
      readonly poll_tool: string;
      readonly poll_input_mapping?: Mapping;
      readonly poll_interval_seconds: number;
      readonly poll_condition: string;
    }
  | { readonly type: "TIMER"; readonly duration_seconds: number }
  | { readonly type: "MANUAL" };

export interface CompensationStep extends Named, FailureEdge {
  readonly type: "COMPENSATION";
  readonly tool_name: string;
  readonly tool_version?: string;
  readonly tool_input_mapping?: Mapping;
  readonly output_key?: string;
  readonly hitl_required?: boolean;
  readonly next_step?: string;
}

/** Starts another workflow of the pack and does not wait for it. */
export interface StartRunStep extends Named {
  readonly type: "START_RUN";
  readonly workflow: string;
  readonly input_mapping?: Mapping;
  readonly next_step?: string;
}

/** Runs the LangGraph.js graph that is registered as the tool `graph`, within what its manifest allows. */
export interface AgentStep extends Named, FailureEdge {
  readonly type: "AGENT";
  readonly graph: string;
  readonly manifest: GraphManifest;
  readonly input_mapping?: Mapping;
  readonly output_key?: string;
  readonly retry_policy?: RetryPolicy;
  readonly next_step?: string;
}

/** What a graph may do. A node or tool that is not named here is denied. */
export interface GraphManifest {
  readonly graph_id: string;
  readonly version: string;
  /** SHA-256 of the module that exports the graph; null takes whatever is registered under the version. */
  readonly code_digest: string | null;
  readonly nodes: readonly GraphNode[];
  /** Supersteps of one invocation. */
  readonly recursion_limit: number;
  /** Model providers that its nodes reach, each with the tenant's credential for it. */
  readonly models: readonly GraphModel[];
  /** True: a denied interrupt is told to the graph. False: the step fails with it. */
  readonly handles_rejection: boolean;
}

export interface GraphNode {
  readonly name: string;
  readonly kind: "pure" | "model" | "tool" | "approval";
  /** READ and SOFT_WRITE tools are called at once; any other is only proposed, for a step of its own. */
  readonly tools_allowed: readonly string[];
  /** Seconds that one execution of the node may take; null is bounded by the step's own time-out alone. */
  readonly timeout_seconds: number | null;
}

export interface GraphModel {
  /** The credential with which and the place where it is reached. */
  readonly service: string;
  /** The origin that the provider's client names. */
  readonly origin: string;
  readonly header: "authorization" | "x-api-key";
  /** Environment variable that the provider's client wants a key in; it is given a placeholder. */
  readonly key_variable: string | null;
  /** Pinned prices, by the name under which a request asks for a model; where they are given, no other model is asked. */
  readonly prices?: { readonly [model: string]: GraphPrice };
}

/** Micro-USD for a million tokens. */
export interface GraphPrice {
  readonly input: number;
  readonly output: number;
}
