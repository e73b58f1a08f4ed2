import { z } from "zod";
import {
  accepted,
  digestOf,
  firstIssue,
  type Json,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";

/**
 * What one holder of a run leaves to the next: which steps are done, which may go on, what is still open.
 *
 * P1  A package is what its hash says, and of the run that it names; otherwise it is refused as a whole.
 * P2  The record decides what may go on, and a package never makes undone what the record has done.
 * P3  Building and applying the same twice gives the same.
 */

export interface AcceptanceItem {
  readonly step_id: string;
  readonly criterion: string;
}

export interface HandoffPackage {
  readonly schema_version: "1.0.0";
  readonly task_id: string;
  readonly run_id: string;
  readonly current_step: string | null;
  readonly open_acceptance_items: readonly AcceptanceItem[];
  readonly evidence_paths: readonly string[];
  readonly next_action: "resume" | "complete";
  readonly resumable_step_ids: readonly string[];
  readonly skipped_step_ids: readonly string[];
  readonly step_status: {
    readonly accepted: readonly string[];
    readonly failed: readonly string[];
    readonly pending: readonly string[];
  };
  /** RFC 3339. */
  readonly created_at: string;
  readonly package_hash: string;
  readonly epoch?: number;
  readonly checkpoint_id?: string;
  /** The last event that its builder knew of. */
  readonly event_seq?: number;
  readonly pending_approvals?: readonly string[];
}

/** A step of a run as a handoff sees it. */
export interface HandoffStep {
  readonly id: string;
  /** What the run's record says of it; empty for nothing. */
  readonly marker: string;
  readonly acceptance_criteria: readonly string[];
  readonly expected_outputs: readonly string[];
}

export interface HandoffRun {
  /** Null where the record does not name them: then the package does. */
  readonly task_id: string | null;
  readonly run_id: string | null;
  readonly current_step: string | null;
  readonly steps: readonly HandoffStep[];
}

export type StepClass = "accepted" | "failed" | "pending";

const ACCEPTED = /^(?:accepted|done|completed|passed|verified)(?:[_-]|$)/;
const FAILED = /failed|^(?:error|blocked)$/;

/** What a marker says of its step. Ours come from a closed list; parts of words are read for what others have written. */
export function classOf(marker: string): StepClass {
  if (ACCEPTED.test(marker)) return "accepted";
  return FAILED.test(marker) ? "failed" : "pending";
}

export interface BuildOptions {
  readonly createdAt: string;
  /** Accepted steps too. */
  readonly includeAccepted?: boolean;
  /** In the place of the expected outputs of what may go on. */
  readonly evidencePaths?: readonly string[];
  readonly epoch?: number;
  readonly checkpointId?: string;
  readonly eventSeq?: number;
  readonly pendingApprovals?: readonly string[];
}

/** The package of a run as its record has it. Refused: E_HANDOFF_FAILED for a run without ids. */
export function buildHandoff(run: HandoffRun, options: BuildOptions): Result<HandoffPackage> {
  const { task_id, run_id } = run;
  if (task_id === null || run_id === null) return rejected(wrong("the run has no ids"));
  const { resumable, skipped } = split(run.steps, options.includeAccepted ?? false);
  const current = currentOf(run.current_step, resumable);
  const fields = {
    schema_version: "1.0.0" as const,
    task_id,
    run_id,
    current_step: current,
    open_acceptance_items: resumable.flatMap(({ id, acceptance_criteria }) =>
      acceptance_criteria.map((criterion) => ({ step_id: id, criterion })),
    ),
    evidence_paths: options.evidencePaths ?? resumable.flatMap(({ expected_outputs }) => expected_outputs),
    next_action: nextAction(current),
    resumable_step_ids: idsOf(resumable),
    skipped_step_ids: idsOf(skipped),
    step_status: {
      accepted: ofClass(run.steps, "accepted"),
      failed: ofClass(run.steps, "failed"),
      pending: ofClass(run.steps, "pending"),
    },
    created_at: options.createdAt,
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
    ...(options.checkpointId === undefined ? {} : { checkpoint_id: options.checkpointId }),
    ...(options.eventSeq === undefined ? {} : { event_seq: options.eventSeq }),
    ...(options.pendingApprovals === undefined ? {} : { pending_approvals: options.pendingApprovals }),
  };
  return accepted({ ...fields, package_hash: handoffHash(fields) });
}

/** The SHA-256 of a package's canonical text without its own hash. */
export function handoffHash({
  package_hash: _own,
  ...fields
}: Omit<HandoffPackage, "package_hash"> & { readonly package_hash?: string }): string {
  const plain: JsonObject = JSON.parse(JSON.stringify(fields));
  return digestOf(plain);
}

/** What a successor does with a package. */
export interface AppliedHandoff {
  readonly task_id: string;
  readonly run_id: string;
  readonly current_step: string | null;
  readonly resume_step_id: string | null;
  readonly next_action: "resume" | "complete";
  readonly resumable_step_ids: readonly string[];
  readonly skipped_step_ids: readonly string[];
  readonly failed_step_ids: readonly string[];
  readonly pending_step_ids: readonly string[];
  /** STALE_HANDOFF: the record had gone on since the package was built, and was followed. */
  readonly warnings: readonly "STALE_HANDOFF"[];
}

/** Applies a package to the run as its record has it. Refused: E_HANDOFF_FAILED. */
export function applyHandoff(
  handoff: HandoffPackage,
  run: HandoffRun,
  { eventSeq }: { readonly eventSeq: number | null },
): Result<AppliedHandoff> {
  const problem = mismatch(handoff, run);
  if (problem !== null) return rejected(wrong(problem)); // P1
  const steps = run.steps.length === 0 ? stepsFrom(handoff) : run.steps;
  const { resumable, skipped } = split(steps, false); // P2
  const wanted = [run.current_step, handoff.current_step].find((id) => idsOf(resumable).includes(id ?? ""));
  const resume = wanted ?? resumable[0]?.id ?? null;
  const isStale = handoff.event_seq !== undefined && eventSeq !== null && handoff.event_seq < eventSeq;
  const told = handoff.resumable_step_ids.filter((id) => !handoff.step_status.accepted.includes(id));
  const contradicts = idsOf(resumable).join() !== told.join() || resume !== handoff.current_step;
  return accepted({
    task_id: run.task_id ?? handoff.task_id,
    run_id: run.run_id ?? handoff.run_id,
    current_step: resume,
    resume_step_id: resume,
    next_action: nextAction(resume),
    resumable_step_ids: idsOf(resumable),
    skipped_step_ids: idsOf(skipped),
    failed_step_ids: ofClass(steps, "failed"),
    pending_step_ids: ofClass(steps, "pending"),
    warnings: isStale && contradicts ? ["STALE_HANDOFF"] : [],
  });
}

/** Members of the run's record that an applied package writes; lists are joined by commas, and what is empty is `none`. */
export const handoffMarkers = (
  applied: Omit<AppliedHandoff, "task_id" | "run_id" | "current_step" | "warnings">,
): { readonly [name: string]: string } => ({
  handoff_resume_step: applied.resume_step_id ?? NONE,
  handoff_next_action: applied.next_action,
  handoff_resumable_steps: joined(applied.resumable_step_ids),
  handoff_skipped_steps: joined(applied.skipped_step_ids),
  handoff_failed_steps: joined(applied.failed_step_ids),
  handoff_pending_steps: joined(applied.pending_step_ids),
});

const NONE = "none";

const joined = (steps: readonly string[]): string => (steps.length === 0 ? NONE : steps.join(","));

/** The payload of the event that a package was applied. */
export const appliedPayload = (applied: AppliedHandoff, takeoverAt: string): JsonObject => ({
  operation: "HANDOFF_APPLIED",
  takeover_at: takeoverAt,
  resume_step_id: applied.resume_step_id,
  next_action: applied.next_action,
  resumable_step_ids: [...applied.resumable_step_ids],
  skipped_step_ids: [...applied.skipped_step_ids],
  failed_step_ids: [...applied.failed_step_ids],
  pending_step_ids: [...applied.pending_step_ids],
  warnings: [...applied.warnings],
});

/** The payload of the event that one was not. */
export const failedPayload = ({ message }: Pick<Refusal, "message">): JsonObject => ({
  operation: "HANDOFF_APPLY_FAILED",
  reason_code: "HANDOFF_APPLY_ERROR",
  error: message,
});

const word = z.string().min(1);
const words = z.array(z.string()).readonly();

/** Members beside these are kept: the package's hash covers them. */
const shape = z.looseObject({
  schema_version: z.literal("1.0.0"),
  task_id: word,
  run_id: word,
  current_step: word.nullable(),
  open_acceptance_items: z.array(z.looseObject({ step_id: word, criterion: word })).readonly(),
  evidence_paths: words,
  next_action: z.enum(["resume", "complete"]),
  resumable_step_ids: words,
  skipped_step_ids: words,
  step_status: z.looseObject({ accepted: words, failed: words, pending: words }),
  created_at: word,
  package_hash: word,
  epoch: z.int().min(0).exactOptional(),
  checkpoint_id: word.exactOptional(),
  event_seq: z.int().min(0).exactOptional(),
  pending_approvals: words.exactOptional(),
});

/** Reads a package from outside. Refused: E_HANDOFF_FAILED, which names the field. */
export function parseHandoff(value: Json): Result<HandoffPackage> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return accepted(parsed.data);
  const { field_path, message } = firstIssue(parsed.error);
  return rejected({ ...wrong(`\`${field_path}\` of the package: ${message}`), field_path });
}

