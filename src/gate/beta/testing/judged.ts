import { expect } from "vitest";
import type { JsonObject } from "../../../contracts/index.ts";
import { B0, bundleOf, type Parts } from "./baseline.ts";
import type { Bundle } from "./bundle.ts";
import { brokenRules, missedItems, said, signoff } from "./signoff.ts";

interface Expected {
  /** Metrics that differ from the baseline, or that the case is about. */
  readonly metrics?: { readonly [id: string]: string };
  /** Items that do not pass. */
  readonly items?: string;
  readonly rules?: readonly string[];
}

const BASELINE: { readonly [id: string]: string } = {
  "L-KPI-1": "60/60 PASS",
  "L-KPI-2": "60/60 PASS",
  "L-KPI-3": "0/10 PASS",
  "L-SLO-4": "30/30 PASS",
  "H-KPI-1": "12/12 PASS",
  "H-KPI-2": "25/25 PASS",
  "H-KPI-3": "40/40 PASS",
  "H-SLO-4": "24/24 PASS",
  "S-SLO-1": "54/54 PASS",
  "S-SLO-2": "12/12 PASS",
  "S-SLO-3": "0 PASS",
};

/** Judges a bundle and says what of it is not as expected. Metrics that are not named are expected as the baseline has them. */
export function judged(bundle: Bundle, { metrics = {}, items = "", rules = [] }: Expected, isReproduced = true) {
  const { report } = signoff(bundle, { isReproduced });
  const seen = Object.fromEntries(report.metrics.map(({ id }) => [id, said(report, id)]));
  expect(seen).toEqual({ ...BASELINE, ...metrics });
  expect(missedItems(report)).toBe(items);
  expect(brokenRules(report)).toEqual(rules);
  expect(report.decision).toBe(items === "" ? "GO" : "NO-GO");
  return report;
}

export const changed = (parts: Partial<Parts>): Bundle => bundleOf({ ...B0, ...parts });
export const added = (...rows: readonly JsonObject[]): Bundle => changed({ others: [...B0.others, ...rows] });

/** Also cases of the registered run. */
export const declaring = (cases: Bundle["cases"], rows: readonly JsonObject[]): Bundle =>
  changed({ others: [...B0.others, ...rows], cases: { ...B0.cases, ...cases } });
