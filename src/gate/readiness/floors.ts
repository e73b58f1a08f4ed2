import type { Policy } from "../policy.ts";
import type { GateText, ProfileText } from "../policy-shape.ts";

/*
 * What no policy of releases may be looser than.
 *
 * F1  Every check of the catalogue has a gate, and no gate asks for a check that is none.
 * F2  The profiles are strict, transitional, promotion and preview.
 * F3  No high finding is within any budget, and under `strict` no medium one.
 * F4  Durability is shown by at least 3 scenarios and 14 tests, but for previews.
 * F5  Only service levels and operations can be waived, and nothing that is critical.
 * F6  Gates weigh less under `transitional` and `preview` only.
 * F7  Nothing critical is left out, but for previews, and for the jobs of a pipeline that ran long ago.
 */

const PROFILES: readonly string[] = ["strict", "transitional", "promotion", "preview"];
const RELAXED: readonly string[] = ["transitional", "preview"];
const WAIVABLE: readonly string[] = ["slo", "operational"];
const SCENARIOS_MIN = 3;
const TESTS_MIN = 14;

/** What about a policy is looser than it may be, in words. */
export function underFloors(policy: Policy, checks: readonly string[]): readonly string[] {
  const { gates, profiles } = policy.text;
  const names = Object.keys(profiles);
  const isExact = names.length === PROFILES.length && PROFILES.every((name) => names.includes(name));
  return [
    ...catalogueProblems(policy, checks),
    ...(isExact ? [] : [`the profiles are not ${PROFILES.join(", ")}`]), // F2
    ...gates.flatMap(waiverProblems),
    ...Object.entries(profiles).flatMap(([name, profile]) => profileProblems(name, profile, policy)),
  ];
}

/** F1 */
function catalogueProblems({ text, metrics }: Policy, checks: readonly string[]): readonly string[] {
  const asking = text.gates.filter(
    ({ metric }) => typeof metric === "string" && metrics.get(metric)?.text.by_gate !== undefined,
  );
  const asked = new Set(asking.map(({ id }) => id));
  return [
    ...checks.filter((check) => !asked.has(check)).map((check) => `no gate asks for ${check}`),
    ...[...asked].filter((id) => !checks.includes(id)).map((id) => `${id} is no check`),
  ];
}

/** F5 */
const waiverProblems = (gate: GateText): readonly string[] =>
  gate.waivable && (isCritical(gate) || gate.group === undefined || !WAIVABLE.includes(gate.group))
    ? [`${gate.id} may not be waived`]
    : [];

function profileProblems(name: string, profile: ProfileText, { text }: Policy): readonly string[] {
  const { budget, severities, excluded } = profile;
  const param = (id: string) => Number(profile.params[id] ?? text.params[id] ?? 0);
  const isShown = name === "preview" || (param(SCENARIOS) >= SCENARIOS_MIN && param(TESTS) >= TESTS_MIN);
  const critical = text.gates.filter(
    (gate) =>
      isCritical(gate) &&
      gate.id !== JOBS &&
      excluded.some((entry) => entry === gate.id || entry.startsWith(`${gate.id}:`)),
  );
  return [
    ...((budget.high ?? 0) > 0 ? [`${name} bears high findings`] : []), // F3
    ...(name === "strict" && (budget.medium ?? 0) > 0 ? ["strict bears medium findings"] : []),
    ...(isShown ? [] : [`${name} asks for fewer than ${SCENARIOS_MIN} scenarios and ${TESTS_MIN} tests`]), // F4
    ...(Object.keys(severities).length > 0 && !RELAXED.includes(name) ? [`${name} weighs gates otherwise`] : []), // F6
    ...(name === "preview" ? [] : critical.map(({ id }) => `${name} leaves ${id} out`)), // F7
  ];
}

const JOBS = "needs_json_parse";
const SCENARIOS = "durability_min_scenarios";
const TESTS = "durability_min_tests";

const isCritical = ({ severity }: GateText): boolean =>
  severity === undefined || severity === "critical" || (typeof severity === "object" && severity.FAIL === "critical");
