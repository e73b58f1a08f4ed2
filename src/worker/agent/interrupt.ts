import { digestOf, isJson, type Json, type JsonObject } from "../../contracts/index.ts";
import { type ApprovalRule, type CallNote, scannerNotes } from "../../guard/index.ts";
import { type Redacted, redact, SCAN_ONLY } from "../../ledger/index.ts";
import { interruptsOf, type Stimulus } from "../../run/index.ts";
import { approvalRequest } from "../approval-request.ts";
import type { RunFacts } from "../desk.ts";
import type { GraphCaller } from "./graph-call.ts";
import type { GraphPlace } from "./protocol.ts";

/** Three days: a question of a graph waits for people over a weekend. It is never approved by time alone. */
const INTERRUPT_TIMEOUT_SECONDS = 72 * 3_600;

const DEFAULT_RULE: Omit<ApprovalRule, "trigger"> = {
  condition: null,
  timeout_seconds: INTERRUPT_TIMEOUT_SECONDS,
  timeout_action: "FAIL",
  approval_channel: "inbox",
  required_approvers: 1,
  escalation_chain: [],
  authorized_approvers: ["role:approver", "role:admin"],
};

/** What one interrupt adds to a commit: the request for approval, the event that says so, and what was found in the question. */
export interface AskedInterrupt {
  readonly stimulus: Stimulus;
  readonly row: JsonObject;
  readonly notes: readonly CallNote[];
}

/**
 * A graph's question as an approval; null where it is open already. The library gives consecutive interrupts of one node the
 * same id, so `ordinal`, the number of answers that the task has had, is part of what it is known by, and so is what was
 * asked: a changed question is another one.
 */
export function askInterrupt(
  { desk, planned, manifest, threadId }: GraphCaller,
  run: RunFacts,
  place: GraphPlace,
  interrupt: { readonly id: string; readonly value: Json },
): AskedInterrupt | null {
  const valueDigest = digestOf(interrupt.value);
  const { checkpointNs, checkpointId, lgTaskId } = place;
  const ofTask = interruptsOf(run.state, planned.step).filter(
    (one) => one.lg_task_id === lgTaskId && one.checkpoint_id === checkpointId && one.checkpoint_ns === checkpointNs,
  );
  const ordinal = ofTask.filter(({ consumed }) => consumed).length;
  if (
    ofTask.some(
      (one) => one.ordinal === ordinal && one.interrupt_id === interrupt.id && one.value_digest === valueDigest,
    )
  )
    return null;
  const trigger = manifest.graph_id;
  const redacted = redactedQuestion(run, planned.step, interrupt.value);
  const { row, approvalId, timeoutAt } = approvalRequest(desk, run, desk.host.clock.now(), {
    tool: manifest.graph_id,
    version: manifest.version,
    operation: "INTERRUPT",
    sideEffectLevel: "HARD_WRITE",
    input: {
      asked: shown(redacted),
      interrupt_id: interrupt.id,
      ordinal,
      value_sha256: valueDigest,
    },
    internalKey: [run.state.tenant_id, threadId, checkpointNs, checkpointId, interrupt.id, ordinal, valueDigest].join(
      ":",
    ),
    fingerprint: valueDigest.slice(0, FINGERPRINT_DIGITS),
    step: planned.step,
    attempt: planned.attempt,
    rule: run.pack.pack.hitl_rules[trigger] ?? { ...DEFAULT_RULE, trigger },
    reason: `the agent at \`${planned.step}\` asks`,
    base: [],
  });
  const payload = {
    approval_id: approvalId,
    timeout_at: timeoutAt,
    interrupt_id: interrupt.id,
    ordinal,
    value_digest: valueDigest,
    checkpoint_ns: checkpointNs,
    checkpoint_id: checkpointId,
    lg_task_id: lgTaskId,
  };
  const { lane, step, attempt, tool } = planned;
  const notes = scannerNotes({ tool, stepId: step, attempt }, [{ part: "question", findings: redacted.findings }]);
  return { row, stimulus: { kind: "agent", lane, step, attempt, fact: { type: "agent.interrupted", payload } }, notes };
}

/** As many as those of a call's parameters have. */
const FINGERPRINT_DIGITS = 32;

const redactedQuestion = ({ control }: RunFacts, step: string, value: Json): Redacted =>
  redact(value, SCAN_ONLY, { entry_id: null, step_id: step, tool: null, salt: control.secrets.tokenKey });

/** What a person is shown of a question; a stub where it holds what is not stored. */
function shown(redacted: Redacted): Json {
  if (redacted.kind === "clean") return redacted.value;
  const stub: unknown = redacted.stub;
  return isJson(stub) ? stub : null;
}
