import type { JsonObject } from "../contracts/index.ts";
import type { SealedEvent } from "../ledger/index.ts";
import type { RunOutcome, RunStatus } from "../run/index.ts";

/** What one step of one run makes true together: run row, events, and what `extras` names. All of it, or nothing. */
export interface Commit {
  readonly tenantId: string;
  readonly runId: string;
  /** The fence: the epoch of the lease and the version that the run row must still have. */
  readonly epoch: number;
  readonly version: number;
  readonly status: RunStatus;
  readonly outcome: RunOutcome | null;
  readonly code: string | null;
  /** They follow the run's head, and the last becomes it. */
  readonly events: readonly SealedEvent[];
  /** The folded run as JSON text, at a rest with many events before it; null keeps the stored one. */
  readonly snapshot: string | null;
  readonly documentSha256: string | null;
  readonly costMicros: number;
  /** Gives up the lease; the run is due again in `dueInMs`, null for never, or when told something. */
  readonly release: boolean;
  /** A time from now, since another clock than ours says when it has passed. */
  readonly dueInMs: number | null;
  /** Inbox entries folded so far, this commit's included. */
  readonly folded: number;
  readonly extras: CommitExtras | null;
}

/** Rows beside the run row, in their tables' wire names; see `write_extras`. */
export interface CommitExtras {
  readonly settle?: readonly JsonObject[];
  readonly receipts?: readonly JsonObject[];
  readonly receipt_events?: readonly JsonObject[];
  readonly entities?: readonly JsonObject[];
  readonly approvals?: readonly JsonObject[];
  readonly close_approvals?: readonly JsonObject[];
  readonly escalate_approvals?: readonly JsonObject[];
  readonly breakers?: readonly JsonObject[];
  readonly start_runs?: readonly JsonObject[];
  /** Inbox entries that this commit's events fold. */
  readonly folded?: readonly string[];
  /** What an agent's graph stored; see `write_agent_rows`. */
  readonly agent?: AgentRows;
  readonly intent?: Intent;
}

export interface AgentRows {
  readonly checkpoints?: readonly JsonObject[];
  readonly writes?: readonly JsonObject[];
  /** The approval whose decision the graph was resumed with. */
  readonly consume?: string;
}

/** The claims of one call's intent; they commit together or the call does not happen. */
export interface Intent {
  /** Facts that the guards judged by; another revision means they must judge again. */
  readonly control_revision: number;
  /** A request for approval; only one may be pending for a call. */
  readonly request?: JsonObject;
  readonly rate?: { readonly tool: string; readonly limit: number };
  readonly reservation?: JsonObject;
  readonly approval_id?: string;
  readonly probe?: JsonObject;
}

export type LostClaim = "control" | "request" | "rate" | "reservation" | "approval" | "base" | "probe";

export type CommitResult =
  /** Another holder has the run, or it moved: nothing was written. */
  | { readonly kind: "fenced" }
  | {
      readonly kind: "committed";
      readonly lostClaim: LostClaim | null;
      /** Entities whose version had moved, so that their change is open; null when all were written. */
      readonly conflict: string | null;
      readonly controlRevision: number;
    };

/** `extras` as the text that the database reads, null when there are none. */
export const extrasText = (extras: CommitExtras | null): string | null =>
  extras === null || Object.keys(extras).length === 0 ? null : JSON.stringify(extras);
