import type { JsonObject } from "../contracts/index.ts";

/** READ changes nothing; SOFT_WRITE is easily corrected; HARD_WRITE commits outside; FINANCIAL moves money. */
export type SideEffectLevel = "READ" | "SOFT_WRITE" | "HARD_WRITE" | "FINANCIAL";

/** Declared isolation of a worker or need of a tool, weakest first. */
export type SandboxTier = "STANDARD" | "HARDENED" | "VM";

/** What a tool promises and what holds for every call of it. Wire form; field meanings in the reference of packs. */
export interface ToolContract {
  readonly name: string;
  readonly version: string;
  readonly side_effect_level: SideEffectLevel;
  readonly input_schema: JsonObject;
  readonly output_schema: JsonObject;
  /** Seconds, > 0; the handler is aborted then. */
  readonly timeout_seconds: number;
  /** Operation checked against the scope; defaults to the tool's name. */
  readonly operation: string;
  /** Circuit breaker id and credential service, such as `stripe`; null for a tool that calls nobody. */
  readonly dependency: string | null;
  /** Calls a minute per tenant and tool; null is unlimited. */
  readonly rate_limit_rpm: number | null;
  readonly idempotency_key_template: string | null;
  readonly external_idempotency_header: string | null;
  readonly external_idempotency_template: string | null;
  /** Hours in which the provider honours a reused key; a same-key retry is only made inside it. */
  readonly key_reuse_window_hours: number;
  readonly sensitive_input_fields: readonly string[];
  readonly sensitive_output_fields: readonly string[];
  readonly trace_allowlist_input: readonly string[] | null;
  readonly trace_allowlist_output: readonly string[] | null;
  /** A negative look-up proves nothing before this many milliseconds after the intent. */
  readonly settle_ms: number;
  /** Seconds within which a claimed receipt must be confirmed; after that it counts as unknown. */
  readonly confirm_within_seconds: number;
  /** True when doing it twice is harmless (some e-mails): an unknown outcome may then be repeated. */
  readonly duplicates_harmless: boolean;
}

/** What a tool may do, deny by default. */
export interface PermissionScope {
  readonly tool_name: string;
  /** Exact strings; empty denies everything. */
  readonly allowed_operations: readonly string[];
  /** Principals that may call; empty means every principal of the tenant's runs. */
  readonly principals: readonly string[];
  /** Bytes, applied to request and response separately; null is no cap. */
  readonly data_cap_bytes: number | null;
  /** Canonical host names; empty is no network. */
  readonly network_allowlist: readonly string[];
}

/** Caps of one run; reaching one ends it. */
export interface Bounds {
  readonly max_steps_per_run: number;
  readonly max_time_seconds: number;
  readonly max_tokens_per_run: number;
  readonly max_tool_calls_per_run: number;
  readonly max_tool_calls_per_type: { readonly [tool: string]: number };
  readonly loop: LoopSettings;
}

export interface LoopSettings {
  readonly window: number;
  readonly max_sequence_length: number;
  readonly repeat_threshold: number;
  /** Own thresholds per tool name. */
  readonly per_tool: { readonly [tool: string]: number };
}

/** When a person must approve a call of a tool. */
export interface ApprovalRule {
  /** Tool name, or an internal trigger such as `compensation.manual`. */
  readonly trigger: string;
  /** Raw condition over run state plus `$.input`; null is always; an error means approval is required. */
  readonly condition: string | null;
  readonly timeout_seconds: number;
  readonly timeout_action: "FAIL" | "ESCALATE" | "AUTO_APPROVE";
  readonly approval_channel: string;
  /** Distinct people. */
  readonly required_approvers: number;
  /** Levels after the first: each names the principals or groups allowed to decide there. */
  readonly escalation_chain: readonly string[];
  readonly authorized_approvers: readonly string[];
}
