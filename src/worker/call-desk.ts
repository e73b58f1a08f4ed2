import {
  type ApprovalRow,
  approvalOfCall,
  approvalToken,
  driftOf,
  pendingApprovals,
  sealPreview,
  tokenDigest,
} from "../approve/index.ts";
import {
  after,
  assert,
  formatInstant,
  type Host,
  type Instant,
  type Json,
  type JsonObject,
} from "../contracts/index.ts";
import {
  type Admission,
  type AdmittedCall,
  type ApprovalCall,
  admit,
  type CallFacts,
  type CallRequest,
  isOwnRecord,
  loadFacts,
  type PerformPorts,
  type RecoverCall,
  type RefusedCall,
  type Registry,
  refusedTrace,
  resolveCall,
  type SandboxTier,
  type SettleContext,
  type StoredFacts,
  settleReused,
  tracedInput,
  unknownReceipt,
} from "../guard/index.ts";
import { entitiesById } from "../ledger/index.ts";
import type { CompiledPack, PlannedCall, RunState, Stimulus } from "../run/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import type { CommitExtras, Intent } from "./commit.ts";
import type { TenantControl } from "./control.ts";
import { intentOf, receiptEventRow, receiptRow, settleRow, textsOf } from "./rows.ts";

/** What a worker brings to every call it makes. */
export interface DeskOptions {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
  readonly registry: Registry;
  readonly tier: SandboxTier;
  /** The way out of this process, under every handler's guarded one. */
  readonly network: Pick<PerformPorts["egress"], "fetch" | "resolve">;
  /** Opens sealed references with a tenant's key. */
  readonly openSealed: (control: TenantControl) => (value: Json) => Promise<Json>;
}

/** The run whose calls are judged, as of now. */
export interface RunFacts {
  readonly state: RunState;
  readonly pack: CompiledPack;
  readonly control: TenantControl;
  readonly epoch: number;
}

/** What is to be done about a planned call. */
export type Prepared =
  /** It is settled without a handler: refused, reused, or waiting for a person who was asked before. */
  | { readonly kind: "answer"; readonly stimulus: Stimulus; readonly extras: CommitExtras }
  /** A person is to be asked: the request is claimed first, and answered with `stimulus` once it is made. */
  | { readonly kind: "ask"; readonly stimulus: Stimulus; readonly intent: Intent }
  /** Not before `at`; then it is prepared again. */
  | { readonly kind: "later"; readonly at: Instant; readonly busy: boolean }
  /** A handler runs once the intent is made; READ calls have none. */
  | {
      readonly kind: "start";
      readonly how: "handler" | "lookup";
      readonly request: CallRequest;
      readonly call: AdmittedCall;
      readonly intent: Intent | null;
    };

/** How soon a call that another run is making is looked at again. */
const BUSY_POLL_MS = 100;

/** Passes one planned call through the guards. Reads facts, writes nothing. */
export async function prepareCall(desk: DeskOptions, run: RunFacts, planned: PlannedCall): Promise<Prepared> {
  const request = requestOf(run, planned);
  const registered = desk.registry.find(planned.tool, planned.version);
  const resolution = resolveCall(request, registered.ok ? registered.value : undefined);
  if (!resolution.ok) return refused(planned, request, resolution.admission);
  const { resolved } = resolution;
  const { read, approval } = await readFacts(desk, run, resolved);
  const admission = admit(resolved, request, factsOf(desk, run, planned, { read, approval }));
  switch (admission.kind) {
    case "refused":
      return refused(planned, request, admission);
    case "reused":
      return reused(desk, run, planned, request, admission);
    case "approval":
      return asked(desk, run, planned, request, admission, approval);
    case "busy":
      return { kind: "later", at: after(desk.host.clock.now(), BUSY_POLL_MS), busy: true };
    case "recover":
      return recovering(desk, run, planned, request, admission, read);
    case "proceed": {
      if (planned.settleOnly) return cancelled(planned);
      const intent =
        admission.claims.length === 0 ? null : intentOf(admission.claims, run.control.revision, read.record);
      return { kind: "start", how: "handler", request, call: admission.call, intent };
    }
  }
}

const requestOf = ({ state }: RunFacts, planned: PlannedCall): CallRequest => ({
  tenantId: state.tenant_id,
  principalId: state.principal_id,
  runId: state.run_id,
  correlationId: state.correlation_id,
  stepId: planned.step,
  attempt: planned.attempt,
  purpose: planned.purpose,
  tool: planned.tool,
  version: planned.version,
  input: { value: planned.input },
  approvalAsked: planned.approvalAsked,
  document: state.document,
  runStartedAt: state.started_at,
});

const NOTHING_STORED: StoredFacts = { record: null, breaker: null, rateHits: [] };

