import { z } from "zod";
import { LINEAGE, LINEAGE_CONTRACT, MANUAL_EVIDENCE, REPORTS, type ReportKind } from "./catalogue.ts";
import { type Check, checkBy, fail, type Outcome, passIf, statusPassed, unknown, worstOf } from "./check.ts";
import type { Evidence } from "./evidence.ts";
import { needsManualEvidence } from "./governance-checks.ts";
import type { Report } from "./report.ts";

export const LINEAGE_CHECKS = ["release_lineage_complete", "release_lineage_contract_valid"] as const;

export const lineageChecks = (evidence: Evidence): readonly Check[] => [
  checkBy("release_lineage_complete", evidence.report(LINEAGE.id), (report) => complete(report, evidence)),
  checkBy("release_lineage_contract_valid", evidence.report(LINEAGE_CONTRACT.id), statusPassed),
];

const BODY = z.looseObject({
  completeness_checks: z.array(z.looseObject({ check_id: z.string(), passed: z.boolean() })).min(1),
  lineage: z.looseObject({
    nodes: z.array(z.looseObject({ id: z.string(), digest: z.string().optional() })),
    edges: z.array(z.looseObject({ source: z.string(), target: z.string(), relation: z.string(), status: z.string() })),
  }),
});

type Lineage = z.infer<typeof BODY>["lineage"];

/** What the lineage says of itself, and what can be seen of it here: every report with its digest, from the job that makes it. */
function complete(report: Report, evidence: Evidence): Outcome {
  const status = statusPassed(report);
  if (status.outcome !== "pass") return status;
  const parsed = BODY.safeParse(report.body);
  if (!parsed.success) return fail(`${parsed.error.issues[0]?.path.join(".")} is not as it has to be`);
  const broken = parsed.data.completeness_checks.filter(({ passed }) => !passed).map(({ check_id }) => check_id);
  if (broken.length > 0) return fail(`${broken.join(", ")} not passed`);
  const required = needsManualEvidence(evidence) ? [...REPORTS, MANUAL_EVIDENCE] : REPORTS;
  return worstOf(required.map((kind) => traced(kind, parsed.data.lineage, evidence)));
}

/** What does not fit fails; what cannot be compared, because the report is not there, is not known. */
function traced(kind: ReportKind, { nodes, edges }: Lineage, evidence: Evidence): Outcome {
  const artifact = `artifact.${kind.id}`;
  const loaded = evidence.report(kind.id);
  if (!loaded.ok) return unknown(`LC-02: ${kind.id} is ${loaded.error}`);
  const isNoted = nodes.some(({ id, digest }) => id === artifact && digest === `sha256:${loaded.report.digest}`);
  if (!isNoted) return fail(`LC-02: ${kind.id} is not in the lineage with its digest`);
  if (loaded.report.job !== kind.job)
    return fail(`LC-03: ${kind.id} was made by ${loaded.report.job}, not by ${kind.job}`);
  const isProduced = edges.some(
    ({ source, target, relation, status }) =>
      source === `job.${kind.job}` && target === artifact && relation === "produces" && status === "observed",
  );
  return passIf(isProduced, `LC-03: nobody saw ${kind.job} make ${kind.id}`);
}
