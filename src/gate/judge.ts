import { boundText, flipsOf, isCeiling, measurementKeepsTo, PLACES } from "./compare.ts";
import type { Flip, GateRow, GateStatus, Stage } from "./decision.ts";
import { inOrder } from "./measure.ts";
import { type Blamed, type FailingRows, type Measurement, type Measures, NOTHING, REASONS_MAX } from "./measurement.ts";
import { metricsOf, type Policy } from "./policy.ts";
import type { GateSeverity, GateText, LimitText, MetricText, ProfileText } from "./policy-shape.ts";
import { decimalText, type Rational, rationalOf, scaled } from "./rational.ts";
import type { EvidenceHead } from "./unit.ts";

/** What a decision is made of: what is known of the evidence, what each metric came to, and the parameters of the profile. */
export interface Bench {
  readonly policy: Policy;
  readonly evidence: EvidenceHead;
  readonly measures: Measures;
  readonly params: { readonly [name: string]: number | string };
  readonly severities: ProfileText["severities"];
}

/**
 * The rows of a gate, each standing by its own status. First match: a trigger fired, FAIL; a source is not complete, a unit cannot
 * be read, or there is nothing to divide by, UNKNOWN; fewer than the smallest sample, INSUFFICIENT; else the comparison.
 */
export function judge(gate: GateText, bench: Bench): readonly GateRow[] {
  const triggers = triggersOf(gate, bench);
  const rows = gate.each === undefined ? [wholeOf(gate, bench)] : eachOf(gate, gate.each, bench);
  return rows.map(({ name, measured, needs }) => {
    const lacking = needs.filter((id) => bench.evidence.sources[id]?.state !== "complete");
    const parts = measured.map(({ metric, measurement }) => compared(gate, metric, measurement, bench, lacking));
    const held = { ...gate, severity: bench.severities[gate.id] ?? gate.severity };
    return rowOf(held, name, parts, triggers, bench.measures);
  });
}

/**
 * Nothing that came but cannot be read is passed over because nobody named it. A row for one value needs that value's part of a
 * source, where the source has parts.
 */
function needsOf({ needs }: GateText, value: string | null, { policy, evidence }: Bench): readonly string[] {
  const all = needs ?? [...new Set([...policy.text.sources, ...Object.keys(evidence.sources)])].toSorted(inOrder);
  if (value === null) return all;
  const wholes = all.filter((id) => !all.some((other) => id.startsWith(`${other}:`)));
  return wholes.map((id) => (`${id}:${value}` in evidence.sources ? `${id}:${value}` : id));
}

const wholeOf = (gate: GateText, bench: Bench) => ({
  name: gate.id,
  measured: measuredBy(gate, bench),
  needs: needsOf(gate, null, bench),
});

interface Measured {
  readonly metric: MetricText;
  readonly measurement: Measurement;
}

function measuredBy(gate: GateText, bench: Bench): readonly Measured[] {
  return metricsOf(gate).flatMap((id) => {
    const metric = bench.policy.metrics.get(id);
    if (metric === undefined) return [];
    const measurement =
      metric.text.by_gate === undefined ? bench.measures.whole.get(id) : bench.measures.forGate(id, gate.id);
    return [{ metric: metric.text, measurement: measurement ?? NOTHING }];
  });
}

/** One row a value that any of the metrics knows, or any part of a source; where none is known, one that has nothing. */
function eachOf(gate: GateText, column: string, bench: Bench) {
  const each = metricsOf(gate).flatMap((id) => {
    const metric = bench.policy.metrics.get(id);
    return metric === undefined ? [] : [{ metric: metric.text, values: bench.measures.each(id, column, gate.id) }];
  });
  const parts = (gate.needs ?? []).flatMap((id) => partsOf(id, bench));
  const names = [...new Set([...each.flatMap(({ values }) => [...values.keys()]), ...parts])].toSorted(inOrder);
  if (names.length === 0) return [{ ...wholeOf(gate, bench), measured: measuredBy(gate, bench).map(unparted(column)) }];
  return names.map((value) => ({
    name: `${gate.id}:${value}`,
    needs: needsOf(gate, value, bench),
    measured: each.map(({ metric, values }) => ({ metric, measurement: values.get(value) ?? NOTHING })),
  }));
}

/** Units none of which says which value they are of. */
const unparted =
  (column: string) =>
  ({ metric, measurement }: Measured): Measured => {
    const { sample, problems } = measurement;
    const none = `none of ${sample} can be read at \`${column}\``;
    const said = { count: problems.count + sample, first: [...problems.first, none].slice(0, REASONS_MAX) };
    return { metric, measurement: sample === 0 ? measurement : { ...measurement, problems: said } };
  };

