import type { Approval, Environments, Evaluation, GateRow, Run, RunSummary } from "../api/wire.ts";

/** How a status looks: a colour, and a mark for those who see none. */
export type Tone = "good" | "busy" | "wait" | "bad" | "idle";

export interface Look {
  readonly label: string;
  readonly tone: Tone;
}

export const MARKS: { readonly [T in Tone]: string } = { good: "✓", busy: "▸", wait: "◔", bad: "✕", idle: "○" };

const look = (label: string, tone: Tone): Look => ({ label, tone });

export const RUN_LOOKS: { readonly [S in RunSummary["status"]]: Look } = {
  PENDING: look("pending", "idle"),
  RUNNING: look("running", "busy"),
  SUSPENDED_HITL: look("awaits approval", "wait"),
  SUSPENDED_WAIT: look("waiting", "idle"),
  COMPENSATING: look("compensating", "wait"),
  BLOCKED: look("blocked", "bad"),
  SUCCEEDED: look("succeeded", "good"),
  FAILED_EXPECTED: look("failed as expected", "idle"),
  FAILED_UNEXPECTED: look("failed", "bad"),
  CANCELLED: look("cancelled", "idle"),
};

export const APPROVAL_LOOKS: { readonly [S in Approval["status"]]: Look } = {
  PENDING: look("waiting", "wait"),
  APPROVED: look("approved", "good"),
  DENIED: look("denied", "bad"),
  TIMED_OUT: look("expired", "idle"),
  VOIDED: look("voided", "bad"),
  CANCELLED: look("cancelled", "idle"),
};

export const RECEIPT_LOOKS: { readonly [S in Run["receipts"][number]["status"]]: Look } = {
  claimed: look("claimed", "busy"),
  confirmed: look("confirmed", "good"),
  contradicted: look("contradicted", "bad"),
  unknown: look("unknown", "wait"),
};

export const GATE_LOOKS: { readonly [S in GateRow["status"]]: Look } = {
  PASS: look("pass", "good"),
  FAIL: look("fail", "bad"),
  UNKNOWN: look("unknown", "wait"),
  INSUFFICIENT: look("too few", "wait"),
};

export const VERDICT_LOOKS: { readonly [V in Evaluation["verdict"]]: Look } = {
  GO: look("GO", "good"),
  "NO-GO": look("NO-GO", "bad"),
};

type Health = NonNullable<Environments["environments"][number]["bundle"]>["health"];

export const HEALTH_LOOKS: { readonly [H in Health]: Look } = {
  pending: look("not judged yet", "wait"),
  good: look("healthy", "good"),
  bad: look("marked bad", "bad"),
};