interface ReadFacts {
  readonly read: StoredFacts;
  readonly approval: ApprovalRow | undefined;
}

/** READ tools that nothing limits are judged by what the run and the process know: no query on their path. */
async function readFacts(
  desk: DeskOptions,
  run: RunFacts,
  call: { readonly tool: AdmittedCall["tool"]; readonly internalKey: string | null },
): Promise<ReadFacts> {
  const { contract } = call.tool;
  const { internalKey } = call;
  if (internalKey === null && contract.dependency === null && contract.rate_limit_rpm === null) {
    return { read: NOTHING_STORED, approval: undefined };
  }
  return inTenant(desk.database, run.state.tenant_id, async (sql) => {
    const now = desk.host.clock.now();
    const read = await loadFacts(sql, { internalKey, breakerId: contract.dependency, tool: contract.name, now });
    const approval = internalKey === null ? undefined : await approvalOfCall(sql, internalKey, run.state.run_id);
    return { read, approval };
  });
}

function factsOf(desk: DeskOptions, run: RunFacts, planned: PlannedCall, { read, approval }: ReadFacts): CallFacts {
  const { control, state } = run;
  const { pack } = run.pack;
  const origins = [...control.credentials.values()].map(({ origin }) => origin);
  const registered = desk.registry.find(planned.tool, planned.version);
  const dependency = registered.ok ? registered.value.contract.dependency : null;
  return {
    now: desk.host.clock.now(),
    mode: control.mode,
    workerTier: desk.tier,
    epoch: run.epoch,
    scope: pack.scopes[planned.tool],
    rule: pack.hitl_rules[planned.tool],
    revoked: control.revoked.has(planned.tool),
    dependencyOrigin: dependency === null ? null : (control.credentials.get(dependency)?.origin ?? null),
    sandboxOrigins: control.mode === "sandbox" ? origins : [],
    bounds: pack.bounds,
    counters: state.counters,
    recentCalls: state.marks,
    ...read,
    // An open request decides nothing; `asked` finds it again.
    approval:
      approval === undefined || approval.status === "PENDING"
        ? null
        : {
            approval_id: approval.approval_id,
            status: approval.status,
            params_fingerprint: approval.params_fingerprint,
            consumed: approval.consumed_at !== null,
          },
  };
}

const NOTHING_SPENT = { tool_calls: [], tokens: 0, marks: [] } as const;

function refused(planned: PlannedCall, request: CallRequest, admission: RefusedCall): Prepared {
  const { refusal, stage, counted, effect } = admission;
  const spent = counted ? { ...NOTHING_SPENT, tool_calls: [planned.tool] } : NOTHING_SPENT;
  const answered = {
    ...refOf(planned),
    spent,
    call: refusedTrace(request, admission),
    code: refusal.code,
    message: refusal.message,
  };
  const retry = admission.retryAfterMs === undefined ? {} : { retryAfterMs: admission.retryAfterMs };
  const stimulus: Stimulus =
    effect === "unknown"
      ? { kind: "failed", ...answered, effect, lookAt: null, ...retry }
      : { kind: "refused", ...answered, stage, ...retry };
  return { kind: "answer", stimulus, extras: {} };
}

const cancelled = (planned: PlannedCall): Prepared => ({
  kind: "answer",
  stimulus: {
    kind: "refused",
    ...refOf(planned),
    spent: NOTHING_SPENT,
    call: null,
    stage: "execute",
    code: "RUN_CANCELLED",
    message: "the run is ending and begins no new call",
  },
  extras: {},
});

const refOf = ({ lane, step, attempt }: PlannedCall) => ({ lane, step, attempt });

/** What guards need to know to settle an attempt that started now. */
export const settleContext = (
  desk: DeskOptions,
  run: RunFacts,
  request: CallRequest,
  startedAt: Instant,
): SettleContext => ({
  request,
  startedAt,
  now: desk.host.clock.now(),
  receiptId: desk.host.ids.next(),
  salt: run.control.secrets.tokenKey,
});

function reused(
  desk: DeskOptions,
  run: RunFacts,
  planned: PlannedCall,
  request: CallRequest,
  { call, record }: Extract<Admission, { kind: "reused" }>,
): Prepared {
  const settled = settleReused(call, record, settleContext(desk, run, request, desk.host.clock.now()));
  assert(settled.output !== null, "a stored result is an output");
  const spent = { tool_calls: [planned.tool], tokens: 0, marks: planned.purpose === "step" ? [call.mark] : [] };
  const stimulus: Stimulus = {
    kind: "succeeded",
    ...refOf(planned),
    spent,
    call: settled.trace,
    output: settled.output,
    receipt_id: record.receipt_id,
    reused: true,
  };
  return { kind: "answer", stimulus, extras: {} };
}

