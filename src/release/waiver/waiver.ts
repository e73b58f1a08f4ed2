import { type Instant, statusMachine } from "../../contracts/index.ts";
import type { Waiver } from "../../gate/index.ts";

/** Where a waiver stands: asked for, in force, taken back, or over. */
export type WaiverState = "requested" | "approved" | "revoked" | "expired";

/** Legal moves of a waiver; the database holds that what is revoked or expired stays so. */
export const WAIVER_MACHINE = statusMachine<WaiverState>(
  { name: "a waiver", version: "1" },
  { requested: ["approved", "revoked", "expired"], approved: ["revoked", "expired"], revoked: [], expired: [] },
);

/** A waiver as it is kept. */
export interface StoredWaiver {
  readonly waiver_id: string;
  readonly policy_id: string;
  /** The row of the decision that it covers. */
  readonly gate: string;
  /** What the decision is about, such as a bundle's root digest; null for decisions about nothing in particular. */
  readonly subject: string | null;
  /** As it was recorded; `stateAt` says what it is by now. */
  readonly state: WaiverState;
  readonly waiver: Waiver;
  readonly approvals_needed: number;
  /** Roles that one of the approvers has to have, each. */
  readonly roles_needed: readonly string[];
  readonly created_at: Instant;
  readonly expires_at: Instant;
  /** Since when it may be used; null while approvals are missing. */
  readonly in_force_at: Instant | null;
  /** When it was revoked, or expired. */
  readonly ended_at: Instant | null;
}

/** Where a waiver stands at an instant: time ends it, whether or not somebody has recorded that. */
export const stateAt = (
  { state, expires_at }: Pick<StoredWaiver, "state" | "expires_at">,
  now: Instant,
): WaiverState => (state !== "revoked" && now >= expires_at ? "expired" : state);

/** What a waiver lacks to come into force. */
export interface Lack {
  /** How many more people have to approve it. */
  readonly approvals: number;
  /** Roles that no approver has yet. */
  readonly roles: readonly string[];
}

/** What is missing: people are counted, not approvals. */
export function lackOf({ waiver, approvals_needed, roles_needed }: StoredWaiver): Lack {
  const { approvals } = waiver;
  const people = new Set(approvals.map(({ approver }) => approver)).size;
  const roles = roles_needed.filter((role) => !approvals.some((approval) => approval.role === role));
  return { approvals: Math.max(approvals_needed - people, 0), roles };
}

/** The stream in which what becomes of a waiver is recorded. */
export const streamOfWaiver = (waiverId: string): string => `waiver:${waiverId}`;
