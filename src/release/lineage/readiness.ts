import type { Instant } from "../../contracts/index.ts";
import { type EvidenceFile, type Policy, readGateDocuments } from "../../gate/index.ts";
import { buildLineage } from "./build.ts";
import type { Judged } from "./judged.ts";
import { type Lineage, sha256 } from "./model.ts";
import { traceCandidate } from "./trace.ts";
import { type LineageReport, verifyDocument } from "./verify.ts";

/** What the release gate reads as `R32.json` and `R32-contract.json`. */
export interface ReadinessLineage {
  readonly lineage: Lineage;
  readonly report: LineageReport;
}

/**
 * The lineage of a pipeline's reports before they are decided on: which job made which report, which checks they will feed, by
 * which policy. Pure, from the folder that the gate will read; the lineage itself, where it lies there already, is not looked at.
 */
export function readinessLineage(asked: {
  readonly policy: Policy;
  readonly profile: string | null;
  readonly files: readonly EvidenceFile[];
  readonly at: Instant;
}): ReadinessLineage {
  const { policy, profile, files, at } = asked;
  const { context } = readGateDocuments(files, at).context;
  const judged: Judged = {
    scope: "",
    name: "release_readiness",
    policy,
    profile,
    files,
    decidedAt: at,
    commit: context.commit,
    policyDigest: policy.digest,
    decided: null,
  };
  const facts = traceCandidate({
    candidate: {
      commit: context.commit,
      branch: context.branch,
      registry_ref: context.registry_ref,
      policy_digest: sha256(policy.digest),
    },
    repository: context.run_url,
    ref: context.branch,
    judged: [judged],
    unheard: [],
    parts: [],
    released: null,
    releasedAt: null,
    carried: null,
  });
  const lineage = buildLineage(facts, "pre");
  return { lineage, report: verifyDocument(lineage).report };
}
