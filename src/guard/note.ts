import type { Severity } from "../contracts/index.ts";
import type { Finding } from "../ledger/index.ts";
import type { CallRequest, IdempotencyRecord } from "./call.ts";
import { placeOf } from "./storable.ts";

/*
 * What a call did that somebody must hear of, noted in the run's stream with the step that found it. A note moves no run, and
 * never holds what a scanner found.
 */

/** Where in a call a scanner found something. */
export type ScannedPart = "input" | "output" | "entity" | "error" | "approval" | "proposal" | "question";

/** What the scanners found in one part of a call. */
export interface Scanned {
  readonly part: ScannedPart;
  readonly findings: readonly Finding[];
}

interface OfCall {
  readonly tool: string;
  readonly attempt: number;
}

/** A detector found something at one place of a contract's documents. */
export interface ScannerDetected extends OfCall {
  readonly part: ScannedPart;
  readonly kind: Finding["kind"];
  readonly detector: string;
  /** The path by which an annotation names the place. */
  readonly field_path: string;
  readonly alert: Finding["alert"];
  readonly hits: number;
}

/** A call got the result of another request that has the same key. */
export interface IdempotencyCollided extends OfCall {
  readonly internal_key: string;
  readonly first_run: string;
  readonly first_step: string;
  readonly receipt_id: string | null;
}

interface Note<Type extends string, Payload> {
  readonly type: Type;
  readonly step: string;
  readonly severity: Severity;
  readonly payload: Payload;
}

/** A note as the call makes it; the run's writer adds the instant. Recorded for ever: no member changes its meaning. */
export type CallNote = Note<"scanner.detected", ScannerDetected> | Note<"idempotency.collided", IdempotencyCollided>;

export const NO_NOTES: readonly CallNote[] = [];

/** The call that a note is of. */
export type NotedCall = Pick<CallRequest, "tool" | "stepId" | "attempt">;

/** Notes that one call makes; one that finds more tells the gravest, and its trace the rest. */
const NOTES_MAX = 20;

/**
 * One note for each place of the contract's documents at which a detector found something, however many elements of a list have
 * it: one annotation mends them all. The gravest first.
 */
export function scannerNotes({ tool, stepId, attempt }: NotedCall, scanned: readonly Scanned[]): readonly CallNote[] {
  if (scanned.every(({ findings }) => findings.length === 0)) return NO_NOTES;
  const places = new Map<string, ScannerDetected>();
  for (const { part, findings } of scanned) {
    for (const finding of findings) {
      const { kind, detector, alert } = finding;
      const field_path = placeOf(finding);
      const key = [part, kind, detector, field_path].join(" ");
      const hits = (places.get(key)?.hits ?? 0) + 1;
      places.set(key, { tool, attempt, part, kind, detector, field_path, alert, hits });
    }
  }
  const found = [...places.values()];
  return [...found.filter(isGrave), ...found.filter((one) => !isGrave(one))].slice(0, NOTES_MAX).map((payload) => ({
    type: "scanner.detected",
    step: stepId,
    severity: isGrave(payload) ? "error" : "warning",
    payload,
  }));
}

const isGrave = ({ alert }: ScannerDetected): boolean => alert === "P1";

/** Two requests under one key: the later one was not made, and got the result of the first. */
export const collisionNote = (
  { tool, stepId, attempt }: NotedCall,
  { internal_key, run_id, step_id, receipt_id }: IdempotencyRecord,
): CallNote => ({
  type: "idempotency.collided",
  step: stepId,
  severity: "warning",
  payload: { tool, attempt, internal_key, first_run: run_id, first_step: step_id, receipt_id },
});
