import { z } from "zod";
import { parseJson } from "../../contracts/index.ts";
import type { Unit } from "../unit.ts";
import type { GateReport } from "./gate-report.ts";

/** What each phase is done by. */
export const DONE_CRITERIA: { readonly [phase: string]: readonly string[] } = {
  A: ["go_for_candidates", "no_high_failure", "protection_evidence_attached"],
  B: ["replay_and_restart_pass", "no_semantic_drift", "evidence_automatic"],
  C: ["decisions_traceable", "missing_edge_fails", "one_lineage_referenced"],
  D: ["thresholds_enforced", "repeated_breach_blocks", "policy_auditable"],
  E: ["cohort_target_reached", "isolation_tests_pass", "documentation_reflects_scope"],
  F: ["preview_for_every_change", "promotion_by_bundle", "rollback_in_one_run", "post_rollback_go", "no_manual_step"],
};

/** By phase and criterion, the digests of the reports that prove it. */
const PHASES = z.record(z.string(), z.record(z.string(), z.array(z.string())));

/**
 * Every criterion of every phase, and whether it is proven: it names evidence, and each piece is a report that the latest run's gate
 * decided on. What nobody names is not proven.
 */
export function phaseUnits(text: string | undefined, latest: GateReport | undefined): readonly Unit[] {
  const parsed = parseJson(text ?? "{}");
  const read = PHASES.safeParse(parsed.ok ? parsed.value : {});
  const stated = read.success ? read.data : {};
  const known = new Set(Object.values(latest?.inputs.reports ?? {}).filter((digest) => typeof digest === "string"));
  return Object.entries(DONE_CRITERIA).flatMap(([phase, criteria]) =>
    criteria.map((criterion): Unit => {
      const evidence = stated[phase]?.[criterion] ?? [];
      const proven =
        evidence.length > 0 && evidence.every((digest) => digest.startsWith("sha256:") && known.has(digest));
      const id = `${phase}.${criterion}`;
      return { id, at: null, channel: "ci", rows: [id], isValid: true, columns: { phase, criterion, proven } };
    }),
  );
}
