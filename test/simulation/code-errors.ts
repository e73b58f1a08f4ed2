import { instant } from "../../src/contracts/index.ts";
import type { resolveCall } from "../../src/guard/resolve.ts";
import type { RunEvent } from "../../src/run/index.ts";
import type { takeoverEvents } from "../../src/worker/continuity/takeover-events.ts";

/** Errors in functions of the program, by what they do. */
export type CodeError =
  | "codes by chance"
  | "another contract"
  | "resumes elsewhere"
  | "another reason"
  | "adopts what is lost"
  | "the wall clock"
  | "no fresh lease"
  | "keys of attempts"
  | "keys of epochs";

type Facts = Parameters<typeof takeoverEvents>[0];

/** The facts of a takeover as an error changes them. */
export function brokenFacts(error: CodeError | null, facts: Facts): Facts {
  switch (error) {
    case "resumes elsewhere":
      return { ...facts, resumed: facts.resumed.map((step) => `${step} elsewhere`) };
    case "another reason":
      return { ...facts, reasonCode: "HEARTBEAT_WARNING_OBSERVE_ONLY" };
    case "adopts what is lost":
      return { ...facts, adopted: facts.failed, failed: [] };
    case "the wall clock":
      return { ...facts, takeoverAt: instant(Date.now()) };
    case "no fresh lease":
      return { ...facts, resumed: [] };
    default:
      return facts;
  }
}

/** A call whose key names something that changes from try to try. */
export function keyedBy(resolution: ReturnType<typeof resolveCall>, named: number): ReturnType<typeof resolveCall> {
  if (!resolution.ok || resolution.resolved.internalKey === null) return resolution;
  const { resolved } = resolution;
  return { ok: true, resolved: { ...resolved, internalKey: `${resolved.internalKey}:${named}` } };
}

/** A failure whose code says how often one was decided, which nobody records. */
export const countedFailure = (event: RunEvent, times: number): RunEvent =>
  event.type === "step.failed"
    ? { ...event, payload: { ...event.payload, code: `${event.payload.code}_${times}` } }
    : event;