function mismatch(handoff: HandoffPackage, run: HandoffRun): string | null {
  if (handoffHash(handoff) !== handoff.package_hash) return "the package does not hash to what it says";
  if (run.run_id !== null && run.run_id !== handoff.run_id) return "the package is of another run";
  if (run.task_id !== null && run.task_id !== handoff.task_id) return "the package is of another task";
  return null;
}

const wrong = (message: string): Refusal => ({ code: "E_HANDOFF_FAILED", message });

function split(steps: readonly HandoffStep[], includeAccepted: boolean) {
  const isDone = (step: HandoffStep) => classOf(step.marker) === "accepted";
  const resumable = includeAccepted ? steps : steps.filter((step) => !isDone(step));
  return { resumable, skipped: includeAccepted ? [] : steps.filter(isDone) };
}

const currentOf = (current: string | null, resumable: readonly HandoffStep[]): string | null =>
  resumable.find(({ id }) => id === current)?.id ?? resumable[0]?.id ?? null;

const nextAction = (current: string | null): "resume" | "complete" => (current === null ? "complete" : "resume");

const idsOf = (steps: readonly HandoffStep[]): string[] => steps.map(({ id }) => id);

const ofClass = (steps: readonly HandoffStep[], wanted: StepClass): string[] =>
  idsOf(steps.filter(({ marker }) => classOf(marker) === wanted));

/** The steps that a package knows of, for a record that has none: those that may go on in the package's order. */
function stepsFrom({ step_status, resumable_step_ids: resumable }: HandoffPackage): readonly HandoffStep[] {
  const steps = (["accepted", "failed", "pending"] as const).flatMap((marker) =>
    step_status[marker].map((id) => ({ id, marker, acceptance_criteria: [], expected_outputs: [] })),
  );
  return steps.toSorted((one, other) => resumable.indexOf(one.id) - resumable.indexOf(other.id));
}
