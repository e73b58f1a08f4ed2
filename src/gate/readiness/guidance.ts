import { after, assert, formatInstant, type Json, parseInstant } from "../../contracts/index.ts";
import type { Decision } from "../decision.ts";
import type { EvidenceSet, Unit } from "../unit.ts";

const FREEZE =
  "freeze promotion to staging and production, and stabilise the job; where the breach began with a tighter policy, go back by one version for at most seven days";
const BLOCK = "release nothing, and correct the documentation and the examples; the code need not go back";
const BACK = "roll the environment back to what did well there before, now: `countermark rollback`";
const FORWARD = "freeze promotion, and mend it with a new version within a day; the environment need not go back";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** What to do: about what is deployed and is a no-go by now, else about what breaches repeatedly; null where neither is so. */
export const guidanceOf = (decision: Decision, { units }: EvidenceSet): Json =>
  deployedGuidance(decision, units) ?? breachGuidance(units.breach ?? []);

/** Groups whose failure nobody waits out. */
const GRAVE: readonly (string | null)[] = ["safety", "integrity", "durability"];

/** RBK-06: of a release that was promoted, by the reports of its promotions, and that the gate says no-go to since. */
function deployedGuidance({ verdict, gates, blocked_by, decided_at }: Decision, units: EvidenceSet["units"]): Json {
  const event = units.candidate?.[0]?.columns.event;
  const isDeployed = (units.report ?? []).some(({ id, columns }) => id.startsWith("R35-") && columns.digest !== null);
  if (verdict === "GO" || !isDeployed || event === "promotion" || event === "rollback") return null;
  const isGrave = gates.some(
    ({ id, group, status }) => blocked_by.includes(id) && status === "FAIL" && GRAVE.includes(group),
  );
  const at = parseInstant(decided_at);
  assert(at !== undefined, "a decision has an instant");
  return {
    situation: "gate decision of the deployed candidate turns no-go",
    metric: blocked_by.join(", "),
    since: decided_at,
    recommended_action: isGrave ? BACK : FORWARD,
    owner_role: "release_owner",
    deadline: formatInstant(after(at, isGrave ? 10 * MINUTE_MS : DAY_MS)),
  };
}

/** What to do about the breach that goes on longest; null where nothing breaches repeatedly. */
function breachGuidance(breaches: readonly Unit[]): Json {
  const [first] = breaches.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
  if (first === undefined || first.at === null) return null;
  const metric = String(first.columns.metric);
  const isTrend = metric.startsWith("ci_");
  return {
    situation: isTrend ? "repeated CI trend breach" : "repeated DX breach",
    metric,
    since: formatInstant(first.at),
    recommended_action: isTrend ? FREEZE : BLOCK,
    owner_role: "release_owner",
    deadline: formatInstant(after(first.at, WEEK_MS)),
  };
}
