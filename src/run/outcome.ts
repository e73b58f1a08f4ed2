import { digestOf, type Instant } from "../contracts/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { type RunEvent, type RunPayloads, runEvent } from "./events.ts";
import type { RunOutcome, RunState, RunStatus } from "./state.ts";

/**
 * How a run whose lanes have all settled ends. SUCCESS: nothing failed and `pass_criteria` holds. EXPECTED_FAILURE: the
 * code is one the workflow allows, and nothing that should have been undone remains. Everything else is unexpected.
 */
export function endOf(workflow: CompiledWorkflow, state: RunState, now: Instant): RunEvent {
  const document_sha256 = digestOf(state.document);
  return runEvent("run.ended", now, null, { ...verdictOf(workflow, state), document_sha256 });
}

type End = Pick<RunPayloads["run.ended"], "status" | "outcome" | "code">;

function verdictOf(workflow: CompiledWorkflow, state: RunState): End {
  if (state.compensation?.phase.kind === "failed") return end("UNEXPECTED_FAILURE", "COMPENSATION_ABORTED");
  if (state.failure === null) {
    const passed = workflow.passCriteria(state.document, state.started_at);
    return passed.ok && passed.value ? end("SUCCESS", null) : failed(workflow, state, "PASS_CRITERIA_NOT_MET");
  }
  if (state.failure.code !== "RUN_CANCELLED") return failed(workflow, state, state.failure.code);
  return state.leftover ? end("UNEXPECTED_FAILURE", "RUN_CANCELLED") : end("CANCELLED", "RUN_CANCELLED");
}

function failed(workflow: CompiledWorkflow, state: RunState, code: string): End {
  const allowed = code === "INVALID_INPUT" || workflow.definition.allowed_failure_modes.includes(code);
  return end(allowed && !state.leftover ? "EXPECTED_FAILURE" : "UNEXPECTED_FAILURE", code);
}

const STATUS: { readonly [outcome in RunOutcome]: RunStatus } = {
  SUCCESS: "SUCCEEDED",
  EXPECTED_FAILURE: "FAILED_EXPECTED",
  UNEXPECTED_FAILURE: "FAILED_UNEXPECTED",
  CANCELLED: "CANCELLED",
};

const end = (outcome: RunOutcome, code: string | null): End => ({ status: STATUS[outcome], outcome, code });
