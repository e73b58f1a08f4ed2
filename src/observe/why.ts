import type { ApprovalRow } from "../approve/index.ts";
import { codeEntry, formatInstant, type Instant, isCode } from "../contracts/index.ts";
import type { LanePhase, RunRow, RunState } from "../run/index.ts";

/** Who may advance a run now, as the database has it. */
export interface LeaseFact {
  /** Null: nobody holds the run. */
  readonly worker_id: string | null;
  readonly epoch: number;
  /** While it is held, when the lease ends; else when the run is due. Null: only being told something makes it due. */
  readonly due_at: Instant | null;
}

/** What a run's state does not hold and its sentence needs. */
export interface WhyFacts {
  readonly row: Pick<RunRow, "run_id" | "status" | "ended_at" | "code">;
  /** The run's approvals, in any order. */
  readonly approvals: readonly Pick<ApprovalRow, "approval_id" | "status" | "tool_name">[];
  /** Null where nobody asked who holds the run: then the sentence says nothing of it. */
  readonly lease: { readonly fact: LeaseFact; readonly now: Instant } | null;
}

/** Where a run is, and what a person can do about it. */
export interface Why {
  /** One sentence without a full stop. */
  readonly says: string;
  /** What can be typed next, and the words that lead to it; null where nothing is to be done. */
  readonly next: { readonly how: string; readonly command: string } | null;
}

/** Both in one line. */
export const whyText = ({ says, next }: Why): string =>
  next === null ? says : `${says}; ${next.how} \`${next.command}\``;

/** One sentence: where a run is and what comes next, or what a person has to do. Pure. */
export function whyOf(state: RunState, facts: WhyFacts): Why {
  if (facts.row.status === "BLOCKED") {
    return {
      says:
        BLOCKS[facts.row.code ?? ""] ??
        "was claimed too often without progress; see its last events and mend the cause",
      next: { how: "then", command: `countermark run resume ${facts.row.run_id}` },
    };
  }
  if (state.outcome !== null) return { says: ending(state, facts), next: afterEnd(state, facts) };
  const abandoned = abandonment(state, facts);
  if (abandoned !== null) return abandoned;
  if (state.status === "PENDING") return { says: "waits for a worker", next: A_WORKER };
  const lane = urgent(state);
  const { says, next } = lane === undefined ? quiet("is between two steps") : laneWhy(lane, facts);
  return { says: `${prefixOf(state)}${says}`, next };
}

const BLOCKS: { readonly [code: string]: string } = {
  E_LEASE_LOST: "lost its holder, whose lease blocks it; see what was in flight",
  E_HANDOFF_FAILED: "was taken over, and what its holder left cannot be applied; see its last events",
  EVENT_LOG_TRUNCATED: "lacks its last entries; `countermark ledger verify` says from where",
  EVENT_LOG_CORRUPT: "has an entry that is not what was written; `countermark ledger verify` says which",
  EVENT_SEQUENCE_GAP: "lacks an entry; `countermark ledger verify` says which",
};

const A_WORKER = { how: "one runs with", command: "countermark dev" } as const;

const quiet = (says: string): Why => ({ says, next: null });

/** Longer than any worker takes to look for what is due. */
const LATE_MS = 5_000;

/** A run that is due and that nobody takes: its holder is gone, or there is no worker. Null where it is in hand or at rest. */
function abandonment(state: RunState, { lease }: WhyFacts): Why | null {
  if (lease === null) return null;
  const { fact, now } = lease;
  if (fact.due_at === null || now < fact.due_at) return null;
  const at = urgent(state)?.step ?? null;
  const where = at === null ? "" : ` at step \`${at}\``;
  const since = clockTime(fact.due_at);
  if (fact.worker_id !== null) {
    const says = `was left${where} by \`${fact.worker_id}\`, whose lease ran out at ${since} under epoch ${fact.epoch}; the next worker takes it over`;
    return { says, next: A_WORKER };
  }
  if (now - fact.due_at < LATE_MS) return null;
  return { says: `is due${where} since ${since}, and no worker has taken it`, next: A_WORKER };
}

/** A run that went well, or was asked to end, leaves nothing to do; one that failed is looked at. */
const afterEnd = ({ outcome, leftover }: RunState, { row }: WhyFacts): Why["next"] =>
  outcome === "UNEXPECTED_FAILURE" || leftover
    ? { how: "see where with", command: `countermark run timeline ${row.run_id}` }
    : null;

function ending(state: RunState, { row }: WhyFacts): string {
  const at = row.ended_at === null ? "" : ` at ${clockTime(row.ended_at)}`;
  const left = state.leftover ? "; something it did could not be undone: settle it by hand" : "";
  switch (state.outcome) {
    case "SUCCESS":
      return `succeeded${at}${left}`;
    case "CANCELLED":
      return `was cancelled${at}${left}`;
    case "EXPECTED_FAILURE":
      return `ended${at} with ${reasonOf(state)}, a failure its workflow allows${left}`;
    case "UNEXPECTED_FAILURE":
    case null:
      return `failed${at}: ${reasonOf(state)}${remedyOf(state.code)}${left}`;
  }
}

function reasonOf({ code, failure }: RunState): string {
  if (code === null) return "no reason was recorded";
  const where = failure?.step == null ? "" : ` at step \`${failure.step}\``;
  return `${code}${where}${failure === null ? "" : ` (${failure.message})`}`;
}

