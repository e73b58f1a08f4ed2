import type { listTenantsEndpoint } from "../../../src/api/endpoints/administration.ts";
import type { listApprovalsEndpoint, showApprovalEndpoint } from "../../../src/api/endpoints/approvals.ts";
import type { listBindingsEndpoint } from "../../../src/api/endpoints/bindings.ts";
import type { listBreakersEndpoint } from "../../../src/api/endpoints/breakers.ts";
import type { listBundlesEndpoint, showBundleEndpoint } from "../../../src/api/endpoints/bundles.ts";
import type { overviewEndpoint } from "../../../src/api/endpoints/console.ts";
import type {
  listLettersEndpoint,
  needsPersonEndpoint,
  showLetterEndpoint,
} from "../../../src/api/endpoints/dead-letters.ts";
import type { runTimelineEndpoint } from "../../../src/api/endpoints/diagnosis.ts";
import type { listEnvironmentsEndpoint, previewPromotionEndpoint } from "../../../src/api/endpoints/environments.ts";
import type { listEvaluationsEndpoint, showEvaluationEndpoint } from "../../../src/api/endpoints/gates.ts";
import type {
  heldRunsEndpoint,
  listTakeoversEndpoint,
  unsettledEventsEndpoint,
} from "../../../src/api/endpoints/held.ts";
import type { listKeysEndpoint } from "../../../src/api/endpoints/keys.ts";
import type {
  listStreamsEndpoint,
  readStreamEndpoint,
  verifyLedgerEndpoint,
} from "../../../src/api/endpoints/ledger.ts";
import type { listReceiptsEndpoint, searchEventsEndpoint } from "../../../src/api/endpoints/ledger-search.ts";
import type { listPoliciesEndpoint, showPolicyEndpoint } from "../../../src/api/endpoints/policies.ts";
import type { listCredentialsEndpoint, listEndpointsEndpoint } from "../../../src/api/endpoints/providers.ts";
import type { replayEndpoint } from "../../../src/api/endpoints/replay.ts";
import type { runStateEndpoint, runWorkflowEndpoint } from "../../../src/api/endpoints/run-picture.ts";
import type { listRunsEndpoint, showRunEndpoint } from "../../../src/api/endpoints/runs.ts";
import type { seriesEndpoint } from "../../../src/api/endpoints/series.ts";
import type { takeoverEndpoint } from "../../../src/api/endpoints/takeover.ts";
import type { runEffectsEndpoint } from "../../../src/api/endpoints/transcript.ts";
import type { upgradeRunEndpoint } from "../../../src/api/endpoints/upgrades.ts";
import type { listWaiversEndpoint, showWaiverEndpoint } from "../../../src/api/endpoints/waivers.ts";
import type { listWorkersEndpoint } from "../../../src/api/endpoints/workers.ts";
import type { Endpoint } from "../../../src/api/http/endpoint.ts";
import type { Decision } from "../../../src/gate/decision.ts";
import type { Role } from "../../../src/guard/index.ts";
import type { Manifest } from "../../../src/release/bundle/manifest.ts";

/** What the server answers: the very types that it is written with, so that page and server cannot disagree. */
type Answer<E> = E extends Endpoint<infer A> ? A : never;

export type { Decision, Flip, GateRow } from "../../../src/gate/decision.ts";
export type { Lineage, LineageEdge, LineageNode } from "../../../src/release/lineage/model.ts";
export type Overview = Answer<typeof overviewEndpoint>;
export type Runs = Answer<typeof listRunsEndpoint>;
export type Run = Answer<typeof showRunEndpoint>;
export type RunSummary = Runs["runs"][number];
export type RunAction = Run["actions"][number];
export type RunTimeline = Answer<typeof runTimelineEndpoint>;
export type RunEffects = Answer<typeof runEffectsEndpoint>;
export type RunWorkflow = Answer<typeof runWorkflowEndpoint>;
export type RunDocument = Answer<typeof runStateEndpoint>;
export type Replay = Answer<typeof replayEndpoint>;
export type Takeover = Answer<typeof takeoverEndpoint>;
export type Upgrade = Answer<typeof upgradeRunEndpoint>;
export type Approvals = Answer<typeof listApprovalsEndpoint>;
export type ApprovalSummary = Approvals["approvals"][number];
export type Approval = Answer<typeof showApprovalEndpoint>;
export type Environments = Answer<typeof listEnvironmentsEndpoint>;
export type PromotionPreview = Answer<typeof previewPromotionEndpoint>;
export type Bundles = Answer<typeof listBundlesEndpoint>;
export type ShownBundle = Omit<Answer<typeof showBundleEndpoint>, "manifest"> & { readonly manifest: Manifest | null };
export type Evaluations = Answer<typeof listEvaluationsEndpoint>;
export type Evaluation = Evaluations["evaluations"][number];
export type Streams = Answer<typeof listStreamsEndpoint>;
export type StreamPage = Answer<typeof readStreamEndpoint>;
export type LedgerEvent = StreamPage["events"][number];
/** An evaluation with its decision, and its packet where that was asked for. */
export type ShownEvaluation = Omit<Answer<typeof showEvaluationEndpoint>, "decision"> & { readonly decision: Decision };
export type FoundEvents = Answer<typeof searchEventsEndpoint>;
export type ReceiptsBook = Answer<typeof listReceiptsEndpoint>;
export type Policies = Answer<typeof listPoliciesEndpoint>;
export type ShownPolicy = Answer<typeof showPolicyEndpoint>;
export type Waivers = Answer<typeof listWaiversEndpoint>;
export type ShownWaiver = Answer<typeof showWaiverEndpoint>;
export type Verification = Answer<typeof verifyLedgerEndpoint>;
export type Series = Answer<typeof seriesEndpoint>;
export type HeldRuns = Answer<typeof heldRunsEndpoint>;
export type Takeovers = Answer<typeof listTakeoversEndpoint>;
export type UnsettledEvents = Answer<typeof unsettledEventsEndpoint>;
export type Breakers = Answer<typeof listBreakersEndpoint>;
export type Breaker = Breakers["breakers"][number];
export type DeadLetters = Answer<typeof listLettersEndpoint>;
export type DeadLetter = DeadLetters["dead_letters"][number];
export type ShownLetter = Answer<typeof showLetterEndpoint>;
export type Needs = Answer<typeof needsPersonEndpoint>;
export type Workers = Answer<typeof listWorkersEndpoint>;
export type Worker = Workers["workers"][number];
export type Keys = Answer<typeof listKeysEndpoint>;
export type ApiKey = Keys["keys"][number];
export type Bindings = Answer<typeof listBindingsEndpoint>;
export type Binding = Bindings["bindings"][number];
export type Tenants = Answer<typeof listTenantsEndpoint>;
export type Credentials = Answer<typeof listCredentialsEndpoint>;
export type WebhookAddresses = Answer<typeof listEndpointsEndpoint>;

/** Who a session is in one tenant. */
export interface Grant {
  readonly tenant_id: string;
  readonly principal_id: string;
  readonly kind: string;
  readonly role: Role;
}
