import { assert } from "../contracts/index.ts";
import { approvalDecision } from "./approval.ts";
import { boundsVerdict } from "./bounds.ts";
import { breakerConfigOf, breakerNow, breakerVerdict } from "./breaker.ts";
import {
  type Admission,
  type AdmittedCall,
  type BreakerPhase,
  type CallFacts,
  type CallRequest,
  type Claim,
  type IdempotencyRecord,
  type RefusedCall,
  STAGES,
  type Stage,
  type StageRecord,
} from "./call.ts";
import { holdVerdict } from "./hold.ts";
import { type IdempotencyDecision, idempotencyDecision, isOwnRecord } from "./idempotency.ts";
import { permissionVerdict } from "./permission.ts";
import { rateVerdict } from "./rate.ts";
import { RESOLVED_STAGES, type ResolvedCall } from "./resolve.ts";
import { tenantVerdict } from "./tenant.ts";
import { type GuardVerdict, passed, type Refused, refused, skipped } from "./verdict.ts";

/*
 * Stages 4 to 11 of the call pipeline, in the order of commerce-kernel 3.1.
 *
 * P1  Stages are asked in that order; the first that refuses ends the call, and no later one is asked.
 * P2  A guard that cannot decide refuses: an exception inside a stage is never a pass.
 * P3  Nothing is done here. What must still hold at the commit is returned as claims.
 *
 * Measured together with `resolveCall`: 7 to 10 microseconds for a READ call of 120 bytes without limits, 17 to 22 for a
 * FINANCIAL one with keys and an origin (Node 20.20, one shared core of two).
 */

type Guard = (call: ResolvedCall, request: CallRequest, facts: CallFacts) => GuardVerdict;

const FIRST_GUARDS: readonly (readonly [stage: Stage, guard: Guard])[] = [
  ["tenant", tenantVerdict],
  ["permission", permissionVerdict],
  ["bounds", boundsVerdict],
  ["rate_limit", rateVerdict],
];

/** One call on its way through the guards. */
interface Passage {
  readonly call: ResolvedCall;
  readonly request: CallRequest;
  readonly facts: CallFacts;
  readonly stages: StageRecord[];
  readonly claims: Claim[];
}

/** What the guards say of a resolved call, with the rule that each of them applied. Pure: the facts are all it sees. */
export function admit(call: ResolvedCall, request: CallRequest, facts: CallFacts): Admission {
  const passage: Passage = { call, request, facts, stages: [...RESOLVED_STAGES], claims: [] };
  for (const [stage, guard] of FIRST_GUARDS) {
    const refusal = pass(
      passage,
      stage,
      safely(() => guard(call, request, facts)),
    );
    if (refusal !== undefined) return refusal;
  }
  const earlier = safely(() => idempotencyDecision(call, request, facts));
  if ("refusal" in earlier) return refuse(passage, "idempotency", earlier);
  passage.stages.push({ stage: "idempotency", verdict: verdictOf(earlier), rule: earlier.rule });
  switch (earlier.kind) {
    case "reuse":
      return { kind: "reused", call: admitted(passage, null), record: earlier.record, collision: earlier.collision };
    case "busy":
      return { kind: "busy", call: admitted(passage, null), record: earlier.record };
    case "recover":
      return recovery(passage, earlier);
    case "none":
    case "reserve":
      return proceeding(passage, earlier);
  }
}

type Decided<Kind extends IdempotencyDecision["kind"]> = Extract<IdempotencyDecision, { kind: Kind }>;

function proceeding(passage: Passage, earlier: Decided<"none"> | Decided<"reserve">): Admission {
  const { call, request, facts } = passage;
  const approval = safely(() => approvalDecision(call, request, facts));
  if (approval.verdict === "asks")
    return { kind: "approval", call: admitted(passage, null), rule: approval.by, reason: approval.reason };
  // What is held may be asked for and approved all the same: only then is its effect refused.
  const held = approval.verdict === "refused" ? approval : safely(() => holdVerdict(call, request, facts));
  const refusal =
    pass(passage, "approval", held.verdict === "refused" ? held : approval) ??
    pass(passage, "reservation", reservationVerdict(earlier)) ??
    pass(passage, "breaker", breakerStage(passage));
  if (refusal !== undefined) return refusal;
  const intent = earlier.kind === "reserve" ? earlier.record : null;
  return { kind: "proceed", call: admitted(passage, intent), claims: passage.claims };
}

