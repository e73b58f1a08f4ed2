import { addKeyEndpoint, addTenantEndpoint, listTenantsEndpoint, meEndpoint } from "./endpoints/administration.ts";
import { listAlertsEndpoint } from "./endpoints/alerts.ts";
import { decideEndpoint, listApprovalsEndpoint, showApprovalEndpoint } from "./endpoints/approvals.ts";
import {
  disableBetaEndpoint,
  enableBetaEndpoint,
  reportBetaIncidentEndpoint,
  showBetaEndpoint,
} from "./endpoints/beta.ts";
import { addBindingEndpoint, listBindingsEndpoint, removeBindingEndpoint } from "./endpoints/bindings.ts";
import { listBreakersEndpoint, resetBreakerEndpoint } from "./endpoints/breakers.ts";
import { listBundlesEndpoint, showBundleEndpoint } from "./endpoints/bundles.ts";
import { callEndpoint } from "./endpoints/calls.ts";
import {
  approvePromotionEndpoint,
  followEnvironmentEndpoint,
  lookAtCanaryEndpoint,
  setEnvironmentEndpoint,
} from "./endpoints/canary.ts";
import { changesEndpoint, overviewEndpoint, signInCodeEndpoint } from "./endpoints/console.ts";
import { listContinuityEndpoint } from "./endpoints/continuity.ts";
import {
  discardLetterEndpoint,
  listLettersEndpoint,
  needsPersonEndpoint,
  requeueLetterEndpoint,
  resolveLetterEndpoint,
  showLetterEndpoint,
} from "./endpoints/dead-letters.ts";
import { diagnoseRunEndpoint, runRecoveryEndpoint, runTimelineEndpoint } from "./endpoints/diagnosis.ts";
import {
  environmentHealthEndpoint,
  environmentHistoryEndpoint,
  judgeRollbackEndpoint,
  liftHoldEndpoint,
  listEnvironmentsEndpoint,
  placeHoldEndpoint,
  previewPromotionEndpoint,
  promoteEndpoint,
  rollbackEndpoint,
} from "./endpoints/environments.ts";
import {
  backtestGateEndpoint,
  evaluateGateEndpoint,
  listEvaluationsEndpoint,
  rebuildEvidenceEndpoint,
  recountEvaluationEndpoint,
  showEvaluationEndpoint,
} from "./endpoints/gates.ts";
import { heldRunsEndpoint, listTakeoversEndpoint, unsettledEventsEndpoint } from "./endpoints/held.ts";
import { listKeysEndpoint, revokeKeyEndpoint } from "./endpoints/keys.ts";
import {
  heartbeatLeaseEndpoint,
  listLeasesEndpoint,
  registerLeaseEndpoint,
  releaseLeaseEndpoint,
  renewLeaseEndpoint,
} from "./endpoints/leases.ts";
import {
  listStreamsEndpoint,
  readStreamEndpoint,
  verifyLedgerEndpoint,
  watchVerificationEndpoint,
} from "./endpoints/ledger.ts";
import { exportEventsEndpoint, listReceiptsEndpoint, searchEventsEndpoint } from "./endpoints/ledger-search.ts";
import { lineageEndpoint } from "./endpoints/lineage.ts";
import {
  activatePackEndpoint,
  checkPackEndpoint,
  listPacksEndpoint,
  restoreToolEndpoint,
  revokeToolEndpoint,
} from "./endpoints/packs.ts";
import { lintPolicyEndpoint, listPoliciesEndpoint, showPolicyEndpoint } from "./endpoints/policies.ts";
import { promotionReportEndpoint } from "./endpoints/promotion-report.ts";
import {
  addEndpointEndpoint,
  listCredentialsEndpoint,
  listEndpointsEndpoint,
  setCredentialEndpoint,
} from "./endpoints/providers.ts";
import { replayEndpoint } from "./endpoints/replay.ts";
import {
  cancelRunEndpoint,
  resolveEffectEndpoint,
  resumeRunEndpoint,
  signalRunEndpoint,
} from "./endpoints/run-acts.ts";
import { runStateEndpoint, runWorkflowEndpoint } from "./endpoints/run-picture.ts";
import { listRunsEndpoint, showRunEndpoint, startRunEndpoint } from "./endpoints/runs.ts";
import { seriesEndpoint } from "./endpoints/series.ts";
import { handoffEndpoint, takeoverEndpoint } from "./endpoints/takeover.ts";
import {
  runEffectsEndpoint,
  runEventsEndpoint,
  runStreamEndpoint,
  runTranscriptEndpoint,
} from "./endpoints/transcript.ts";
import { upgradeRunEndpoint, upgradeRunsEndpoint } from "./endpoints/upgrades.ts";
import {
  approveWaiverEndpoint,
  listWaiversEndpoint,
  requestWaiverEndpoint,
  revokeWaiverEndpoint,
  showWaiverEndpoint,
} from "./endpoints/waivers.ts";
import { drainWorkerEndpoint, listWorkersEndpoint } from "./endpoints/workers.ts";
import type { Endpoint } from "./http/endpoint.ts";

