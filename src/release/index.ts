/**
 * What is released: bundles, whose signatures on them count, the environments that they move through, and packets, from which a
 * decision is made again.
 */
export type { Beta, Correction, Incident } from "./beta/beta.ts";
export {
  BETA_POLICY,
  type BetaActor,
  type BetaStanding,
  betaStanding,
  disableBeta,
  enableBeta,
  readApplyHold,
  recordSignoff,
  reportIncident,
} from "./beta/moves.ts";
export { type BuiltBundle, type BundleInput, buildBundle, type PolicyReference } from "./bundle/build.ts";
export { BUNDLE_BYTES_MAX, readBundle } from "./bundle/container.ts";
export { type AgentPin, type Contents, contentsOf } from "./bundle/contents.ts";
export { ENVELOPE, type Envelope } from "./bundle/dsse.ts";
export type { CarriedEvidence } from "./bundle/evidence.ts";
export {
  type Compat,
  LABELS,
  type Label,
  type Manifest,
  type Remarks,
  readCompat,
  readManifest,
  readRemarks,
} from "./bundle/manifest.ts";
export { NOTES_FILE } from "./bundle/notes.ts";
export { replacedManifest } from "./bundle/replaced.ts";
export { sbomOf } from "./bundle/sbom.ts";
export { newSigningKey, publicKeyOf, readSigningKey, type SigningKey } from "./bundle/signing-key.ts";
export {
  KEY_ROLES,
  type KeyRole,
  NOBODY,
  type Roster,
  type RosterEntry,
  readRoster,
  type TrustedKey,
} from "./bundle/trust.ts";
export { type BundleReport, type Verification, type VerifyOptions, verifyBundle } from "./bundle/verify.ts";
export { type CanaryState, type CanaryStep, type LookEnd, lookEnd, stepOf } from "./canary/canary.ts";
export { findCanary, type Look, type LookRequest, settleLook, takeGlance } from "./canary/looks.ts";
export type { CanaryPlan } from "./canary/plan.ts";
export { type CanaryRow, runningCanaries } from "./canary/queries.ts";
export type { ReleasePorts } from "./environment/act.ts";
export type { PromotionApproval } from "./environment/approvals.ts";
export { type ApprovalRequest, approvePromotion } from "./environment/approve-promotion.ts";
export {
  currentOf,
  ENVIRONMENTS,
  type Environment,
  type Health,
  type HeldBundle,
  HOLD_SCOPES,
  type Hold,
  servedOf,
  streamOf,
} from "./environment/environment.ts";
export { endHold, placeHold } from "./environment/holds.ts";
export { findRollback, type JudgedRollback, judgeRollback } from "./environment/judge-rollback.ts";
export type { Move } from "./environment/move.ts";
export { type PromotionPreview, type PromotionRequest, previewPromotion, promote } from "./environment/promote.ts";
export { readPromoted } from "./environment/promoted.ts";
export type { PromotionCheck } from "./environment/promotion.ts";
export { REPORTED, reportSince } from "./environment/promotion-report.ts";
export { type PromotionSource, readPromotionSource } from "./environment/promotion-source.ts";
export {
  activeHolds,
  allSettings,
  findBundle,
  heldBundles,
  listBundles,
  type PromotedBundle,
} from "./environment/queries.ts";
export { type HealthRequest, judgeHealth, type RollbackRequest, rollBack } from "./environment/rollback.ts";
export { ROLLBACK_REPORT, type RollbackReport } from "./environment/rollback-report.ts";
export { rollbackTargets } from "./environment/rollback-targets.ts";
export { setSettings } from "./environment/set-settings.ts";
export { type EnvironmentSettings, SETTINGS, type SetSettings, settingsOf } from "./environment/settings.ts";
export {
  type Candidate,
  type CompletenessCheck,
  edgeText,
  type Lineage,
  type LineageEdge,
  type LineageNode,
  lineageText,
  parseLineage,
  type Relation,
  readLineage,
  STAGES,
  type Stage,
} from "./lineage/model.ts";
export { lineageEvents } from "./lineage/openlineage.ts";
export { diff, findNode, impact, type LineageDiff, type Part, why } from "./lineage/query.ts";
export { readinessLineage } from "./lineage/readiness.ts";
export {
  lineageOfDecision,
  lineageOfEvaluation,
  type OpenedBundle,
  openBundle,
  recordedLineage,
  storedBundle,
} from "./lineage/record.ts";
export { lineageSvg } from "./lineage/svg.ts";
export { type LineageReport, type LineageVerification, verifyDocument, verifyLineage } from "./lineage/verify.ts";
export { decideAgain, type Packet, packetJson, parsePacket } from "./packet/packet.ts";
export { documentIn, packetPage } from "./packet/page.ts";
export { recordDecision } from "./packet/record-decision.ts";
export { packetIn, storedPacket, storedPage } from "./packet/stored.ts";
export { tracedPage } from "./packet/traced.ts";
export { untrustedIn } from "./packet/trusted.ts";
export { type AgentWork, differencesFrom, type ObservedCall, type ObservedRun } from "./suite/expectation.ts";
export {
  type CaseInput,
  DIMENSIONS,
  filledIn,
  type GoldenCase,
  inputOf,
  inputsOf,
  type SimulatedAnswer,
  TIERS,
} from "./suite/golden-case.ts";
export { type ModelAnswer, type ModelScript, modelScript } from "./suite/model-script.ts";
export {
  type Attempt,
  type CaseOutcome,
  flakeReports,
  overdueAt,
  retriesOf,
  type SuiteOutcome,
  type SuiteSubject,
  suiteEvidence,
  suiteOutcome,
} from "./suite/outcome.ts";
export { type QuarantineRegistry, registryAfter } from "./suite/quarantine.ts";
export { openArtifact, sealArtifact } from "./suite/signed-artifact.ts";
export {
  QUARANTINE_FILE,
  type ReadSuite,
  readSuite,
  type Suite,
  type SuiteFile,
  type SuiteFinding,
  unitsOf,
} from "./suite/suite.ts";
export {
  type AskedWaiver,
  approverBar,
  approveWaiver,
  recordExpired,
  requestWaiver,
  revokeWaiver,
  type WaiverPorts,
} from "./waiver/acts.ts";
export { fileOf, type OfferedTo, offeredWaivers, unprovedIn } from "./waiver/offered.ts";
export { findWaiver, listWaivers, pastWaivers, type WaiverFilter } from "./waiver/queries.ts";
export { type Approval, signApproval, termsDigest, termsOf, type WaiverTerms } from "./waiver/statement.ts";
export { lackOf, type StoredWaiver, stateAt, WAIVER_MACHINE, type WaiverState } from "./waiver/waiver.ts";
