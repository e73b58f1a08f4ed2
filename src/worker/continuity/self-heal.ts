import { formatInstant, type Instant, type Json, type ProposedEvent } from "../../contracts/index.ts";
import type { LeaseRecord } from "./lease-record.ts";

/**
 * Whether a run is taken from its holder: a decision over its heartbeat and its controller's lease, first match.
 *
 * H1  What nobody should be advancing is never taken over.
 * H2  A person may force or veto; the record names who, and why.
 * H3  Of several candidates everybody would choose the same one, and the record names all that were heard of.
 */

export type LeaseReason =
  | "MISSING_CONTROLLER_LEASE"
  | "NON_ACTIVE_CONTROLLER_LEASE"
  | "MALFORMED_LEASE_EXPIRY"
  | "EXPIRED_CONTROLLER_LEASE"
  | "VALID_ACTIVE_LEASE";

type Owned = Pick<LeaseRecord, "lane" | "step_id" | "status" | "updated_at" | "created_at" | "token_sha256"> & {
  /** Null: absent, or no time. */
  readonly expiry: Instant | null;
};

/** What the leases say of a lane's hold on a step. */
export function leaseReason(
  leases: readonly Owned[],
  { lane, step_id, now }: { readonly lane: string; readonly step_id: string | null; readonly now: Instant },
): LeaseReason {
  const own = leases.filter((lease) => lease.lane === lane && lease.step_id === step_id);
  if (own.length === 0) return "MISSING_CONTROLLER_LEASE";
  const [newest] = own.filter(({ status }) => status === "ACTIVE").toSorted(newestFirst);
  if (newest === undefined) return "NON_ACTIVE_CONTROLLER_LEASE";
  if (newest.expiry === null) return "MALFORMED_LEASE_EXPIRY";
  return newest.expiry <= now ? "EXPIRED_CONTROLLER_LEASE" : "VALID_ACTIVE_LEASE";
}

const newestFirst = (one: Owned, other: Owned): number =>
  other.updated_at - one.updated_at ||
  other.created_at - one.created_at ||
  (one.token_sha256 < other.token_sha256 ? 1 : -1);

/** The step of a lane's ownership, `<lane>:<step>`; the run's present one where it owns none. */
export function controllerStep(ownership: string | null, lane: string, currentStep: string | null): string | null {
  const [owner, ...rest] = (ownership ?? "").split(":");
  const step = rest.join(":");
  return owner === lane && step !== "" && step !== "unassigned" ? step : currentStep;
}

/** Whether anybody should be advancing the run. */
export type RunActivity = "active" | "not_active" | "awaiting_approval";

export interface Override {
  readonly kind: "force" | "veto";
  /** The principal. */
  readonly by: string;
  readonly reason: string;
}

export interface DecisionFacts {
  readonly activity: RunActivity;
  /** An evaluation's word or a recorded one, in any case. */
  readonly heartbeat: string | null;
  readonly lease: LeaseReason;
  readonly override: Override | null;
}

export interface TakeoverDecision {
  readonly action: "TAKEOVER" | "OBSERVE";
  readonly decision_reason_code: string;
  readonly heartbeat_status: string;
  readonly lease_reason_code: LeaseReason;
}

const STATUSES: ReadonlySet<string> = new Set(["IDLE", "RUNNING", "WARNING", "STALE", "BLOCKED"]);

/** A heartbeat's status as the record writes it; `UNKNOWN` for a word that it does not have. */
export function heartbeatStatus(word: string | null): string {
  const status = (word ?? "").toUpperCase();
  if (status === "ACTIVE") return "RUNNING";
  return STATUSES.has(status) ? status : "UNKNOWN";
}

/** Decides over the newest evaluation, read under the run's lock. */
export function decideTakeover({ activity, heartbeat, lease, override }: DecisionFacts): TakeoverDecision {
  const heartbeat_status = heartbeatStatus(heartbeat);
  const seen = { heartbeat_status, lease_reason_code: lease };
  const observe = (code: string): TakeoverDecision => ({ action: "OBSERVE", decision_reason_code: code, ...seen });
  const take = (code: string): TakeoverDecision => ({ action: "TAKEOVER", decision_reason_code: code, ...seen });
  if (activity === "not_active") return observe("RUN_NOT_ACTIVE"); // H1
  if (override?.kind === "force") return take("MANUAL_TAKEOVER"); // H2
  const decided = unattended(seen, activity, { observe, take });
  return override?.kind === "veto" && decided.action === "TAKEOVER" ? observe("MANUAL_VETO") : decided;
}

