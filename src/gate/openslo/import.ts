import {
  accepted,
  assert,
  fieldPath,
  isJsonObject,
  type JsonObject,
  parseInstant,
  parseJson,
  type Result,
  readYaml,
  rejected,
  yamlText,
} from "../../contracts/index.ts";
import { type Policy, parsePolicy } from "../policy.ts";
import { rationalOf } from "../rational.ts";
import {
  DOCUMENT,
  GATE_ANNOTATION,
  type Indicator,
  type Objective,
  POLICY_ANNOTATION,
  type SliDocument,
  type SloDocument,
  type TimeWindow,
} from "./document.ts";
import { LEDGER_ROWS, LEDGER_SOURCES } from "./ledger-rows.ts";

/** A policy made of OpenSLO documents, and its text. */
export interface ImportedPolicy {
  readonly policy: Policy;
  readonly text: string;
}

type Path = readonly (string | number)[];

interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** Says that a field is not measured by any metric of ours; whoever says so goes on with what is left. */
type Say = (path: Path, message: string) => void;

/**
 * Makes a policy of OpenSLO documents: every objective becomes a gate on the ratio of good units. Refused with OPENSLO_UNSUPPORTED,
 * which names the field, for whatever our own metric sources do not measure; labels and strange annotations are left behind.
 */
export function importOpenSlo(source: string): Result<ImportedPolicy> {
  const problems: Problem[] = [];
  const policy = policyOf(source, (path, message) => problems.push({ path, message }));
  const [first] = problems;
  if (first !== undefined || policy === undefined)
    return refusal(first ?? { path: [], message: "there is no SLO in it" });
  const text = yamlText(policy);
  const parsed = parsePolicy(text);
  if (parsed.ok) return accepted({ policy: parsed.value, text });
  const [error] = parsed.errors;
  return refusal({ path: [], message: `as a policy, \`${error?.path}\` ${error?.message}` });
}

function refusal({ path, message }: Problem): Result<ImportedPolicy> {
  const field_path = fieldPath(path);
  return rejected({ code: "OPENSLO_UNSUPPORTED", message: `\`${field_path}\`: ${message}`, field_path });
}

interface Placed<D> {
  readonly document: D;
  readonly path: Path;
}

interface Documents {
  readonly slos: readonly Placed<SloDocument>[];
  readonly slis: readonly Placed<SliDocument>[];
}

