/** How grave a reason code is. A critical one blocks a promotion whatever else holds. */
export type CodeSeverity = "INFO" | "WARN" | "ERROR" | "CRITICAL";

/** The reason codes that results, gates and promotions may carry. Any other is `CONTRACT.UNKNOWN_REASON_CODE`. */
const CATALOGUE: { readonly [severity in CodeSeverity]: readonly string[] } = {
  INFO: ["EXEC.CANCELED", "POLICY.OVERRIDE_USED", "TRANSIENT.FIRST_ATTEMPT"],
  WARN: [
    "POLICY.CIRCUIT_OPEN",
    "POLICY.LOW_CONFIDENCE",
    "POLICY.NEEDS_HUMAN",
    "POLICY.RISK_THRESHOLD",
    "SLO.RETRY_STORM",
    "STATE.LOCK_CONFLICT",
    "TRANSIENT.NETWORK",
    "TRANSIENT.TIMEOUT",
  ],
  ERROR: [
    "CONTRACT.PIN_DRIFT",
    "CONTRACT.SCHEMA_INVALID",
    "CONTRACT.UNKNOWN_REASON_CODE",
    "CONTRACT.VERSION_UNSUPPORTED",
    "DLQ.EXHAUSTED",
    "EVENT.DUPLICATE_CONFLICT",
    "EVENT.LOG_CORRUPT",
    "EVENT.LOG_TRUNCATED",
    "EVENT.SEQUENCE_GAP",
    "EVIDENCE.MISSING",
    "EVIDENCE.STALE",
    "EVIDENCE.TRACE_REF_MISSING",
    "EXEC.ENTRYPOINT_MISSING",
    "EXEC.NONZERO_EXIT",
    "EXEC.TIMEOUT",
    "INFRA.CLOCK_SKEW",
    "INFRA.STORAGE_WRITE",
    "INFRA.WORKER_LOST",
    "PLAN.DEPENDENCY_CYCLE",
    "PLAN.DUPLICATE_TASK",
    "PLAN.EMPTY",
    "PLAN.FORBIDDEN_KEY",
    "PLAN.UNKNOWN_DEPENDENCY",
    "POLICY.BUDGET_EXHAUSTED",
    "POLICY.SCOPE_VIOLATION",
    "POLICY.TOOL_NOT_ALLOWED",
    "RELEASE.BRANCH_UNPROTECTED",
    "RELEASE.CANARY_FAILED",
    "RELEASE.CHECK_MISSING",
    "RELEASE.ROLLED_BACK",
    "SECURITY.FORBIDDEN",
    "SECURITY.UNAUTHENTICATED",
    "SLO.ERROR_BUDGET_EXHAUSTED",
    "SLO.FAIL_RATIO",
    "STATE.AMBIGUOUS",
    "STATE.DEPENDENCY_FAILED",
    "STATE.RUN_ID_REUSED",
    "STATE.STALE_WRITER",
    "VERIFY.SKIPPED",
    "VERIFY.TEST_FAILURE",
  ],
  CRITICAL: [
    "EVIDENCE.HASH_MISMATCH",
    "REPLAY.DIVERGENCE",
    "SECURITY.ABSOLUTE_PATH",
    "SECURITY.DEPENDENCY_NOT_ALLOWED",
    "SECURITY.PATH_ESCAPE",
    "SECURITY.PATH_TRAVERSAL",
    "SECURITY.SECRET_LEAK",
  ],
};

/** A family: a refused transition names the state that it was refused in and what was asked of it. */
const INVALID_TRANSITION = /^STATE\.INVALID_TRANSITION\.[A-Z][A-Z_]*\.[A-Z][A-Z_]*$/;

const SEVERITIES = new Map(
  (["INFO", "WARN", "ERROR", "CRITICAL"] as const).flatMap((severity) =>
    CATALOGUE[severity].map((code) => [code, severity] as const),
  ),
);

/** Undefined for a code that the catalogue does not have. */
export const severityOfCode = (code: string): CodeSeverity | undefined =>
  SEVERITIES.get(code) ?? (INVALID_TRANSITION.test(code) ? "ERROR" : undefined);
