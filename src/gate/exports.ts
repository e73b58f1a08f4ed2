import type { Json } from "../contracts/index.ts";
import { suiteArtifact } from "./artifact.ts";
import { signoffReport } from "./beta/report.ts";
import type { FileEvaluation } from "./evaluate-files.ts";
import type { PolicyText } from "./policy-shape.ts";
import { BUNDLE_PROFILE } from "./promotion/derive-bundle.ts";
import { gateDecision } from "./promotion/gate-decision.ts";
import { promotionDecision } from "./promotion/promotion-decision.ts";
import { firstReleaseReport, releaseReport } from "./readiness/export.ts";
import { sloReports } from "./slo/export.ts";

type Export = (policy: PolicyText, evaluation: FileEvaluation) => Json;

const core: Export = (_, { decision }) => JSON.parse(JSON.stringify(decision));

/** The documents that policies ask for. */
const EXPORTS: { readonly [name in PolicyText["export"]]: Export } = {
  core,
  "signoff.report.v1": (_, evaluation) => JSON.parse(JSON.stringify(signoffReport(evaluation))),
  "slo.reports.v1": sloReports,
  release_readiness_gate_v2: releaseReport,
  release_readiness_gate_v1: firstReleaseReport,
  // Of a run. A bundle's promotion has a report of its own, which is what it was judged on.
  "gate.decision": (policy, evaluation) =>
    evaluation.decision.profile === BUNDLE_PROFILE
      ? core(policy, evaluation)
      : JSON.parse(JSON.stringify(gateDecision(evaluation))),
  "gate_artifact.v1": (policy, evaluation) => JSON.parse(JSON.stringify(suiteArtifact(policy, evaluation))),
  "promotion.decision": (_, evaluation) => JSON.parse(JSON.stringify(promotionDecision(evaluation))),
};

/** The document that a policy's `export` names. */
export const exported = (policy: PolicyText, evaluation: FileEvaluation): Json =>
  EXPORTS[policy.export](policy, evaluation);