/** The values that a source is there for, apart from one another. */
const partsOf = (source: string, { evidence }: Bench): readonly string[] =>
  Object.keys(evidence.sources).flatMap((id) => (id.startsWith(`${source}:`) ? [id.slice(source.length + 1)] : []));

interface Fired {
  readonly metric: string;
  readonly count: number;
  readonly blamed: Blamed;
}

function triggersOf(gate: GateText, bench: Bench): readonly Fired[] {
  return gate.triggers.flatMap((id) => {
    const measurement = bench.measures.whole.get(id) ?? NOTHING;
    const { sample } = measurement;
    return sample === 0 ? [] : [{ metric: id, count: sample, blamed: { measurement, part: "counted" } }];
  });
}

/** What one metric of a gate came to. */
interface Part {
  readonly metric: MetricText;
  readonly measurement: Measurement;
  readonly status: GateStatus;
  readonly stage: Stage | null;
  readonly limit: Rational | null;
  readonly reasons: readonly string[];
  readonly flip: readonly Flip[];
}

function compared(
  gate: GateText,
  metric: MetricText,
  measurement: Measurement,
  bench: Bench,
  lacking: readonly string[],
): Part {
  const limits = staged(gate, bench);
  const first = limits[0]?.limit ?? null;
  const part = (
    status: GateStatus,
    stage: Stage | null,
    limit: Rational | null,
    reasons: readonly string[],
    flip: readonly Flip[],
  ) => ({
    metric,
    measurement,
    status,
    stage,
    limit,
    reasons,
    flip,
  });
  if (!measurement.isApplicable) return part("UNKNOWN", null, first, measurement.told, []);
  const sources = lacking.map((source): Flip => ({ change: "complete_source", source }));
  const isThere = bench.measures.units[metric.from] !== undefined;
  const { count } = measurement.problems;
  const unread: readonly Flip[] = isThere && count > 0 ? [{ change: "make_readable", count }] : [];
  const obstacles = [
    ...lacking.map((id) => `source ${id}: ${bench.evidence.sources[id]?.detail ?? "not there"}`),
    ...measurement.problems.first,
    ...untold(gate, bench),
    ...(limits.some(({ limit }) => limit === null) ? ["the limit cannot be told: its own metric is not known"] : []),
  ];
  const isEmpty = obstacles.length === 0 && measurement.value === null;
  const unknown = isEmpty ? ["there is nothing to measure"] : obstacles;
  if (unknown.length > 0)
    return part("UNKNOWN", null, first, unknown, [
      ...sources,
      ...unread,
      ...(first === null ? [] : flipsOf(gate, metric, measurement, first)),
    ]);
  const flips = (limit: Rational | null) => (limit === null ? [] : flipsOf(gate, metric, measurement, limit));
  if (measurement.sample < gate.sample_min)
    return part(
      "INSUFFICIENT",
      null,
      first,
      [`${measurement.sample} of the ${gate.sample_min} that are needed`],
      flips(first),
    );
  const missed = limits.find(({ limit }) => limit !== null && !measurementKeepsTo(gate, metric, measurement, limit));
  if (missed === undefined) return part("PASS", gate.stages === undefined ? null : "ok", first, [], []);
  if (missed.stage === "warn")
    return part("PASS", "warn", missed.limit, [`${saidOf(metric, measurement)} is a warning`], flips(missed.limit));
  const status = gate.floor === undefined ? "FAIL" : "INSUFFICIENT";
  const reasons = [saidOf(metric, measurement), ...measurement.told];
  return part(status, missed.stage, missed.limit, reasons, flips(missed.limit));
}

/** Units of which nobody can say whether they would have fired a trigger. */
const untold = ({ triggers }: GateText, { measures }: Bench): readonly string[] =>
  triggers
    .flatMap((id) => measures.whole.get(id)?.problems.first.map((problem) => `trigger ${id}: ${problem}`) ?? [])
    .slice(0, REASONS_MAX);

function saidOf({ kind }: MetricText, { value, good, sample }: Measurement): string {
  if (kind === "ratio") return `${good} of ${sample}`;
  return value === null ? "nothing" : decimalText(value, PLACES);
}

/** Limits from the worst stage to the mildest; one without a stage where the gate states none. A limit is null without a value. */
function staged(
  gate: GateText,
  bench: Bench,
): readonly { readonly stage: Stage | null; readonly limit: Rational | null }[] {
  const { stages, limit, floor } = gate;
  const plain = limit ?? floor;
  if (plain !== undefined) return [{ stage: null, limit: limitOf(plain, bench) }];
  return (["hard_fail", "soft_fail", "warn"] as const).flatMap((stage) => {
    const stated = stages?.[stage];
    return stated === undefined ? [] : [{ stage, limit: limitOf(stated, bench) }];
  });
}