const reservationVerdict = (earlier: Decided<"none"> | Decided<"reserve">): GuardVerdict =>
  earlier.kind === "none"
    ? skipped("a READ tool reserves nothing")
    : passed(earlier.rule, [{ kind: "reservation", record: earlier.record, takes: earlier.takes }]);

// The approval was consumed with the intent that is being recovered.
function recovery(passage: Passage, earlier: Decided<"recover">): Admission {
  const { record, how, notBefore, claims } = earlier;
  if (how === "person") return { kind: "recover", call: admitted(passage, null), record, how, notBefore, claims };
  const refusal =
    pass(passage, "approval", skipped("approved with the intent, where approval was needed")) ??
    pass(passage, "reservation", passed(earlier.rule, claims)) ??
    pass(passage, "breaker", breakerStage(passage));
  if (refusal !== undefined) return refusal;
  return { kind: "recover", call: admitted(passage, record), record, how, notBefore, claims: passage.claims };
}

function breakerStage({ call, facts }: Passage): GuardVerdict {
  const { dependency } = call.tool.contract;
  if (dependency === null) return skipped("the tool has no dependency");
  return safely(() => {
    const config = breakerConfigOf(dependency);
    return breakerVerdict(breakerNow({ id: dependency, stored: facts.breaker }, config, facts.now), config, facts.now);
  });
}

/** Notes the verdict; a refusal comes back as the call's admission. */
function pass(passage: Passage, stage: Stage, verdict: GuardVerdict): RefusedCall | undefined {
  if (verdict.verdict === "refused") return refuse(passage, stage, verdict);
  passage.stages.push({ stage, verdict: verdict.verdict, rule: verdict.rule });
  if (verdict.verdict === "passed") passage.claims.push(...verdict.claims);
  return undefined;
}

function refuse(passage: Passage, stage: Stage, refusal: Refused): RefusedCall {
  return {
    kind: "refused",
    stage,
    refusal: refusal.refusal,
    stages: [...passage.stages, { stage, verdict: "refused", rule: refusal.rule }],
    counted: STAGES.indexOf(stage) > STAGES.indexOf("bounds"),
    effect: safely(() => isOwnAttemptOpen(passage)) === false ? "none" : "unknown",
    ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
  };
}

function isOwnAttemptOpen({ facts: { record }, request }: Passage): boolean {
  const isOpen = record?.status === "IN_PROGRESS" || record?.status === "UNKNOWN";
  return isOpen && isOwnRecord(record, request);
}

// P2
function safely<T>(decide: () => T): T | Refused {
  try {
    return decide();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "it threw no error";
    return refused("GUARD_FAILED", `the guard could not decide: ${reason}`);
  }
}

const verdictOf = (earlier: IdempotencyDecision): StageRecord["verdict"] =>
  earlier.kind === "none" ? "skipped" : "passed";

function admitted({ call, facts, stages, claims }: Passage, intent: IdempotencyRecord | null): AdmittedCall {
  assert(facts.scope !== undefined, "only a call with a scope is admitted");
  const { tool, input, fingerprint, internalKey, paramsSha256, mark } = call;
  return {
    tool,
    scope: facts.scope,
    input,
    fingerprint,
    internalKey,
    externalKey: intent?.external_key ?? null,
    paramsSha256,
    mark,
    intent,
    breaker: breakerPhase(call, facts, claims),
    stages,
  };
}

function breakerPhase(call: ResolvedCall, facts: CallFacts, claims: readonly Claim[]): BreakerPhase | null {
  const { dependency } = call.tool.contract;
  if (dependency === null) return null;
  const probe = claims.find((claim) => claim.kind === "probe");
  const breaker =
    probe?.breaker ?? breakerNow({ id: dependency, stored: facts.breaker }, breakerConfigOf(dependency), facts.now);
  return { state: breaker.state, opened_at: breaker.opened_at };
}
