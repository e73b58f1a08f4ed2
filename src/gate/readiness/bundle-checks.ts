import { type Check, checkBy, checkOf, notApplicable, objectOf, pass, passIf, statusPassed } from "./check.ts";
import type { Evidence } from "./evidence.ts";
import type { Report } from "./report.ts";

export const BUNDLE_CHECKS = [
  "bundle_promotion_report_load",
  "bundle_promotion_contract",
  "bundle_promotion_status",
  "bundle_promotion_source_report_present",
  "bundle_promotion_chain_same_bundle",
] as const;

/** Promotions of the bundle so far: each environment got it from the one before, and the same one. */
export function bundleChecks(evidence: Evidence): readonly Check[] {
  const { environments } = evidence;
  if (environments.length === 0)
    return BUNDLE_CHECKS.map((check) => checkOf(check, notApplicable("no promotion is reported")));
  return environments.flatMap((environment) => {
    const promoted = evidence.report(`R35-${environment}`);
    const of = (check: string, rule: (report: Report) => ReturnType<typeof passIf>): Check => ({
      ...checkBy(check, promoted, rule),
      subject: environment,
    });
    return [
      of("bundle_promotion_report_load", () => pass),
      of("bundle_promotion_contract", ({ body }) =>
        passIf(body.environment === environment, `it is about ${String(body.environment)}`),
      ),
      of("bundle_promotion_status", statusPassed),
      of("bundle_promotion_source_report_present", (report) => {
        if (environment === "dev") return notApplicable("the first environment has none before it");
        const source = sourceOf(report);
        return passIf(evidence.report(`R35-${source}`).ok, `no report of ${source}`);
      }),
      of("bundle_promotion_chain_same_bundle", (report) => {
        if (environment === "dev") return notApplicable("the first environment has none before it");
        const source = evidence.report(`R35-${sourceOf(report)}`);
        return passIf(source.ok && bundleOf(source.report) === bundleOf(report), "another bundle than in its source");
      }),
    ];
  });
}

const sourceOf = ({ body }: Report): string => String(body.source_environment ?? "an environment that is not named");

/** A bundle by its id and root; one that names neither is like no other. */
function bundleOf({ body, digest }: Report): string {
  const { bundle_id, root_digest } = "bundle" in body ? objectOf(body.bundle) : body;
  return typeof bundle_id === "string" && typeof root_digest === "string" ? `${bundle_id} ${root_digest}` : digest;
}

export function externalChecks(evidence: Evidence): readonly Check[] {
  const check = "external_lineage_status";
  const { externalSources } = evidence;
  if (evidence.isRollback) return [checkOf(check, notApplicable("not asked of a rollback"))];
  if (externalSources.length === 0) return [checkOf(check, notApplicable("no source is declared"))];
  return externalSources.map((source) => ({
    ...checkBy(check, evidence.report(`R36-${source}`), statusPassed),
    subject: source,
  }));
}
