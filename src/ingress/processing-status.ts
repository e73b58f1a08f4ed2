/** Where a stored event stands. APPLIED and REJECTED are final; a bad signature is never stored, so it has no status. */
export type ProcessingStatus = "RECEIVED" | "HELD_ORDERING" | "APPLIED" | "RECONCILE_QUEUED" | "REJECTED";

/** Every move a stored event may make (commerce-kernel 14.3); whatever is not here is a bug. */
export const PROCESSING_MOVES: Readonly<Record<ProcessingStatus, readonly ProcessingStatus[]>> = {
  RECEIVED: ["APPLIED", "HELD_ORDERING", "RECONCILE_QUEUED", "REJECTED"],
  HELD_ORDERING: ["APPLIED", "RECONCILE_QUEUED"],
  RECONCILE_QUEUED: ["APPLIED", "REJECTED"],
  APPLIED: [],
  REJECTED: [],
};

export const mayMove = (from: ProcessingStatus, to: ProcessingStatus): boolean => PROCESSING_MOVES[from].includes(to);
