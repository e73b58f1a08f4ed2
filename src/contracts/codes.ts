import { ACCESS_CODES } from "./access-codes.ts";
import { AGENT_CODES } from "./agent-codes.ts";
import { type CodeEntry, entry } from "./code-entry.ts";
import { CONTINUITY_CODES } from "./continuity-codes.ts";
import { OPERATIONS_CODES } from "./operations-codes.ts";
import { RELEASE_CODES } from "./release-codes.ts";

/**
 * Every reason and fault code, once: the HTTP status it maps to, what it means and what to do about it. Codes are API:
 * never reused, never renamed. The reference page is printed from this table.
 */
export const CODES = {
  ...AGENT_CODES,
  ...ACCESS_CODES,
  ...CONTINUITY_CODES,
  ...OPERATIONS_CODES,
  ...RELEASE_CODES,
  // Arguments and contracts (INV-01)
  SCHEMA_PARSE_ERROR: entry(
    400,
    "the text is not I-JSON",
    "send well-formed JSON without duplicate members, lone surrogates or U+0000",
  ),
  SCHEMA_INVALID: entry(400, "the value does not satisfy its schema", "correct the field named in `field_path`"),
  SCHEMA_MISSING: entry(400, "the contract has no schema", "declare input_schema and output_schema"),
  VALUE_NOT_JSON: entry(
    400,
    "the value is not plain JSON within the limits",
    "send null, booleans, finite numbers, well-formed text, arrays and plain objects; large integers as text",
  ),
  SCHEMA_MALFORMED: entry(400, "the schema itself is not valid JSON Schema", "correct the schema at the path given"),
  TOOL_NOT_FOUND: entry(
    404,
    "no tool is registered under this name and version",
    "check name and version against the pack's tools",
  ),
  TOOL_ALREADY_REGISTERED: entry(
    409,
    "this name and version is registered already",
    "register a changed contract under a new version",
  ),
  OUTPUT_SCHEMA_INVALID: entry(
    502,
    "the tool's result does not satisfy its output schema",
    "correct the handler or its contract; the effect may have happened: see the receipt",
  ),
  // Tenancy
  TENANT_CONTEXT_MISSING: entry(403, "no tenant context is set", "authenticate with a key that belongs to a tenant"),
  TENANT_NOT_FOUND: entry(404, "no such tenant", "list tenants, or add it with `countermark tenant add`"),
  CROSS_TENANT_DENIED: entry(
    403,
    "the call names an entity of another tenant",
    "use ids that carry your own tenant's prefix",
  ),
  CROSS_TENANT_ATTEMPT: entry(
    403,
    "a request reached for another tenant's data",
    "review who holds this key; the attempt was recorded",
  ),
  // Permission (INV-02)
  PERMISSION_DENIED: entry(
    403,
    "the scope does not grant this operation",
    "grant it in the pack's scopes, or call what is granted",
  ),
  DATA_CAP_EXCEEDED: entry(
    413,
    "the payload is larger than the scope's data cap",
    "send or request less, or raise data_cap_bytes",
  ),
  NETWORK_DENIED: entry(
    403,
    "the host is not on the tool's network allow-list",
    "list the host in the scope, or call a listed one",
  ),
  LIVE_FORBIDDEN: entry(
    403,
    "a live key or host was used in sandbox mode",
    "use test keys and simulator hosts, or switch mode to live deliberately",
  ),
  RECIPIENT_FORBIDDEN: entry(
    403,
    "the recipient is not a test recipient",
    "use an address at test.example.com in sandbox mode",
  ),
  SANDBOX_TIER_MISMATCH: entry(
    403,
    "the tool needs a stronger isolation tier than this worker gives",
    "run it on a worker of that tier",
  ),
  GUARD_FAILED: entry(
    500,
    "a guard could not decide, so the call did not happen",
    "see the stage and the reason named; please report it",
  ),
  // Bounds (INV-03)
  BOUND_STEPS: entry(
    429,
    "the run would start more steps than max_steps_per_run",
    "raise the bound or shorten the workflow",
  ),
  BOUND_TIME: entry(
    429,
    "the run's active time reached its limit",
    "raise max_time_seconds or timeout_seconds, or make steps faster",
  ),
  BOUND_TOKENS: entry(429, "the run would exceed max_tokens_per_run", "raise the bound or ask for less"),
  BOUND_TOOL_CALLS: entry(429, "the run would exceed max_tool_calls_per_run", "raise the bound or reduce retries"),
  BOUND_TOOL_CALLS_PER_TYPE: entry(
    429,
    "the run would exceed the bound for this tool",
    "raise max_tool_calls_per_type for the tool",
  ),
  LOOP_DETECTED: entry(429, "the same sequence of calls repeated", "change the workflow so that it makes progress"),
  RATE_LIMITED: entry(429, "the tool's rate limit is used up", "try again after the time given"),
  // Trace (INV-04)
  TRACE_WRITE_REJECTED: entry(
    500,
    "a trace entry held what must not be stored; a stub was stored instead",
    "review the tool's redaction annotations",
  ),
  // Idempotency and receipts (INV-05)
  IDEMPOTENT_REPLAY: entry(200, "the stored result of an earlier identical call", "nothing to do"),
  IDEMPOTENCY_IN_PROGRESS: entry(409, "an identical call is in progress", "wait for it, then read its result"),
  IDEMPOTENCY_COLLISION: entry(
    200,
    "one key, two different requests",
    "make the tool's key template cover what distinguishes them",
  ),
  IDEMPOTENCY_KEY_REUSED: entry(
    422,
    "the Idempotency-Key was used with another request",
    "use a fresh key for a different request",
  ),
  EFFECT_UNKNOWN: entry(
    502,
    "it is not known whether the effect happened",
    "look it up at the provider, then settle it with `countermark run resolve`",
  ),
  // State (INV-06)
  STATE_VERSION_CONFLICT: entry(409, "the entity changed in the meantime", "read it again and repeat the change"),
  STATE_PATCH_INVALID: entry(400, "the JSON Patch cannot be applied", "correct the operation named"),
  REPLAY_MISMATCH: entry(500, "the replay differs from the recording", "see the first differing event named"),
  // Approval (INV-07)
  HITL_PENDING: entry(202, "a person has to approve this call", "decide it in the inbox"),
  HITL_DENIED: entry(403, "an approver denied this call", "see the reason; start a new run when it is settled"),
  HITL_TIMEOUT: entry(403, "nobody decided in time", "start again and decide before the expiry"),
  HITL_UNAUTHORIZED: entry(403, "this principal may not decide this approval", "ask one of the authorised approvers"),
  HITL_TOKEN_REPLAY: entry(
    403,
    "the approval token was used already or belongs to another request",
    "open the approval again and use its present token",
  ),
  HITL_CLOSED: entry(
    409,
    "the approval is no longer pending",
    "look at its outcome; start a new run if it is still wanted",
  ),
  HITL_QUEUE_FULL: entry(503, "too many approvals are waiting", "decide some of the waiting approvals"),
  HITL_PREVIEW_MISMATCH: entry(
    409,
    "the preview hash echoed is not that of this approval",
    "open the approval again and decide on what it shows",
  ),
  APPROVAL_NOT_FOUND: entry(404, "no such approval", "list the waiting ones with `countermark inbox`"),
  BASE_DRIFTED: entry(
    409,
    "what the approval was previewed on has changed",
    "start again: the new preview shows the present state",
  ),
  // Evaluation (INV-08)
  GATE_FAILED: entry(403, "the gate says no", "see the failing rows of the decision"),
  GATE_EVIDENCE_MISSING: entry(
    403,
    "the gate has no evidence for this artifact",
    "have what is named made, or mended, for exactly this artifact",
  ),
  GATE_POLICY_SYNTAX: entry(400, "the gate policy is not well-formed YAML", "correct the line and column named"),
  GATE_POLICY_FIELD_UNKNOWN: entry(
    400,
    "the gate policy has a field that does not exist",
    "remove or rename the field",
  ),
  GATE_POLICY_INVALID: entry(400, "a field of the gate policy has the wrong type or value", "correct the field named"),
  GATE_PROFILE_UNKNOWN: entry(400, "the gate policy has no such profile", "name one of the policy's profiles"),
  GATE_DERIVATION_UNKNOWN: entry(
    400,
    "this program has no such function to derive evidence by",
    "use the version of countermark that the policy was written for",
  ),
  GATE_UNSATISFIABLE: entry(
    400,
    "no evidence could ever pass the gate",
    "lower the limit, or ask for a sample that can reach it",
  ),
  PACKET_CORRUPT: entry(
    422,
    "the packet is not what it was when it was made",
    "take it from where it was made; what differs is in the message",
  ),
  DECISION_CORRUPT: entry(
    422,
    "the decision is not what its digest says",
    "take it from where it was recorded, or decide again",
  ),
  GATE_WAIVERS_UNREADABLE: entry(400, "the waiver file is none", "give a file of the contract release_exceptions_v2"),
  GATE_EVIDENCE_TOO_LARGE: entry(
    422,
    "there is more evidence than one evaluation reads",
    "state a shorter window in the policy, or give the units as Parquet: `--evidence units.parquet --at T`",
  ),
  GATE_EVALUATION_NOT_FOUND: entry(404, "no such evaluation", "list the recorded ones with `countermark gate list`"),
  GATE_INPUT_INVALID: entry(400, "these are no counts or no threshold", "give whole numbers, 0 <= good <= valid"),
  // Execution
  TOOL_TIMEOUT: entry(504, "the tool did not answer in time", "see whether the effect happened before trying again"),
  TOOL_ERROR: entry(500, "the tool failed", "see the cause in the step's record"),
  CIRCUIT_OPEN: entry(
    503,
    "the dependency's circuit breaker is open",
    "wait until it half-opens, or mend the dependency",
  ),
  // Runs
  RUN_NOT_FOUND: entry(404, "no such run", "list runs with `countermark run list`"),
  WORKFLOW_NOT_FOUND: entry(
    404,
    "no such workflow in the active packs",
    "list the active packs with `countermark pack list`, or a file's workflows with `countermark check PACK`",
  ),
  INVALID_INPUT: entry(400, "the trigger's payload does not satisfy its schema", "correct the field named"),
  WAIT_TIMEOUT: entry(504, "the awaited event did not come in time", "see why the sender did not send it"),
  RUN_CANCELLED: entry(409, "the run was cancelled", "start a new run if it is still wanted"),
  RUN_CLOSED: entry(409, "the run has ended", "start a new run if it is still wanted"),
  STATE_TRANSITION_ILLEGAL: {
    ...entry(409, "the state cannot go where this would lead", "see where it stands; nothing has changed"),
    aliases: ["STATE.INVALID_TRANSITION", "E_INVALID_TRANSITION", "TX_INVALID_TRANSITION"],
  },
  DEAD_LETTER_NOT_FOUND: entry(404, "no such dead letter", "list them with `countermark deadletter list`"),
  DEAD_LETTER_NOT_REQUEUABLE: entry(
    409,
    "this cannot be taken up again by itself",
    "mend it by hand, then `countermark deadletter resolve`, or discard it",
  ),
  RUN_HELD: entry(409, "a worker has the run now", "ask again when it waits or has ended"),
  WORKFLOW_VERSION_INCOMPATIBLE: {
    ...entry(
      409,
      "the pack's active version would decide what is recorded of the run otherwise",
      "let the run finish on its own version; see the first event that differs",
    ),
    aliases: ["workflow_version_incompatible"],
  },
  COMPENSATION_ABORTED: entry(500, "compensation stopped at a failed compensation", "undo the remaining steps by hand"),
  CONDITION_EVAL_ERROR: entry(
    500,
    "a branch condition could not be evaluated",
    "correct the condition or the data it reads",
  ),
  PASS_CRITERIA_NOT_MET: entry(
    500,
    "the run ended but its pass criteria do not hold",
    "see the final state against the criteria",
  ),
  BUSINESS_PAUSED: entry(409, "the pack is paused and takes no new runs", "resume the pack"),
  CONFIG_NOT_COMPILED: entry(409, "the pack has not passed its compile checks", "run `countermark check PACK`"),
  // Compile checks
  PACK_SYNTAX: entry(400, "the pack is not well-formed YAML", "correct the line and column named"),
  PACK_FIELD_UNKNOWN: entry(400, "the pack has a field that does not exist", "remove or rename the field"),
  PACK_INVALID: entry(400, "a field of the pack has the wrong type or value", "correct the field named"),
  CC01_TOOL_MISSING: entry(
    400,
    "a step uses a tool that the pack does not have",
    "add the tool or correct its name or version",
  ),
  CC01_SCHEMA_INVALID: entry(400, "a tool's schema is not valid", "correct the schema"),
  CC01_COMPENSATION_TOOL_MISSING: entry(
    400,
    "a compensation uses a tool that the pack does not have",
    "add the tool or correct its name",
  ),
  CC01_POLL_TOOL_MISSING: entry(
    400,
    "a poll uses a tool that the pack does not have",
    "add the tool or correct its name",
  ),
  CC01_STEP_REF_MISSING: entry(400, "a step refers to a step that does not exist", "correct the step id"),
  CC01_DUPLICATE_STEP: entry(400, "two steps have one id", "rename one of them"),
  CC01_CYCLE: entry(400, "the step graph has a cycle", "express repetition with retry or POLL"),
  CC01_UNREACHABLE_STEP: entry(400, "a step cannot be reached", "refer to it, or remove it"),
  CC01_FIELD_NOT_ALLOWED: entry(400, "a field of another step kind is present", "remove the field"),
  CC01_FIELD_REQUIRED: entry(400, "a field that this step kind requires is absent", "add the field"),
  CC01_CONDITION_INVALID: entry(400, "a condition does not compile", "correct the condition at the offset named"),
  CC01_COMPENSATION_NOT_IDEMPOTENT: entry(400, "a compensation is declared not idempotent", "make it idempotent"),
  CC01_POLL_TOOL_WRITES: entry(400, "a poll uses a tool that is not READ", "poll with a READ tool"),
  CC01_WORKFLOW_MISSING: entry(
    400,
    "a step starts a workflow that the pack does not have",
    "add the workflow or correct its id",
  ),
  CC01_NESTED_PARALLEL: entry(
    400,
    "a PARALLEL step lies in a branch of another",
    "move it out of the branch, or start a run of another workflow",
  ),
  CC01_SHARED_STEP: entry(
    400,
    "a step lies in two branches, or in a branch and on the main path",
    "give each branch its own steps",
  ),
  CC02_BOUNDS_MISSING: entry(400, "the pack declares no bounds", "declare bounds"),
  CC02_BOUND_NOT_POSITIVE: entry(400, "a bound is not greater than zero", "give a positive number"),
  CC02_TIMEOUT_NOT_POSITIVE: entry(400, "a timeout is not greater than zero", "give a positive number of seconds"),
  CC03_SCOPE_MISSING: entry(400, "a tool has no scope", "add a scope for the tool"),
  CC03_SCOPE_MISMATCH: entry(400, "a scope's tool_name differs from its key", "make them equal"),
  CC03_SCOPE_EMPTY: entry(400, "a scope allows no operation", "list at least one operation"),
  CC03_SCOPE_ORPHAN: entry(200, "a scope names no tool of the pack", "remove it"),
  CC04_RULE_MISSING: entry(400, "a FINANCIAL tool has no approval rule", "add an approval rule for the tool"),
  CC04_AUTO_APPROVE: entry(400, "a FINANCIAL tool may not be approved automatically", "use FAIL or ESCALATE"),
  CC04_ESCALATION_CHAIN_MISSING: entry(400, "ESCALATE without an escalation chain", "list the chain"),
  CC04_CONDITION_FORBIDDEN: entry(
    400,
    "a condition could suppress the approval of a FINANCIAL tool",
    "remove the condition",
  ),
  CC04_RULE_INVALID: entry(400, "the approval rule is not valid", "correct the field named"),
  // Conditions
  COND_SYNTAX: entry(400, "the condition does not follow the grammar", "correct it at the offset named"),
  COND_FUNCTION_NOT_ALLOWED: entry(
    400,
    "the condition calls a function outside the closed list",
    "use len, contains, startswith, endswith, now or duration_seconds",
  ),
  COND_ARITY: entry(400, "wrong number of arguments", "see the function's signature"),
  COND_TYPE: entry(400, "the condition's types do not fit", "compare like with like"),
  COND_PATH_UNKNOWN: entry(400, "the path is not in the state schema", "correct the path"),
  COND_PATH_FORBIDDEN: entry(400, "the path uses a forbidden segment", "remove the segment"),
  COND_LIMIT: entry(400, "the condition is too long, too deep or too large", "simplify it"),
  COND_RUNTIME_TYPE: entry(
    500,
    "a value has the wrong type for the condition",
    "guard against null, or correct the data",
  ),
  COND_RUNTIME_DATETIME: entry(500, "a text is not an RFC 3339 date-time", "correct the data"),
  // Redaction
  PATH_MALFORMED: entry(
    400,
    "an annotation is not a path",
    "write paths like `$.a.b`, `$.items[*].email` or `$.**.token`",
  ),
  REDACTION_SECRET: entry(
    500,
    "a secret was found where none may be stored",
    "mark the field sensitive and rotate the secret",
  ),
  REDACTION_CARD: entry(500, "a card number was found where none may be stored", "mark the field sensitive"),
  REDACTION_SSN: entry(500, "a social security number was found where none may be stored", "mark the field sensitive"),
  // Ledger
  LEDGER_BROKEN: entry(500, "the hash chain does not verify", "see the first broken event; restore it from a backup"),
  ARTIFACT_NOT_FOUND: entry(
    404,
    "no such artifact",
    "check the digest; restore it from a backup, or deny what cannot be shown and ask again",
  ),
  ARTIFACT_ERASED: entry(410, "the artifact was erased", "nothing brings it back; obtain the value again"),
  ARTIFACT_CORRUPT: entry(
    500,
    "the artifact does not match its digest",
    "restore it from a backup, or deny what cannot be shown and ask again",
  ),
  ARTIFACT_UNAVAILABLE: entry(
    503,
    "the artifact store cannot be read or written",
    "see the cause; check disk and rights",
  ),
  SEAL_UNREADABLE: entry(
    410,
    "a sealed value cannot be opened with this key",
    "its key was replaced or destroyed; obtain the value again",
  ),
  RECEIPT_TRANSITION_ILLEGAL: entry(
    409,
    "the receipt cannot go from its present status to this one",
    "weaker evidence never replaces stronger; settle a contradiction by hand",
  ),
  STREAM_NOT_FOUND: entry(404, "no such stream", "list streams with `countermark ledger show`"),
  // Ingress
  SIGNATURE_INVALID: entry(
    401,
    "the webhook's signature does not verify",
    "check the endpoint's secret at the provider",
  ),
  SIGNATURE_MISSING: entry(401, "the webhook has no signature", "configure signing at the provider"),
  SIGNATURE_STALE: entry(
    401,
    "the webhook's signed time is outside the tolerance",
    "check the clocks; ask the provider to send it again",
  ),
  ENDPOINT_NOT_FOUND: entry(404, "no such webhook endpoint", "check the endpoint's address"),
  EVENT_PAYLOAD_MISMATCH: entry(
    200,
    "one event id with two different bodies",
    "look at both deliveries; the later one was not applied",
  ),
  EVENT_UNUSABLE: entry(200, "the event's type or body cannot be used", "see the reason; it stays stored as rejected"),
  EVENT_NOT_USED: entry(200, "events of this type mean nothing here", "nothing to do; it stays stored as rejected"),
  EVENT_QUARANTINED: entry(
    200,
    "a live event reached a sandbox, or a test event a live tenant",
    "point the provider's endpoint at the tenant of the event's mode; it stays stored as rejected",
  ),
  ORDERING_QUEUE_FULL: entry(
    503,
    "too many events wait for their predecessors",
    "send it again later; see why the predecessors do not arrive",
  ),
  BODY_TOO_LARGE: entry(413, "the body is larger than allowed", "send a smaller body"),
  BODY_NOT_UTF8: entry(400, "the body is not UTF-8", "send UTF-8"),
  // Commerce
  ORDER_INVALID: entry(422, "the order cannot be fulfilled as it is", "see the reasons"),
  ORDER_NOT_FOUND: entry(404, "the shop has no such order", "check the order id"),
  TAX_UNAVAILABLE: entry(503, "the tax service did not answer", "try again later"),
  ORDER_CONFLICT: entry(409, "the order changed in the meantime", "read it again"),
  ORDER_NOT_CANCELLABLE: entry(409, "the order cannot be cancelled", "cancel its fulfilment, else refund it"),
  POD_UNAVAILABLE: entry(503, "the fulfilment supplier did not answer", "try again later"),
  POD_REJECTED: entry(422, "the fulfilment supplier rejected the order", "see its reason"),
  FULFILLMENT_NOT_CANCELLABLE: entry(
    409,
    "the fulfilment can no longer be cancelled",
    "open a support case with the supplier",
  ),
  SHIPMENT_NOT_FOUND: entry(404, "there is no shipment for this order", "check the order id"),
  EMAIL_REJECTED: entry(422, "the e-mail provider rejected the message", "see its reason"),
  EMAIL_UNAVAILABLE: entry(503, "the e-mail provider did not answer", "try again later"),
  REFUND_OUTSIDE_POLICY: entry(422, "the refund is outside the shop's policy", "see the reason"),
  PAYMENT_DECLINED: entry(402, "the payment provider declined", "see its reason"),
  ALREADY_REFUNDED: entry(409, "the payment was refunded already", "nothing to do"),
  PAYMENT_PROVIDER_UNAVAILABLE: entry(503, "the payment provider did not answer", "try again later"),
  SHOP_UNAVAILABLE: entry(503, "the shop did not answer", "try again later"),
  PROVIDER_CREDENTIAL_REFUSED: entry(
    502,
    "the provider does not accept our credential",
    "check the tenant's credential for this provider and what it is allowed to do",
  ),
  // Requests and configuration
  NOT_FOUND: entry(404, "there is nothing here", "see the reference for the paths"),
  REQUEST_INVALID: entry(400, "the request does not follow its schema", "correct the field named"),
  CONFIG_INVALID: entry(400, "the configuration is not valid", "correct the option named"),
  USAGE: entry(400, "the command was not understood", "see `countermark --help`"),
  FILE_EXISTS: entry(409, "the file exists already", "choose another name, or remove it yourself"),
  FILE_NOT_FOUND: entry(404, "the file does not exist or cannot be read", "check the path"),
  E_REPORT_FAILED: entry(
    500,
    "the recovery report could not be written",
    "see the cause: it names the file; the report itself is there again for the asking",
  ),
  // The world
  DATABASE_UNAVAILABLE: entry(
    503,
    "the database cannot be reached",
    "check DATABASE_URL, or remove it to use the embedded database; without it, look into `.countermark/postgres.log`",
  ),
  DATABASE_CONFLICT: entry(
    409,
    "the database refused the write: something unique exists already",
    "read what is there, then decide",
  ),
  DATABASE_FAILED: entry(500, "the database refused the statement", "see the cause"),
  SCHEMA_BEHIND: entry(503, "the database's schema is older than this program", "run `countermark migrate up`"),
  SCHEMA_AHEAD: entry(503, "the database's schema is newer than this program", "use the newer program"),
  MIGRATION_CHANGED: entry(500, "an applied migration differs from its file", "restore the released file"),
  EMBEDDED_CORRUPT: entry(
    500,
    "the embedded database's directory is damaged",
    "move it away and start again, or restore a backup",
  ),
  EMBEDDED_UNAVAILABLE: entry(503, "the embedded database cannot be started", "see the cause; or set DATABASE_URL"),
  SCHEDULER_NOT_INSTALLED: entry(
    501,
    "the packages of the chosen scheduler are not installed",
    "run `npm install @temporalio/activity @temporalio/client @temporalio/worker @temporalio/workflow`",
  ),
  SCHEDULER_UNAVAILABLE: entry(
    503,
    "the chosen scheduler cannot be reached",
    "check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or use `--scheduler postgres`; no run is lost meanwhile",
  ),
  PORT_IN_USE: entry(409, "the port is in use", "stop what uses it, or choose another with --port"),
  SERVER_UNREACHABLE: entry(503, "the running server cannot be reached", "start it, or unset COUNTERMARK_URL"),
  INTERNAL: entry(500, "a bug in countermark", "please report it with the stack"),
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

/** The row of a code. */
export const codeEntry = (code: Code): CodeEntry => CODES[code];

/** Whether a text is one of our codes. */
export const isCode = (text: string): text is Code => Object.hasOwn(CODES, text);