function recovering(
  desk: DeskOptions,
  run: RunFacts,
  planned: PlannedCall,
  request: CallRequest,
  { call, record, how, notBefore, claims }: RecoverCall,
  read: StoredFacts,
): Prepared {
  if (how === "person") return unknowable(planned, call, openReceipt(desk, run, request, { call, record }));
  if (notBefore > desk.host.clock.now()) return { kind: "later", at: notBefore, busy: false };
  const intent = intentOf(claims, run.control.revision, read.record);
  return { kind: "start", how: how === "lookup" ? "lookup" : "handler", request, call, intent };
}

/** The receipt of this step's own effect that only a person can settle; an open effect of another run has its own. */
function openReceipt(
  desk: DeskOptions,
  run: RunFacts,
  request: CallRequest,
  { call, record }: Pick<RecoverCall, "call" | "record">,
): CommitExtras {
  if (!isOwnRecord(record, request)) return {};
  const context = settleContext(desk, run, request, desk.host.clock.now());
  const receipt = unknownReceipt(record, call, context);
  return {
    settle: [settleRow({ ...record, status: "UNKNOWN", receipt_id: receipt.receipt_id })],
    receipts: [receiptRow(receipt)],
    receipt_events: [receiptEventRow(receipt, context.now)],
  };
}

const unknowable = (planned: PlannedCall, call: AdmittedCall, extras: CommitExtras): Prepared => ({
  kind: "answer",
  stimulus: {
    kind: "failed",
    ...refOf(planned),
    spent: NOTHING_SPENT,
    call: { tool: call.tool.contract.name, internal_key: call.internalKey },
    code: "EFFECT_UNKNOWN",
    message: "neither key nor look-up can tell whether the effect happened",
    effect: "unknown",
    lookAt: null,
  },
  extras,
});

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

/** Puts a call to a person: the preview, the entities it is based on, and the digest of the token that decides it. */
async function asked(
  desk: DeskOptions,
  run: RunFacts,
  planned: PlannedCall,
  request: CallRequest,
  { call, rule, reason }: ApprovalCall,
  pending: ApprovalRow | undefined,
): Promise<Prepared> {
  if (pending?.status === "PENDING") return joining(desk, run, planned, pending);
  const now = desk.host.clock.now();
  const { contract } = call.tool;
  const [base, waiting] = await inTenant(desk.database, run.state.tenant_id, (sql) =>
    Promise.all([entitiesById(sql, ownTexts(call.input, request.tenantId)), pendingApprovals(sql)]),
  );
  if (waiting >= PENDING_APPROVALS_MAX) return queueFull(planned, waiting);
  const revisions = base.map(({ entity_type, entity_id, version }) => ({ entity_type, entity_id, version }));
  const preview = sealPreview({
    tool: contract.name,
    version: contract.version,
    operation: contract.operation,
    side_effect_level: contract.side_effect_level,
    input: tracedInput(call, settleContext(desk, run, request, now)),
    params_fingerprint: call.fingerprint,
    run_id: request.runId,
    workflow_id: run.state.workflow_id,
    step_id: planned.step,
    attempt: planned.attempt,
    requested_by: request.principalId,
    rule: rule.trigger,
    reason,
    base: revisions,
    createdAt: now,
  });
  const binding = {
    approval_id: desk.host.ids.next(),
    escalation_level: 0,
    run_id: request.runId,
    step_id: planned.step,
    attempt: planned.attempt,
    params_fingerprint: call.fingerprint,
    preview_sha256: preview.sha256,
    base: revisions,
  };
  const timeoutAt = after(now, rule.timeout_seconds * 1000);
  const row: JsonObject = {
    ...binding,
    correlation_id: request.correlationId,
    tool_name: contract.name,
    tool_version: contract.version,
    internal_key: call.internalKey,
    preview: preview.text,
    rule_id: rule.trigger,
    reason,
    requested_by: request.principalId,
    required_approvers: rule.required_approvers,
    authorized_approvers: rule.authorized_approvers,
    token_sha256: tokenDigest(approvalToken(binding, run.control.secrets.tokenKey)),
    base: JSON.stringify(revisions),
    created_at: formatInstant(now),
    timeout_at: formatInstant(timeoutAt),
  };
  const stimulus = askedAs(planned, { approval_id: binding.approval_id, timeout_at: timeoutAt });
  return { kind: "ask", stimulus, intent: { control_revision: run.control.revision, request: row } };
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
 * A request for this very call is open. Another run's is waited for, since its effect will be this call's too; the run's own
 * is of a worker that died before it could say so.
 */
const joining = (desk: DeskOptions, run: RunFacts, planned: PlannedCall, pending: ApprovalRow): Prepared =>
  pending.run_id === run.state.run_id
    ? { kind: "answer", stimulus: askedAs(planned, pending), extras: {} }
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
    const approval = await approvalOfCall(sql, key, request.runId);
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
