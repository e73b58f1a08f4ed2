import { type ApprovalRow, approvalsOfCalls, driftOf, pendingApprovals } from "../approve/index.ts";
import { after, assert, type Json } from "../contracts/index.ts";
import { type AdmittedCall, type ApprovalCall, type CallRequest, scannerNotes, tracedInput } from "../guard/index.ts";
import { entitiesById } from "../ledger/index.ts";
import type { PlannedCall, Stimulus } from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { approvalRequest } from "./approval-request.ts";
import { type DeskOptions, NOTHING_SPENT, type Prepared, type RunFacts, refOf, settleContext } from "./desk.ts";
import { textsOf } from "./rows.ts";

/** Approvals that may wait for one tenant's people: half of the queue that commerce-kernel 15.1 allows for all tenants. */
const PENDING_APPROVALS_MAX = 500;

const queueFull = (planned: PlannedCall, waiting: number): Prepared => ({
  kind: "answer",
  stimulus: {
    kind: "refused",
    ...refOf(planned),
    spent: NOTHING_SPENT,
    call: { tool: planned.tool },
    stage: "approval",
    code: "HITL_QUEUE_FULL",
    message: `${waiting} approvals wait for a person already`,
  },
  extras: {},
});

/** A call that a rule puts to a person, with the approval of it that is open already, if there is one. */
interface Asked {
  readonly planned: PlannedCall;
  readonly request: CallRequest;
  readonly admission: ApprovalCall;
  readonly open: ApprovalRow | undefined;
}

/** Puts a call to a person: the preview, the entities it is based on, and the digest of the token that decides it. */
export async function askAPerson(
  desk: DeskOptions,
  run: RunFacts,
  { planned, request, admission: { call, rule, reason }, open }: Asked,
): Promise<Prepared> {
  if (open !== undefined) return joining(desk, run, planned, open);
  const now = desk.host.clock.now();
  const { contract } = call.tool;
  const [base, waiting] = await inTenant(desk.database, run.state.tenant_id, (sql) =>
    Promise.all([entitiesById(sql, ownTexts(call.input, request.tenantId)), pendingApprovals(sql)]),
  );
  if (waiting >= PENDING_APPROVALS_MAX) return queueFull(planned, waiting);
  const input = tracedInput(call, settleContext(desk, run, { request, startedAt: now, record: null }));
  const { row, approvalId, timeoutAt } = approvalRequest(desk, run, now, {
    tool: contract.name,
    version: contract.version,
    operation: contract.operation,
    sideEffectLevel: contract.side_effect_level,
    input: input.value,
    internalKey: call.internalKey,
    fingerprint: call.fingerprint,
    step: planned.step,
    attempt: planned.attempt,
    rule,
    reason,
    base: base.map(({ entity_type, entity_id, version }) => ({ entity_type, entity_id, version })),
  });
  const stimulus = askedAs(planned, { approval_id: approvalId, timeout_at: timeoutAt });
  const notes = scannerNotes(request, [{ part: "approval", findings: input.findings }]);
  return { kind: "ask", stimulus, intent: { control_revision: run.control.revision, request: row }, notes };
}

const askedAs = (planned: PlannedCall, row: Pick<ApprovalRow, "approval_id" | "timeout_at">): Stimulus => ({
  kind: "approval_requested",
  ...refOf(planned),
  approval_id: row.approval_id,
  timeout_at: row.timeout_at,
});

/** How soon a call for which another run has asked is looked at again. */
const JOIN_POLL_MS = 1_000;

/**
 * An approval of this very call is open. Another run's is waited for until it is spent, since its effect will be this call's
 * too; the run's own is of a worker that died before it could say so.
 */
const joining = (desk: DeskOptions, run: RunFacts, planned: PlannedCall, open: ApprovalRow): Prepared =>
  open.run_id === run.state.run_id
    ? { kind: "answer", stimulus: askedAs(planned, open), extras: {} }
    : { kind: "later", at: after(desk.host.clock.now(), JOIN_POLL_MS), busy: false };

const ownTexts = (input: Json, tenantId: string): readonly string[] =>
  textsOf(input).filter((text) => text.startsWith(`${tenantId}_`));

/** The base moved between approval and intent: the approval is void, and the step fails with what changed. */
export async function voidedByDrift(
  desk: DeskOptions,
  planned: PlannedCall,
  { request, call }: { readonly request: CallRequest; readonly call: AdmittedCall },
): Promise<Prepared> {
  assert(call.internalKey !== null, "only a call with a key is approved");
  const key = call.internalKey;
  const found = await inTenant(desk.database, request.tenantId, async (sql) => {
    const [asked] = await approvalsOfCalls(sql, [{ internalKey: key, runId: request.runId }]);
    const approval = asked?.own;
    assert(approval !== undefined, "the claim that was lost was on an approval");
    return { approval, drift: (await driftOf(sql, approval)) ?? "the base changed and changed back" };
  });
  const { approval, drift } = found;
  const stimulus: Stimulus = {
    kind: "refused",
    ...refOf(planned),
    spent: NOTHING_SPENT,
    call: { tool: planned.tool, approval_id: approval.approval_id },
    stage: "approval",
    code: "BASE_DRIFTED",
    message: drift,
  };
  const closing = { approval_id: approval.approval_id, status: "VOIDED", void_reason: drift };
  return { kind: "answer", stimulus, extras: { close_approvals: [closing] } };
}
