import { after, type Instant, instant } from "../../../contracts/index.ts";
import type { Manifest } from "./manifest.ts";

/** The instants between which a signoff looks, each half open. */
export interface SignoffWindow {
  readonly start: Instant;
  readonly end: Instant;
  /** Outcomes of what began before `end` are seen until here. */
  readonly cutoff: Instant;
}

/** Seven days. */
const LENGTH_MS = 604_800_000;
/** The least time that is given to attempts to end: two hours. */
const SETTLE_SECONDS_MIN = 7_200;

/** How long an attempt that entered the window may take to end: what its timers add up to, and two hours at least. */
export const settleSeconds = ({ timers }: Manifest): number =>
  Math.max(
    SETTLE_SECONDS_MIN,
    timers.pendingSeconds + timers.approvalTtlSeconds + timers.ackSeconds + timers.recoverySeconds,
  );

export function signoffWindow(manifest: Manifest, decisionAt: Instant): SignoffWindow {
  const cutoff = instant(Math.floor(decisionAt / 1000) * 1000);
  const end = after(cutoff, -settleSeconds(manifest) * 1000);
  return { start: after(end, -LENGTH_MS), end, cutoff };
}

/** Whether something happened in the window in which populations are counted. */
export const isInWindow = (at: Instant, { start, end }: SignoffWindow): boolean => start <= at && at < end;
