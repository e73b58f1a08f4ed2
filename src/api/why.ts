import type { ApprovalRow } from "../approve/index.ts";
import { codeEntry, formatInstant, type Instant, isCode } from "../contracts/index.ts";
import type { LanePhase, RunRow, RunState } from "../run/index.ts";

/** What a run's state does not hold and its sentence needs. */
export interface WhyFacts {
  readonly row: Pick<RunRow, "run_id" | "status" | "ended_at">;
  /** The run's approvals, in any order. */
  readonly approvals: readonly Pick<ApprovalRow, "approval_id" | "status" | "tool_name">[];
}

/** One sentence: where a run is and what comes next, or what a person has to do. Pure. */
export function whyOf(state: RunState, facts: WhyFacts): string {
  if (facts.row.status === "BLOCKED") {
    return `was claimed too often without progress; see its last events, mend the cause, then \`countermark run resume ${facts.row.run_id}\``;
  }
  if (state.outcome !== null) return ending(state, facts);
  if (state.status === "PENDING") return "waits for a worker; one runs with `countermark dev`";
  const lane = urgent(state);
  const doing = lane === undefined ? "is between two steps" : laneSentence(lane, facts);
  return `${prefixOf(state)}${doing}`;
}

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
  "asking",
  "waiting",
  "retry",
  "ready",
  "branching",
];

function urgent({ lanes, compensation }: RunState): At | undefined {
  const undoing: readonly At[] =
    compensation === null
      ? []
      : [
          ...compensation.escalated,
          { step: compensation.plan[compensation.at] ?? compensation.held[0] ?? null, phase: compensation.phase },
        ];
  const places: readonly At[] = [...undoing, ...Object.values(lanes)];
  return URGENCY.map((kind) => places.find(({ phase }) => phase.kind === kind)).find((place) => place !== undefined);
}

function laneSentence({ step, phase }: At, { row, approvals }: WhyFacts): string {
  const at = `step \`${step ?? ""}\``;
  switch (phase.kind) {
    case "approval":
      return approvalSentence(phase, approvals);
    case "unknown":
      return phase.look_at === null
        ? `does not know whether ${at} took effect (${phase.code}); look it up at the provider, then settle it with \`countermark run resolve ${row.run_id}\``
        : `does not know whether ${at} took effect (${phase.code}); it looks again at ${clockTime(phase.look_at)}`;
    case "waiting":
      return waitingSentence(at, phase, row.run_id);
    case "retry":
      return `tries ${at} again at ${clockTime(phase.at)} (attempt ${phase.attempt})`;
    case "asking":
      return `is about to ask whether the branches of ${at} are undone`;
    case "branching":
      return `does the branches of ${at}`;
    case "ready":
      return `is at ${at} (attempt ${phase.attempt})`;
    case "succeeded":
    case "failed":
    case "ignored":
    case "cancelled":
      return `has ended ${at}`;
  }
}

function approvalSentence(
  { approval_id, timeout_at }: Extract<LanePhase, { kind: "approval" }>,
  approvals: WhyFacts["approvals"],
): string {
  const approval = approvals.find((row) => row.approval_id === approval_id);
  if (approval !== undefined && approval.status !== "PENDING") {
    return `goes on now that its approval is ${approval.status}`;
  }
  const what = approval?.tool_name ?? "its call";
  return `waits for an approver to decide ${what} until ${clockTime(timeout_at)}; approve it with \`countermark approve ${approval_id}\``;
}

function waitingSentence(at: string, phase: Extract<LanePhase, { kind: "waiting" }>, runId: string): string {
  if (phase.event_type !== null) {
    const about = typeof phase.entity_id === "string" ? ` about \`${phase.entity_id}\`` : "";
    return `waits at ${at} for the event \`${phase.event_type}\`${about} until ${clockTime(phase.until)}`;
  }
  if (phase.poll_at !== null) return `polls at ${at}, next at ${clockTime(phase.poll_at)}`;
  return `waits at ${at} until ${clockTime(phase.until)}, or until \`countermark run resume ${runId}\` where a person may resume it`;
}

/** `12:05 UTC`, with the day, since runs wait for days: `2026-01-02 12:05 UTC`. */
const clockTime = (at: Instant): string => {
  const text = formatInstant(at);
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
};
