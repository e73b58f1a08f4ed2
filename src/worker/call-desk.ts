import { after, assert, type Instant } from "../contracts/index.ts";
import {
  type Admission,
  type AdmittedCall,
  admit,
  type CallFacts,
  type CallRequest,
  contractsFor,
  isOwnRecord,
  type RecoverCall,
  type RefusedCall,
  type ResolvedCall,
  refusedTrace,
  resolveCall,
  type StoredFacts,
  settleReused,
  unknownReceipt,
} from "../guard/index.ts";
import type { PlannedCall, Stimulus } from "../run/index.ts";
import { askAPerson } from "./ask.ts";
import type { CommitExtras } from "./commit.ts";
import { type DeskOptions, NOTHING_SPENT, type Prepared, type RunFacts, refOf, settleContext } from "./desk.ts";
import { type FactsAsked, NOBODY_ASKED, type ReadFacts } from "./facts-reader.ts";
import { intentOf, receiptEventRow, receiptRow, settleRow } from "./rows.ts";

/** How soon a call that another run is making is looked at again. */
const BUSY_POLL_MS = 100;

/**
 * Passes one planned call through the guards. Reads facts, writes nothing. Answers at once where there is nothing to read:
 * a READ call that nothing limits waits for nobody.
 */
export function prepareCall(desk: DeskOptions, run: RunFacts, planned: PlannedCall): Prepared | Promise<Prepared> {
  const request = requestOf(run, planned);
  const registered = desk.registry.find(planned.tool, planned.version);
  const promoted = contractsFor(run.control.promoted, run.pack.config_hash);
  const resolution = resolveCall(request, registered.ok ? registered.value : undefined, promoted);
  if (!resolution.ok) return refused(planned, { request, admission: resolution.admission, now: desk.host.clock.now() });
  const asked: AskedCall = { planned, request, resolved: resolution.resolved };
  if (!hasFacts(asked.resolved)) return judged(desk, run, asked, nothingRead(desk));
  return desk.facts.read(askedOf(run, asked.resolved)).then((facts) => judged(desk, run, asked, facts));
}

interface AskedCall {
  readonly planned: PlannedCall;
  readonly request: CallRequest;
  readonly resolved: ResolvedCall;
}

function judged(
  desk: DeskOptions,
  run: RunFacts,
  { planned, request, resolved }: AskedCall,
  { read, approvals }: ReadFacts,
): Prepared | Promise<Prepared> {
  const admission = admit(resolved, request, factsOf(desk, run, planned, { read, approvals }));
  switch (admission.kind) {
    case "refused":
      return refused(planned, { request, admission, now: desk.host.clock.now() });
    case "reused":
      return reused(desk, run, planned, request, admission);
    case "approval":
      return askAPerson(desk, run, { planned, request, admission, open: approvals.open });
    case "busy":
      return { kind: "later", at: after(desk.host.clock.now(), BUSY_POLL_MS), busy: true };
    case "recover":
      return recovering(desk, run, planned, request, admission, read);
    case "proceed": {
      if (planned.settleOnly) return cancelled(planned);
      const intent =
        admission.claims.length === 0 ? null : intentOf(admission.claims, run.control.revision, read.record);
      return { kind: "start", how: "handler", request, call: admission.call, intent, aheadMs: aheadOf(desk, read) };
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

/** READ tools that nothing limits are judged by what the run and the process know: no query on their path. */
const hasFacts = ({ internalKey, tool: { contract } }: Keyed): boolean =>
  internalKey !== null || contract.dependency !== null || contract.rate_limit_rpm !== null;

const nothingRead = (desk: DeskOptions): ReadFacts => ({
  read: { now: desk.host.clock.now(), record: null, breaker: null, rateHits: [] },
  approvals: NOBODY_ASKED,
});

type Keyed = Pick<ResolvedCall, "tool" | "internalKey">;

const askedOf = ({ state }: RunFacts, { tool: { contract }, internalKey }: Keyed): FactsAsked => ({
  tenantId: state.tenant_id,
  runId: state.run_id,
  internalKey,
  breakerId: contract.dependency,
  tool: contract.name,
});

function factsOf(desk: DeskOptions, run: RunFacts, planned: PlannedCall, { read, approvals }: ReadFacts): CallFacts {
  const { control, state } = run;
  const { pack } = run.pack;
  const { own: approval } = approvals;
  const registered = desk.registry.find(planned.tool, planned.version);
  const dependency = registered.ok ? registered.value.contract.dependency : null;
  return {
    now: read.now,
    mode: control.mode,
    workerTier: desk.tier,
    epoch: run.epoch,
    scope: pack.scopes[planned.tool],
    rule: pack.hitl_rules[planned.tool],
    revoked: control.revoked.has(planned.tool),
    dependencyOrigin: dependency === null ? null : (control.credentials.get(dependency)?.origin ?? null),
    sandboxOrigins: control.sandboxOrigins,
    bounds: pack.bounds,
    counters: state.counters,
    recentCalls: state.marks,
    record: read.record,
    hold: pack.track === undefined ? null : control.hold,
    breaker: read.breaker,
    rateHits: read.rateHits,
    // A pending request decides nothing, and neither does another run's.
    approval:
      approval === undefined || approval.status === "PENDING"
        ? null
        : {
            approval_id: approval.approval_id,
            attempt: approval.attempt,
            status: approval.status,
            params_fingerprint: approval.params_fingerprint,
            consumed: approval.consumed_at !== null,
          },
  };
}

interface Refused {
  readonly request: CallRequest;
  readonly admission: RefusedCall;
  readonly now: Instant;
}

function refused(planned: PlannedCall, { request, admission, now }: Refused): Prepared {
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
  // A breaker that is open now says nothing of an earlier attempt: it is looked for again once the breaker lets calls through.
  const lookAt = admission.retryAfterMs === undefined ? null : after(now, admission.retryAfterMs);
  const stimulus: Stimulus =
    effect === "unknown"
      ? { kind: "failed", ...answered, effect, lookAt, ...retry }
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

function reused(
  desk: DeskOptions,
  run: RunFacts,
  planned: PlannedCall,
  request: CallRequest,
  { call, record }: Extract<Admission, { kind: "reused" }>,
): Prepared {
  const settled = settleReused(
    call,
    record,
    settleContext(desk, run, { request, startedAt: desk.host.clock.now(), record: null }),
  );
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
  return { kind: "answer", stimulus, extras: {}, notes: settled.notes };
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
  const aheadMs = aheadOf(desk, read);
  if (notBefore > read.now) return { kind: "later", at: after(notBefore, -aheadMs), busy: false };
  const intent = intentOf(claims, run.control.revision, read.record);
  return { kind: "start", how: how === "lookup" ? "lookup" : "handler", request, call, intent, aheadMs };
}

/** Milliseconds that the clock of the facts is ahead of ours, by which we wait. */
const aheadOf = (desk: DeskOptions, { now }: StoredFacts): number => now - desk.host.clock.now();

/** The receipt of this step's own effect that only a person can settle; an open effect of another run has its own. */
function openReceipt(
  desk: DeskOptions,
  run: RunFacts,
  request: CallRequest,
  { call, record }: Pick<RecoverCall, "call" | "record">,
): CommitExtras {
  if (!isOwnRecord(record, request)) return {};
  const context = settleContext(desk, run, { request, startedAt: desk.host.clock.now(), record });
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
