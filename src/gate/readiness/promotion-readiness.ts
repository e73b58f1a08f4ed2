import { isSameJson, type JsonObject } from "../../contracts/index.ts";
import { REPORTS, type ReportKind } from "./catalogue.ts";
import { objectOf, valueIn } from "./check.ts";
import type { SummaryInput } from "./executive-summary.ts";
import { checkedOf, checkedReport, type MadeReport, madeReport } from "./made-report.ts";
import { type LoadedReport, loadReport } from "./report.ts";
import { rulesOf } from "./report-checks.ts";

/** What is known of something; null where what it rests on is not there, cannot be used or does not say. */
type Known = boolean | null;

/** What is asked automatically, and the reports that answer: as the release gate asks them. */
const ASKED: { readonly [check: string]: readonly string[] } = {
  durability_passed: ["R10", "R11"],
  policy_shadow_passed: ["R09"],
  tenant_isolation_passed: ["R16"],
  bundle_lifecycle_passed: ["R07"],
  coverage_ratio_passed: ["R05"],
  executability_ratio_passed: ["R06"],
};

/** Of what is asked, the part that has to hold on either way; nothing less than all of it. */
const PASS_RATIO_MIN = 1;

/** People who have to have approved what goes to prod. */
const APPROVALS_MIN = 2;

export interface ReadinessInput extends SummaryInput {
  /** How many people approved it; null where that is not said. */
  readonly approvals: number | null;
}

/** R18: whether the ways from dev to staging and from staging to prod are ready, by the reports that are there. */
export function promotionReadiness(input: ReadinessInput): MadeReport {
  const body = bodyOf(input);
  const { dev_to_staging, staging_to_prod } = body.environments;
  const isReady = every([dev_to_staging.ready, staging_to_prod.automated_ready]);
  const status = isReady === null ? "unverified" : isReady ? "passed" : "failed";
  return madeReport(input, { id: "R18", status, count: Object.keys(ASKED).length, body });
}

/** R19: whether the readiness that is reported is what comes of the reports that are there. */
export function readinessVerified(input: ReadinessInput): MadeReport {
  const loaded = loadedOf("R18", input);
  if (!loaded.ok) return checkedReport(input, "R19", [checkedOf("contract", loaded.error)]);
  const { body } = loaded.report;
  const said = objectOf(objectOf(body.environments).staging_to_prod).approvals_recorded;
  const again = bodyOf({ ...input, approvals: typeof said === "number" ? said : null });
  return checkedReport(input, "R19", [
    checkedOf("contract", null),
    ...(["summary", "checks", "environments"] as const).map((name) =>
      checkedOf(name, isSameJson(body[name] ?? null, again[name]) ? null : "it is not what comes of the reports"),
    ),
  ]);
}

function bodyOf(input: ReadinessInput) {
  const checks = Object.fromEntries(
    Object.entries(ASKED).map(([check, ids]) => [check, every(ids.map((id) => holds(id, input)))]),
  );
  const known = Object.values(checks);
  const passed = known.filter((one) => one === true).length;
  const ratio = known.includes(null) ? null : passed / known.length;
  const isWide = ratio === null ? null : ratio >= PASS_RATIO_MIN;
  const { bundle_lifecycle_passed, tenant_isolation_passed, policy_shadow_passed, durability_passed } = checks;
  const rule = { requires_shadow_parity: true, required_min_runtime_canary_pass_ratio: PASS_RATIO_MIN };
  const toStaging = every([bundle_lifecycle_passed, tenant_isolation_passed, policy_shadow_passed, isWide]);
  const automated = every([toStaging, durability_passed, isWide]);
  const isApproved = input.approvals === null ? null : input.approvals >= APPROVALS_MIN;
  return {
    summary: {
      automated_checks_total: known.length,
      automated_checks_passed: passed,
      automated_checks_failed: known.filter((one) => one === false).length,
      runtime_canary_pass_ratio: ratio,
      coverage_ratio: ratioIn(loadedOf("R05", input), "coverage_ratio"),
      executability_ratio: ratioIn(loadedOf("R06", input), "executability_ratio"),
    },
    checks,
    environments: {
      dev_to_staging: { ready: toStaging, ...rule },
      staging_to_prod: {
        automated_ready: automated,
        ready: every([automated, isApproved]),
        ...rule,
        required_approvals: APPROVALS_MIN,
        approvals_recorded: input.approvals,
      },
    },
  } satisfies JsonObject;
}

/** False where one does not hold, else not known where one is not. */
function every(all: readonly (Known | undefined)[]): Known {
  if (all.includes(false)) return false;
  return all.every((one) => one === true) ? true : null;
}

/** Whether a report passes everything that the release gate asks of it. */
function holds(id: string, input: ReadinessInput): Known {
  const loaded = loadedOf(id, input);
  if (!loaded.ok) return null;
  const outcomes = rulesOf(id).map((rule) => rule(loaded.report).outcome);
  return every(outcomes.map((outcome) => (outcome === "unknown" ? null : outcome === "pass")));
}

const ratioIn = (loaded: LoadedReport, name: string): number | null => {
  const ratio = loaded.ok ? valueIn(loaded.report, name) : null;
  return typeof ratio === "number" ? ratio : null;
};

const NO_KIND: ReportKind = { id: "", name: "", job: "", contract: "" };

const loadedOf = (id: string, { context, reports, at }: ReadinessInput): LoadedReport =>
  loadReport(REPORTS.find((one) => one.id === id) ?? NO_KIND, reports.get(id), {
    context,
    decidedAt: at,
    hoursMax: null,
    takesImported: false,
  });