/** Every request that needs a key, in the order of the reference. */
export const ENDPOINTS: readonly Endpoint[] = [
  meEndpoint,
  signInCodeEndpoint,
  overviewEndpoint,
  changesEndpoint,
  seriesEndpoint,
  heldRunsEndpoint,
  listTakeoversEndpoint,
  unsettledEventsEndpoint,
  listBreakersEndpoint,
  resetBreakerEndpoint,
  listRunsEndpoint,
  startRunEndpoint,
  showRunEndpoint,
  runEventsEndpoint,
  runEffectsEndpoint,
  runStreamEndpoint,
  runTranscriptEndpoint,
  runTimelineEndpoint,
  runWorkflowEndpoint,
  runStateEndpoint,
  diagnoseRunEndpoint,
  runRecoveryEndpoint,
  listContinuityEndpoint,
  cancelRunEndpoint,
  signalRunEndpoint,
  resumeRunEndpoint,
  resolveEffectEndpoint,
  takeoverEndpoint,
  handoffEndpoint,
  listLeasesEndpoint,
  registerLeaseEndpoint,
  heartbeatLeaseEndpoint,
  renewLeaseEndpoint,
  releaseLeaseEndpoint,
  replayEndpoint,
  upgradeRunEndpoint,
  upgradeRunsEndpoint,
  listApprovalsEndpoint,
  showApprovalEndpoint,
  decideEndpoint,
  needsPersonEndpoint,
  listAlertsEndpoint,
  listLettersEndpoint,
  showLetterEndpoint,
  requeueLetterEndpoint,
  discardLetterEndpoint,
  resolveLetterEndpoint,
  callEndpoint,
  listStreamsEndpoint,
  readStreamEndpoint,
  searchEventsEndpoint,
  exportEventsEndpoint,
  listReceiptsEndpoint,
  verifyLedgerEndpoint,
  watchVerificationEndpoint,
  evaluateGateEndpoint,
  rebuildEvidenceEndpoint,
  recountEvaluationEndpoint,
  listEvaluationsEndpoint,
  showEvaluationEndpoint,
  listPoliciesEndpoint,
  showPolicyEndpoint,
  lintPolicyEndpoint,
  lineageEndpoint,
  backtestGateEndpoint,
  requestWaiverEndpoint,
  listWaiversEndpoint,
  showWaiverEndpoint,
  approveWaiverEndpoint,
  revokeWaiverEndpoint,
  checkPackEndpoint,
  listPacksEndpoint,
  activatePackEndpoint,
  revokeToolEndpoint,
  restoreToolEndpoint,
  listBundlesEndpoint,
  showBundleEndpoint,
  listEnvironmentsEndpoint,
  environmentHistoryEndpoint,
  promotionReportEndpoint,
  previewPromotionEndpoint,
  followEnvironmentEndpoint,
  setEnvironmentEndpoint,
  approvePromotionEndpoint,
  promoteEndpoint,
  lookAtCanaryEndpoint,
  rollbackEndpoint,
  judgeRollbackEndpoint,
  environmentHealthEndpoint,
  placeHoldEndpoint,
  liftHoldEndpoint,
  showBetaEndpoint,
  enableBetaEndpoint,
  disableBetaEndpoint,
  reportBetaIncidentEndpoint,
  listCredentialsEndpoint,
  setCredentialEndpoint,
  listEndpointsEndpoint,
  addEndpointEndpoint,
  listTenantsEndpoint,
  addTenantEndpoint,
  addKeyEndpoint,
  listKeysEndpoint,
  revokeKeyEndpoint,
  addBindingEndpoint,
  listBindingsEndpoint,
  removeBindingEndpoint,
  listWorkersEndpoint,
  drainWorkerEndpoint,
];