function unattended(
  seen: Pick<TakeoverDecision, "heartbeat_status" | "lease_reason_code">,
  activity: RunActivity,
  { observe, take }: { observe(code: string): TakeoverDecision; take(code: string): TakeoverDecision },
): TakeoverDecision {
  const { heartbeat_status: status, lease_reason_code: lease } = seen;
  const isValid = lease === "VALID_ACTIVE_LEASE";
  if (activity === "awaiting_approval" && isValid) return observe("AWAITING_APPROVAL_NO_ACTION");
  if (status === "STALE") return take("HEARTBEAT_STALE");
  if (!isValid) return take(`INVALID_LEASE_${lease}`);
  return observe(status === "WARNING" ? "HEARTBEAT_WARNING_OBSERVE_ONLY" : `HEARTBEAT_${status}_NO_ACTION`);
}

/** Somebody who holds a lease by token somewhere, and could hold this run too. */
export interface Candidate {
  readonly thread_id: string;
  readonly host_id: string;
  readonly pid: number;
  readonly beat_at: Instant;
}

/** Who could have succeeded, as far as anything was heard of them, and who does. */
export interface Election {
  readonly candidates: readonly Candidate[];
  readonly elected: Candidate;
}

/** Of several who could succeed, the one with the lowest thread id among those that gave a sign of life lately; null for none. H3 */
export function electSuccessor(candidates: readonly Candidate[], now: Instant, freshSeconds: number): Election | null {
  const [elected] = candidates
    .filter(({ beat_at }) => now - beat_at < freshSeconds * 1_000)
    .toSorted((one, other) => (one.thread_id < other.thread_id ? -1 : 1));
  return elected === undefined ? null : { candidates, elected };
}

/** Where a decision was made, for its event and the key under which one incident is decided once. */
export interface DecisionPlace {
  readonly task: string;
  readonly run: string;
  readonly step: string | null;
  readonly epoch: number;
  readonly signalAt: Instant | null;
  readonly decidedAt: Instant;
  /** A worker, or the principal who overrode. */
  readonly decidedBy: string;
  readonly override: Override | null;
  /** Null where the successor was named, or is whichever worker is next. */
  readonly election: Election | null;
}

/** An event, and the key of which a stream has one. */
export interface KeyedEvent {
  readonly event: ProposedEvent<string, Json>;
  readonly dedupKey: string | null;
}

/** The record of a decision. */
export function decisionEvent(decision: TakeoverDecision, place: DecisionPlace): KeyedEvent {
  const { action, decision_reason_code, heartbeat_status, lease_reason_code } = decision;
  const isQuiet =
    action === "OBSERVE" && heartbeat_status !== "STALE" && decision_reason_code !== "HEARTBEAT_WARNING_OBSERVE_ONLY";
  const signal = place.signalAt === null ? "none" : formatInstant(place.signalAt);
  const incident = `${heartbeat_status}:${lease_reason_code}:${place.epoch}:${signal}`;
  return {
    event: {
      type: "takeover.decided",
      at: place.decidedAt,
      step: place.step,
      severity: isQuiet ? "info" : "warning",
      payload: {
        stage: "decide",
        decision_action: action,
        decision_reason_code,
        heartbeat_status,
        lease_reason_code,
        takeover_required: action === "TAKEOVER",
        decided_at: formatInstant(place.decidedAt),
        decided_by: place.decidedBy,
        override_reason: place.override?.reason ?? null,
        ...(place.election === null ? {} : electionShown(place.election)),
      },
    },
    dedupKey: `self-heal:${place.task}:${place.run}:${decided(action, place.override)}:${incident}`,
  };
}

const electionShown = ({ candidates, elected }: Election) => ({
  candidates: candidates.map(({ thread_id, beat_at }) => ({ thread_id, beat_at: formatInstant(beat_at) })),
  elected_thread_id: elected.thread_id,
});

/** A person's word on an incident is an action of its own: it does not fall to what was decided without it. */
const decided = (action: string, override: Override | null): string =>
  override === null ? action : `${action}-${override.kind}`;