const remedyOf = (code: string | null): string => (code !== null && isCode(code) ? `; ${codeEntry(code).remedy}` : "");

function prefixOf({ stage, failure, cancel_requested }: RunState): string {
  if (stage === "forward" || stage === "closing") return cancel_requested ? "is being cancelled: " : "";
  const reason = failure === null ? "" : ` after ${failure.code}`;
  return stage === "handling" ? `handles its failure${reason}: ` : `undoes what it did${reason}: `;
}

interface At {
  readonly step: string | null;
  readonly phase: LanePhase;
}

/** Phases in the order in which they matter to a person: what only people move comes first. */
const URGENCY: readonly LanePhase["kind"][] = [
  "unknown",
  "approval",
  "interrupted",
  "asking",
  "waiting",
  "retry",
  "ready",
  "branching",
];

function urgent({ lanes, compensation, agents }: RunState): At | undefined {
  const undoing: readonly At[] =
    compensation === null
      ? []
      : [
          ...compensation.escalated,
          { step: compensation.plan[compensation.at] ?? compensation.held[0] ?? null, phase: compensation.phase },
        ];
  const asking = Object.entries(agents).flatMap(([step, { interrupts }]) =>
    interrupts.flatMap(({ decision, attempt, approval_id, timeout_at }): readonly At[] =>
      decision === null ? [{ step, phase: { kind: "approval", attempt, approval_id, timeout_at } }] : [],
    ),
  );
  const places: readonly At[] = [...undoing, ...asking, ...Object.values(lanes)];
  return URGENCY.map((kind) => places.find(({ phase }) => phase.kind === kind)).find((place) => place !== undefined);
}

function laneWhy({ step, phase }: At, facts: WhyFacts): Why {
  const at = `step \`${step ?? ""}\``;
  switch (phase.kind) {
    case "approval":
      return approvalWhy(phase, facts.approvals);
    case "unknown":
      return unknownWhy(at, phase, facts.row.run_id);
    case "waiting":
      return waitingWhy(at, phase, facts.row.run_id);
    case "retry":
      return quiet(`tries ${at} again at ${clockTime(phase.at)} (attempt ${phase.attempt})`);
    case "interrupted":
      return quiet(`waits for people to decide what the agent at ${at} asked`);
    case "asking":
      return quiet(`is about to ask whether the branches of ${at} are undone`);
    case "branching":
      return quiet(`does the branches of ${at}`);
    case "ready":
      return quiet(`is at ${at} (attempt ${phase.attempt})${holder(facts)}`);
    case "succeeded":
    case "failed":
    case "ignored":
    case "cancelled":
      return quiet(`has ended ${at}`);
  }
}

/** Whose hands a run is in that moves by itself. */
function holder({ lease }: WhyFacts): string {
  if (lease === null || lease.fact.worker_id === null || lease.fact.due_at === null) return "";
  const { worker_id, epoch, due_at } = lease.fact;
  return `, in the hands of \`${worker_id}\` under epoch ${epoch}, whose lease lasts until ${clockTime(due_at)} unless it is renewed`;
}

function unknownWhy(at: string, { look_at, code }: Extract<LanePhase, { kind: "unknown" }>, runId: string): Why {
  const says = `does not know whether ${at} took effect (${code})`;
  if (look_at !== null) return quiet(`${says}; it looks again at ${clockTime(look_at)}`);
  const how = "look it up at the provider, then settle it with";
  return { says, next: { how, command: `countermark run resolve ${runId}` } };
}

function approvalWhy(
  { approval_id, timeout_at }: Extract<LanePhase, { kind: "approval" }>,
  approvals: WhyFacts["approvals"],
): Why {
  const approval = approvals.find((row) => row.approval_id === approval_id);
  if (approval !== undefined && approval.status !== "PENDING") {
    return quiet(`goes on now that its approval is ${approval.status}`);
  }
  const what = approval?.tool_name ?? "its call";
  return {
    says: `waits for an approver to decide ${what} until ${clockTime(timeout_at)}`,
    next: { how: "approve it with", command: `countermark approve ${approval_id}` },
  };
}

function waitingWhy(at: string, phase: Extract<LanePhase, { kind: "waiting" }>, runId: string): Why {
  if (phase.event_type !== null) {
    const entity = typeof phase.entity_id === "string" ? phase.entity_id : null;
    const about = entity === null ? "" : ` about \`${entity}\``;
    const command = `countermark run signal ${runId} ${phase.event_type}${entity === null ? "" : ` --entity ${entity}`}`;
    return {
      says: `waits at ${at} for the event \`${phase.event_type}\`${about} until ${clockTime(phase.until)}`,
      next: { how: "where it happened and nobody said so, tell it with", command },
    };
  }
  if (phase.poll_at !== null) return quiet(`polls at ${at}, next at ${clockTime(phase.poll_at)}`);
  return {
    says: `waits at ${at} until ${clockTime(phase.until)}`,
    next: { how: "where a person may resume it,", command: `countermark run resume ${runId}` },
  };
}

/** `12:05 UTC`, with the day, since runs wait for days: `2026-01-02 12:05 UTC`. */
const clockTime = (at: Instant): string => {
  const text = formatInstant(at);
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
};
