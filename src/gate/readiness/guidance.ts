import { after, formatInstant, type Json } from "../../contracts/index.ts";
import type { Unit } from "../unit.ts";

const FREEZE =
  "freeze promotion to staging and production, and stabilise the job; where the breach began with a tighter policy, go back by one version for at most seven days";
const BLOCK = "release nothing, and correct the documentation and the examples; the code need not go back";
const WEEK_MS = 7 * 86_400_000;

/** What to do about the breach that goes on longest; null where nothing breaches repeatedly. */
export function guidanceOf(breaches: readonly Unit[]): Json {
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
