import type { Instant } from "../../../contracts/index.ts";
import type { BetaEvidence } from "../derive.ts";
import type { Row } from "../evidence/row.ts";
import { type Counted, countedHeavy, countedLight, countedShared, floorsOf } from "./naive-metrics.ts";
import { lacks, sortedOut } from "./naive-rules.ts";

/** What a signoff comes to, in words that can be compared. */
export interface Verdict {
  readonly decision: string;
  readonly cause: string | null;
  readonly items: readonly string[];
  readonly floors: readonly string[];
  /** `id num/den status triggers` */
  readonly metrics: readonly string[];
  readonly problems: readonly string[];
}

const NEEDS: { readonly [metric: string]: readonly string[] } = {
  "L-KPI-1": ["T252"],
  "L-KPI-2": ["T252"],
  "L-KPI-3": ["T251"],
  "L-SLO-4": ["T256", "T257"],
  "H-KPI-1": ["T253"],
  "H-KPI-2": ["T253"],
  "H-KPI-3": ["T253", "T255"],
  "H-SLO-4": ["T256", "T257"],
  "S-SLO-1": ["T254", "T256"],
  "S-SLO-2": ["T254", "T256"],
  "S-SLO-3": ["T254"],
};

/** The signoff a second time, from its words: nothing of the program but what a row is. */
export function naiveSignoff({ manifest, rows, isReproduced }: BetaEvidence, decisionAt: Instant): Verdict {
  const sorted = sortedOut(manifest, rows, decisionAt);
  const isLacking = (source: string) => lacks(manifest, source, sorted.edges);
  const counted = [...countedLight(sorted), ...countedHeavy(sorted), ...countedShared(sorted)];
  const judged = counted.map((metric) => {
    const isUnknown = (NEEDS[metric.id] ?? []).some(isLacking) || metric.den === 0;
    const status = metric.triggers.size > 0 ? "FAIL" : isUnknown ? "UNKNOWN" : keeps(metric) ? "PASS" : "FAIL";
    return { ...metric, status };
  });
  const floors = floorsOf(sorted);
  const lost = sorted.good.some(isLost);
  const worst = (...ids: readonly string[]) => {
    const statuses = judged.filter(({ id }) => ids.includes(id)).map(({ status }) => status);
    return statuses.includes("FAIL") ? "FAIL" : statuses.includes("UNKNOWN") ? "UNKNOWN" : "PASS";
  };
  const isShort = floors.some(({ actual, required }) => actual < required);
  const sources = ["T251", "T252", "T253", "T254", "T255", "T256", "T257"];
  const isBroken = sorted.problems.length > 0 || sources.some(isLacking) || isReproduced === false;
  const items = [
    isShort ? "FAIL" : "PASS",
    worst("L-KPI-1", "L-KPI-2", "L-KPI-3", "L-SLO-4"),
    worst("H-KPI-1", "H-KPI-2", "H-KPI-3", "H-SLO-4"),
    worst("S-SLO-1", "S-SLO-2", "S-SLO-3"),
    lost ? "FAIL" : isLacking("T256") ? "UNKNOWN" : "PASS",
    isBroken ? "FAIL" : isReproduced === null ? "UNKNOWN" : "PASS",
  ];
  const isGo = items.every((status) => status === "PASS");
  const isFailed = judged.some(({ status }) => status === "FAIL") || lost || sorted.problems.length > 0;
  return {
    decision: isGo ? "GO" : "NO-GO",
    cause: isGo ? null : isFailed ? "failed" : "missing",
    items,
    floors: floors.map(({ id, actual, required }) => `${id} ${actual} ${actual < required ? "FAIL" : "PASS"}`),
    metrics: judged.map(({ id, num, den, status, triggers }) =>
      `${id} ${num}/${den} ${status} ${[...triggers].sort().join(",")}`.trim(),
    ),
    problems: sorted.problems,
  };
}

/** In whole numbers: at most 2.0 %, at least 99.5 %, none, or all. */
function keeps({ id, num, den }: Counted): boolean {
  if (den === null) return num === 0;
  if (id === "L-KPI-3") return 1000 * num <= 20 * den;
  if (id === "L-SLO-4" || id === "H-SLO-4") return 1000 * num >= 995 * den;
  return num === den;
}

const isLost = ({ payload }: Row): boolean =>
  payload?.type === "transaction" &&
  payload.event.nextState === "FAILED_TERMINAL" &&
  payload.event.eventType !== "tx.refused" &&
  payload.event.eventType !== "tx.apply.requested";
