import { limitsOf, type Metric, metricsOf, type Policy } from "../policy.ts";
import type { GateText } from "../policy-shape.ts";
import { answerIn, type Columns } from "./answer.ts";

/**
 * What a table of units is not asked, so that it is judged on rows alone: of a whole policy, or of what one gate rests on. Empty where
 * counting answers all of it.
 */
export function uncountedOf(policy: Policy, gate: GateText | null = null): readonly string[] {
  const { text, metrics } = policy;
  const rested = gate === null ? [...metrics.keys()] : restedOn(gate);
  return [
    ...(text.export === "core" ? [] : [`export \`${text.export}\``]),
    ...[...metrics].flatMap(([id, metric]) =>
      rested.includes(id) ? metricOf(metric, text.rows[metric.text.from] ?? {}) : [],
    ),
    ...(gate === null ? text.gates : [gate]).flatMap(({ id, each }) =>
      each === undefined ? [] : [`gate \`${id}\` with \`each\``],
    ),
  ];
}

const restedOn = (gate: GateText): readonly string[] => [...metricsOf(gate), ...gate.triggers, ...baselinesOf(gate)];

/** The metrics that a gate's limits are stated by. */
export const baselinesOf = (gate: GateText): readonly string[] =>
  limitsOf(gate).flatMap(({ limit }) => (typeof limit === "object" && "metric" in limit ? [limit.metric] : []));

function metricOf({ text, where, good, unknown, notApplicable }: Metric, declared: Columns): readonly string[] {
  const conditions = { where, good, unknown, not_applicable: notApplicable };
  const times = Object.keys(declared).filter((column) => declared[column]?.startsWith("datetime"));
  const asked = [
    ...(["by_gate", "tell"] as const).filter((word) => text[word] !== undefined).map((word) => `\`${word}\``),
    ...times.map((column) => `times in \`${column}\``),
    ...Object.entries(conditions).flatMap(([name, condition]) => {
      if (answerIn(condition, declared) !== undefined) return [];
      return times.length > 0 || condition?.clock_dependent ? [`a time in \`${name}\``] : [`\`${name}\``];
    }),
  ];
  return asked.length === 0 ? [] : [`metric \`${text.id}\` with ${asked.join(", ")}`];
}