/** Null where the metric that it is stated by has no value, or not all of its units could be read. */
export function limitOf(limit: LimitText, bench: Bench): Rational | null {
  if (typeof limit !== "object") return rationalOf(limit);
  const stated = "metric" in limit ? bench.measures.whole.get(limit.metric) : undefined;
  const measured = stated?.problems.count === 0 ? stated.value : null;
  const value = "param" in limit ? rationalOf(bench.params[limit.param] ?? Number.NaN) : measured;
  return value === null ? null : scaled(value, rationalOf(limit.times), rationalOf(limit.plus));
}

const WORST: readonly GateStatus[] = ["FAIL", "UNKNOWN", "INSUFFICIENT", "PASS"];

/** Of several metrics, the worst where any miss is a breach; the best where only all are one. */
function decisive({ breach }: GateText, parts: readonly Part[]): Part | undefined {
  const order = breach === "any" ? WORST : WORST.toReversed();
  return order.flatMap((status) => parts.filter((part) => part.status === status))[0];
}

function rowOf(
  gate: GateText,
  id: string,
  parts: readonly Part[],
  fired: readonly Fired[],
  measures: Measures,
): GateRow {
  const part = decisive(gate, parts);
  const isFired = fired.length > 0;
  const status = isFired ? "FAIL" : (part?.status ?? "UNKNOWN");
  const stage = isFired ? null : (part?.stage ?? null);
  const blamed = status === "FAIL" ? [...fired.map((one) => one.blamed), ...atFault(gate, part)] : [];
  const failing: FailingRows = blamed.length === 0 ? { count: 0, rows: [] } : measures.rows(blamed);
  const measurement = part?.measurement ?? NOTHING;
  return {
    id,
    title: gate.title ?? null,
    group: gate.group ?? null,
    metric: metricsOf(gate).join(", "),
    status,
    standing: parts.length > 0 && parts.every(({ measurement }) => !measurement.isApplicable) ? "excluded" : "counts",
    severity: severityOf(gate, status, stage),
    stage,
    waivable: gate.waivable,
    value: part === undefined ? null : valueText(part),
    shown: measurement.value === null ? null : decimalText(measurement.value, PLACES),
    sample: measurement.sample,
    sample_min: gate.sample_min,
    bound: measurement.value === null ? null : boundText(gate, measurement),
    rule: ruleOf(gate, part?.limit ?? null),
    triggers: fired.map(({ metric, count }) => ({ metric, count })),
    reasons: [...fired.map(({ metric, count }) => `trigger ${metric}: ${count}`), ...(part?.reasons ?? [])],
    failing,
    flip: [
      ...fired.map(({ metric, count }): Flip => ({ change: "clear_trigger", metric, count })),
      ...(part?.flip ?? []),
    ],
    code: status === "PASS" ? null : (gate.code ?? null),
    remedy: gate.remedy,
    waiver: null,
  };
}

function valueText({ metric, measurement }: Part): string | null {
  if (metric.kind === "ratio") return `${measurement.good}/${measurement.sample}`;
  const { value } = measurement;
  if (value === null) return null;
  return value.denominator === 1n ? String(value.numerator) : `${value.numerator}/${value.denominator}`;
}

function ruleOf({ op, floor, bound }: GateText, limit: Rational | null): string {
  const compared = `${floor === undefined ? op : ">="} ${limit === null ? "an unknown limit" : decimalText(limit, PLACES)}`;
  return bound === undefined
    ? compared
    : `${compared} (${bound.method.replace("_", "-")}, ${bound.confidence} ${bound.side}-sided${bound.in_doubt === "pass" ? ", in doubt it passes" : ""})`;
}

const STAGE_SEVERITY = { ok: null, warn: "low", soft_fail: "medium", hard_fail: "high" } as const;

function severityOf({ severity }: GateText, status: GateStatus, stage: Stage | null): GateSeverity | null {
  if (stage !== null && (status === "PASS" || severity === undefined || status === "FAIL"))
    return STAGE_SEVERITY[stage];
  if (status === "PASS") return null;
  return typeof severity === "object" ? severity[status] : (severity ?? "critical");
}

/** Of a ceiling, what lies under it; of a floor, what does not reach it. Too small a count has nothing at fault. */
function atFault({ op }: GateText, part: Part | undefined): readonly Blamed[] {
  if (part?.status !== "FAIL") return [];
  const { metric, measurement } = part;
  if (metric.kind === "count") return isCeiling(op) || op === "==" ? [{ measurement, part: "counted" }] : [];
  return [{ measurement, part: metric.kind === "ratio" && isCeiling(op) ? "good" : "missed" }];
}
