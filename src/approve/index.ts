/** Human decisions bound to exactly what was previewed. */

export { CHANGE_MACHINE, type ChangeState, changeState } from "./change-machine.ts";
export {
  type Approver,
  approverBar,
  closedBar,
  type DecidePorts,
  type DecisionRequest,
  type DecisionResult,
  decide,
  driftOf,
} from "./decide.ts";
export { type BaseRevision, type Preview, readPreview, type SealedPreview, sealPreview } from "./preview.ts";
export {
  type ApprovalRow,
  type ApprovalStatus,
  approvalsOfCalls,
  approversOf,
  type CallApprovals,
  type DecisionRow,
  decisionsOf,
  findApproval,
  listApprovals,
  pendingApprovals,
} from "./queries.ts";
export { approvalToken, type TokenBinding, tokenDigest } from "./token.ts";