function documentsIn(source: string, say: Say): Documents {
  const slos: Placed<SloDocument>[] = [];
  const slis: Placed<SliDocument>[] = [];
  const read = readYaml(source);
  if (read === undefined) say([], "the text is no YAML");
  for (const [index, value] of (read ?? []).entries()) {
    const parsed = DOCUMENT.safeParse(value);
    if (!parsed.success) sayUnread(index, parsed.error.issues[0], say);
    else if (parsed.data.kind === "SLO") slos.push({ document: parsed.data, path: [index] });
    else slis.push({ document: parsed.data, path: [index] });
  }
  return { slos, slis };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function sayUnread(index: number, issue: Issue | undefined, say: Say): void {
  const path = [index, ...(issue?.path ?? []).map((part) => (typeof part === "number" ? part : String(part)))];
  const [key] = issue?.keys ?? [];
  if (key === undefined) say(path, issue?.message ?? "is none of what is imported");
  else say([...path, key], "is not imported");
}

/** The policy, as far as the documents say one; undefined where they hold no service level. */
function policyOf(source: string, say: Say): JsonObject | undefined {
  const { slos, slis } = documentsIn(source, say);
  const [first] = slos;
  if (first === undefined) return undefined;
  const whole = annotationIn(first, POLICY_ANNOTATION, say);
  const window = windowOf(first, say);
  for (const slo of slos)
    if (JSON.stringify(windowOf(slo, say)) !== JSON.stringify(window))
      say([...slo.path, "spec", "timeWindow"], "is another than that of the first: a policy has one");
  const parts = slos.flatMap((slo) => partsOf(slo, indicatorOf(slo, slis, say), say));
  return {
    id: first.document.spec.service ?? first.document.metadata.name,
    version: "1.0.0",
    engine: 1,
    derive: { fn: "units", version: 1 },
    validity_seconds: 86_400,
    sources: [...LEDGER_SOURCES],
    rows: { ...LEDGER_ROWS },
    window: { ...window, ...(whole.settle_seconds === undefined ? {} : { settle_seconds: whole.settle_seconds }) },
    ...without(whole, "settle_seconds"),
    metrics: parts.map(({ metric }) => metric).filter(isFirst),
    gates: parts.flatMap(({ gates }) => gates),
  };
}

/** Service levels that share an indicator share its metric. */
const isFirst = (metric: JsonObject, index: number, all: readonly JsonObject[]): boolean =>
  all.findIndex(({ id }) => id === metric.id) === index;

const without = (value: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

function annotationIn({ document, path }: Placed<SloDocument>, name: string, say: Say): JsonObject {
  const text = document.metadata.annotations?.[name];
  if (text === undefined) return {};
  const parsed = parseJson(text);
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  say([...path, "metadata", "annotations", name], "is no JSON object");
  return {};
}

interface PlacedIndicator {
  readonly name: string;
  readonly title: string | undefined;
  readonly indicator: Indicator;
  readonly path: Path;
}

function indicatorOf(
  { document, path }: Placed<SloDocument>,
  slis: readonly Placed<SliDocument>[],
  say: Say,
): PlacedIndicator | undefined {
  const { indicator, indicatorRef } = document.spec;
  if (indicator !== undefined && indicatorRef === undefined) {
    const { metadata, spec } = indicator;
    const name = metadata?.name ?? document.metadata.name;
    return { name, title: metadata?.displayName, indicator: spec, path: [...path, "spec", "indicator", "spec"] };
  }
  const found = slis.find((one) => one.document.metadata.name === indicatorRef);
  if (found === undefined || indicator !== undefined) {
    say([...path, "spec", "indicatorRef"], "names no SLI of these documents, or stands beside one");
    return undefined;
  }
  const { metadata, spec } = found.document;
  return { name: metadata.name, title: metadata.displayName, indicator: spec, path: [...found.path, "spec"] };
}

const SECONDS: { readonly [unit: string]: number } = { m: 60, h: 3_600, d: 86_400, w: 604_800 };
const CALENDAR = { "1d": "day", "1w": "week", "1M": "month" } as const;

function windowOf({ document, path }: Placed<SloDocument>, say: Say): JsonObject {
  const [window] = document.spec.timeWindow;
  assert(window !== undefined, "there is one window");
  const at = [...path, "spec", "timeWindow", 0];
  if (!("calendar" in window)) return { kind: "rolling", length_seconds: lengthOf(window, at, say) };
  const { duration, calendar } = window;
  const unit = duration === "1d" || duration === "1w" || duration === "1M" ? CALENDAR[duration] : undefined;
  if (unit === undefined) say([...at, "duration"], "is no 1d, 1w or 1M, which calendar windows are");
  if (calendar.timeZone !== "UTC") say([...at, "calendar", "timeZone"], "is not UTC");
  if (unit !== undefined && !beginsAt(unit, calendar.startTime))
    say([...at, "calendar", "startTime"], `is not where a ${unit} begins in UTC, such as ${STARTS[unit]}`);
  return { kind: "calendar", unit: unit ?? null };
}

/** Where a calendar's units begin: a Monday, which is the first of a month. */
export const STARTS = {
  day: "2024-01-01 00:00:00",
  week: "2024-01-01 00:00:00",
  month: "2024-01-01 00:00:00",
} as const;

function beginsAt(unit: keyof typeof STARTS, start: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)[ T]00:00:00(?:Z|\.000Z)?$/.exec(start);
  const at = parseInstant(`${match?.[1] ?? ""}T00:00:00Z`);
  if (at === undefined) return false;
  const days = at / 86_400_000;
  // 1970-01-01 was a Thursday.
  if (unit === "week") return (days + 3) % 7 === 0;
  return unit === "day" || match?.[1]?.endsWith("-01") === true;
}

function lengthOf({ duration }: TimeWindow, at: Path, say: Say): number {
  const seconds = SECONDS[duration.at(-1) ?? ""];
  if (seconds === undefined) say([...at, "duration"], "has no fixed length: give minutes, hours, days or weeks");
  return Number(duration.slice(0, -1)) * (seconds ?? 0);
}

interface Parts {
  readonly metric: JsonObject;
  readonly gates: readonly JsonObject[];
}

function partsOf(slo: Placed<SloDocument>, placed: PlacedIndicator | undefined, say: Say): readonly Parts[] {
  if (placed === undefined) return [];
  const { metadata, spec } = slo.document;
  const own = annotationIn(slo, GATE_ANNOTATION, say);
  const path = [...slo.path, "spec", "objectives"];
  const metric = metricOf(placed, { objectives: spec.objectives, path }, say);
  const gates = spec.objectives.map(
    (objective, index): JsonObject => ({
      id: spec.objectives.length === 1 ? metadata.name : `${metadata.name}-${index + 1}`,
      ...titled(objective.displayName ?? metadata.displayName),
      metric: placed.name,
      limit: targetOf(objective, [...path, index], say),
      remedy: "see which units were not good, and why",
      ...own,
    }),
  );
  return [{ metric: { id: placed.name, ...titled(placed.title), kind: "ratio", ...metric }, gates }];
}

const titled = (title: string | undefined): JsonObject => (title === undefined ? {} : { title });

interface Objectives {
  readonly objectives: readonly Objective[];
  readonly path: Path;
}

const OPERATORS = { lte: "<=", gte: ">=", lt: "<", gt: ">" } as const;

function metricOf({ indicator, path }: PlacedIndicator, { objectives, path: at }: Objectives, say: Say): JsonObject {
  const { thresholdMetric, ratioMetric } = indicator;
  if (ratioMetric !== undefined && thresholdMetric === undefined) {
    for (const [index, { op, value }] of objectives.entries())
      if (op !== undefined || value !== undefined)
        say([...at, index, op === undefined ? "value" : "op"], "is for a thresholdMetric");
    return ratioOf(ratioMetric, [...path, "ratioMetric"], say);
  }
  if (thresholdMetric === undefined || ratioMetric !== undefined) {
    say(path, "has to be either a thresholdMetric or a ratioMetric");
    return {};
  }
  if (objectives.length > 1) say([...at, 1], "a thresholdMetric has one objective");
  const { op, value } = objectives[0] ?? {};
  if (op === undefined) say([...at, 0, "op"], "is missing");
  if (value === undefined) say([...at, 0, "value"], "is missing");
  const { from, where, channels, column } = thresholdMetric.metricSource.spec;
  return { from, ...given({ where, channels }), good: `$.${column} ${OPERATORS[op ?? "gte"]} ${value}` };
}

function ratioOf({ good, bad, total }: NonNullable<Indicator["ratioMetric"]>, path: Path, say: Say): JsonObject {
  const { from, where, channels } = total.metricSource.spec;
  const [name, part] = good === undefined ? ["bad", bad] : ["good", good];
  if (part === undefined || (good !== undefined && bad !== undefined))
    say([...path, "good"], "either this or `bad` has to stand");
  const spec = part?.metricSource.spec ?? { from };
  const at = [...path, name, "metricSource", "spec"];
  if (spec.from !== from) say([...at, "from"], "is not what `total` is of");
  if (spec.where === undefined) say([...at, "where"], "is missing: it says which units those are");
  if (spec.channels !== undefined && JSON.stringify(spec.channels) !== JSON.stringify(channels))
    say([...at, "channels"], "are not those of `total`");
  const condition = spec.where ?? "";
  return { from, ...given({ where, channels }), good: good === undefined ? `NOT (${condition})` : condition };
}

interface Filter {
  readonly where: string | undefined;
  readonly channels: readonly string[] | undefined;
}

const given = ({ where, channels }: Filter): JsonObject => ({
  ...(where === undefined ? {} : { where }),
  ...(channels === undefined ? {} : { channels: [...channels] }),
});

/** Exactly: a percentage is so many hundredths. */
function targetOf({ target, targetPercent }: Objective, path: Path, say: Say): number | string {
  if ((target === undefined) === (targetPercent === undefined))
    say([...path, "target"], "either this or `targetPercent` has to stand");
  if (target !== undefined) return target;
  const { numerator, denominator } = rationalOf(targetPercent ?? 0);
  return `${numerator}/${denominator * 100n}`;
}
