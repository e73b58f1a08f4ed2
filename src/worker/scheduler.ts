import type { Host } from "../contracts/index.ts";
import type { Database } from "../store/index.ts";
import type { ClaimedDue } from "./queries.ts";

/**
 * Has runs driven when they are due: now, at a time, or because they were told something. Something durable stands behind
 * it, so that no run is forgotten when processes end. It may call for a run too often and twice at once: claims and commits
 * are fenced in the database, whoever calls.
 */
export interface Scheduler {
  start(): void;
  /** Something became due in this process: look now. */
  nudge(): void;
  /** Resolves when nothing more will be handed over. What was handed over is still being driven. */
  stop(): Promise<void>;
  /** Lets go of what it holds, once every drive has landed. */
  close(): Promise<void>;
}

/** Where due runs are handed over: a worker's side of the port. */
export interface DueDesk {
  /** How many runs may be handed over now. */
  room(): number;
  /**
   * Makes a claim and drives what it took. Resolves when the claim is made, with a promise for each run that resolves when
   * its drive has ended, however it did. A claim that failed takes nothing: the worker's owner is told.
   */
  take(claim: () => Promise<readonly ClaimedDue[]>): Promise<readonly Promise<void>[]>;
}

/** What a scheduler knows of the worker that it serves. */
export interface SchedulerSetting {
  readonly database: Database;
  readonly host: Host;
  readonly workerId: string;
  readonly profile: {
    readonly leaseMs: number;
    readonly beatMs: number;
    readonly runsMax: number;
    readonly pollMs: number;
  };
  /** Told of what should not happen and does not end the scheduler; the run is empty where it is about none. */
  readonly onTrouble: (runId: string, error: unknown) => void;
}

/** Makes the scheduler of one worker, not started yet. */
export type Schedule = (desk: DueDesk, setting: SchedulerSetting) => Scheduler;
