import type { Validation } from "./validation.ts";

/** What an operator does next: in words, as a command, and where the runbook says more. */
export interface NextAction {
  readonly action: string;
  readonly command: string;
  readonly runbook: string;
}

export interface ActionFacts {
  readonly runId: string;
  readonly status: "NOT_APPLICABLE" | "PASS" | "REQUIRES_REVIEW" | "FAIL";
  readonly unresumed: readonly string[];
  readonly validation: Validation;
  readonly isStale: boolean;
  readonly approvalsPending: number;
}

const RUNBOOK = "docs/runbook.md";

/** In the order in which they are done: first what stops harm, then what gets the run on. */
export function nextActions(facts: ActionFacts): readonly NextAction[] {
  const { runId, status, unresumed, validation, isStale, approvalsPending } = facts;
  const isMissing = validation.issues.some(({ code }) => code === "MISSING_TAKEOVER_EVENT");
  return [
    ...(status === "FAIL"
      ? [
          {
            action: "verify the run's record and find who wrote what it should not hold",
            command: `countermark ledger verify ${runId}`,
            runbook: `${RUNBOOK}#a-record-that-does-not-add-up`,
          },
        ]
      : []),
    ...(isMissing || (isStale && status !== "PASS" && unresumed.length === 0)
      ? [
          {
            action: "have a worker take the run over",
            command: "countermark dev",
            runbook: `${RUNBOOK}#a-run-whose-owner-is-silent`,
          },
        ]
      : []),
    ...(unresumed.length > 0
      ? [
          {
            action: `decide whether what the takeover lost goes on: ${unresumed.join(", ")}`,
            command: `countermark run resume ${runId}`,
            runbook: `${RUNBOOK}#steps-that-a-takeover-lost`,
          },
        ]
      : []),
    ...(approvalsPending > 0
      ? [
          {
            action: "decide what waits for a person",
            command: "countermark inbox",
            runbook: `${RUNBOOK}#approvals-that-wait`,
          },
        ]
      : []),
    ...(status === "REQUIRES_REVIEW" && validation.issue_count > 0
      ? [
          {
            action: "see what of the record does not add up",
            command: `countermark run diagnose ${runId}`,
            runbook: `${RUNBOOK}#a-record-that-does-not-add-up`,
          },
        ]
      : []),
  ];
}
