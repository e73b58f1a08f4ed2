/** How far a metric is from its limits, best first; `unverified` where it could not be computed. */
export const STAGES = ["ok", "warn", "soft_fail", "hard_fail"] as const;
export type MetricStage = (typeof STAGES)[number] | "unverified";

export const isMetricStage = (value: unknown): value is MetricStage =>
  value === "unverified" || STAGES.some((stage) => stage === value);

/** Passing, with or without a warning. */
export const isCalm = (stage: MetricStage): boolean => stage === "ok" || stage === "warn";

/** The worst of several; of none, `unverified`. What could not be computed is worse than a warning, and milder than a failure. */
export function worstStage(stages: readonly MetricStage[]): MetricStage {
  const order = ["hard_fail", "soft_fail", "unverified", "warn", "ok"] as const;
  return order.find((stage) => stages.includes(stage)) ?? "unverified";
}
