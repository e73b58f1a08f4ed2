import {
  accepted,
  isSameJson,
  type Json,
  type JsonObject,
  type Result,
  rejected,
  yamlText,
} from "../../contracts/index.ts";
import type { Policy } from "../policy.ts";
import type { GateText, MetricText, PolicyText } from "../policy-shape.ts";
import { API_VERSION, GATE_ANNOTATION, POLICY_ANNOTATION, SOURCE_TYPE } from "./document.ts";
import { STARTS } from "./import.ts";
import { LEDGER_ROWS, LEDGER_SOURCES } from "./ledger-rows.ts";

/**
 * A policy as OpenSLO documents, one for each gate, from which `importOpenSlo` makes the same policy again: what OpenSLO has no place
 * for stands in annotations. Refused with OPENSLO_UNSUPPORTED, which names the field, where a gate is no share of good units of the
 * ledger.
 */
export function exportOpenSlo({ text: policy }: Policy): Result<string> {
  const problem = policyProblem(policy);
  if (problem !== null) return unsupported(...problem);
  const documents: JsonObject[] = [];
  for (const [index, gate] of policy.gates.entries()) {
    const metric = policy.metrics.find(({ id }) => id === gate.metric);
    const found = gateProblem(gate, metric);
    if (found !== null || metric === undefined || metric.kind !== "ratio")
      return unsupported(`gates[${index}].${found?.[0] ?? "metric"}`, found?.[1] ?? "is no ratio");
    documents.push(sloOf(policy, gate, metric));
  }
  return accepted(documents.map(yamlText).join("---\n"));
}

type Problem = readonly [field: string, message: string];

const unsupported = (field: string, message: string) =>
  rejected({ code: "OPENSLO_UNSUPPORTED", message: `\`$.${field}\`: ${message}`, field_path: `$.${field}` });

function policyProblem(policy: PolicyText): Problem | null {
  const { derive, rows, sources, window, profiles, waivers, params, metrics } = policy;
  if (derive.fn !== "units") return ["derive.fn", "OpenSLO is exported of policies over the ledger's units"];
  if (!isSameJson(plain(rows), plain(LEDGER_ROWS)))
    return ["rows", "are not the units of the ledger: `run` and `receipt`"];
  if (!isSameJson([...sources], [...LEDGER_SOURCES])) return ["sources", `are not ${LEDGER_SOURCES.join(" and ")}`];
  if (window === undefined) return ["window", "a service level has one"];
  if (typeof window.settle_seconds !== "number") return ["window.settle_seconds", "is laid by a fact"];
  if (window.kind === "rolling" && window.length_seconds % 60 !== 0)
    return ["window.length_seconds", "is no whole minutes"];
  if (Object.keys(profiles).length > 0) return ["profiles", "OpenSLO has none"];
  if (waivers !== undefined) return ["waivers", "OpenSLO has none"];
  if (Object.keys(params).length > 0) return ["params", "OpenSLO has none"];
  const idle = metrics.findIndex(({ id }) => !policy.gates.some((gate) => gate.metric === id));
  return idle === -1 ? null : [`metrics[${idle}]`, "no gate asks it, and an objective is a gate"];
}

function gateProblem(gate: GateText, metric: MetricText | undefined): Problem | null {
  if (metric === undefined) return ["metric", "is several"];
  if (metric.kind !== "ratio") return ["metric", `\`${metric.id}\` is a ${metric.kind}, and an objective is a ratio`];
  const extra = Object.entries(metric).find(([name, value]) => !PLACED.includes(name) && value !== DEFAULTS[name]);
  if (extra !== undefined) return ["metric", `\`${metric.id}\` has \`${extra[0]}\`, for which OpenSLO has no place`];
  if (gate.op !== ">=") return ["op", "is not >="];
  if (gate.limit === undefined) return [gate.stages === undefined ? "floor" : "stages", "an objective has one limit"];
  return targetOf(gate.limit) === undefined ? ["limit", "is no decimal from 0 to below 1"] : null;
}

const PLACED: readonly string[] = ["id", "title", "kind", "from", "where", "channels", "good"];
const DEFAULTS: { readonly [name: string]: unknown } = { include: "valid", fold: "every" };

function targetOf(limit: NonNullable<GateText["limit"]>): number | undefined {
  return typeof limit === "number" && limit >= 0 && limit < 1 ? limit : undefined;
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

function sloOf(policy: PolicyText, gate: GateText, metric: Extract<MetricText, { kind: "ratio" }>): JsonObject {
  const { from, where, channels, good } = metric;
  const filter = { from, ...(where === undefined ? {} : { where }), ...(channels === undefined ? {} : { channels }) };
  const { metric: _, limit: __, op: ___, ...rest } = gate;
  const queried = (spec: unknown) => ({ metricSource: { type: SOURCE_TYPE, spec: plain(spec) } });
  return plainObject({
    apiVersion: API_VERSION,
    kind: "SLO",
    metadata: {
      name: nameOf(gate.id),
      displayName: gate.title,
      annotations: {
        [POLICY_ANNOTATION]: JSON.stringify(wholeOf(policy)),
        [GATE_ANNOTATION]: JSON.stringify(rest),
      },
    },
    spec: {
      service: policy.id,
      indicator: {
        metadata: { name: metric.id, displayName: metric.title },
        spec: {
          ratioMetric: {
            counter: false,
            good: queried({ ...filter, where: good }),
            total: queried(filter),
          },
        },
      },
      timeWindow: [windowOf(policy.window)],
      budgetingMethod: "Occurrences",
      objectives: [{ target: gate.limit }],
    },
  });
}

const plainObject = (value: object): JsonObject => JSON.parse(JSON.stringify(value));

/** What the policy says beside its metrics and gates, its window's end with it. */
function wholeOf({ id, version, title, purpose, validity_seconds, groups, window, export: exported }: PolicyText) {
  return {
    id,
    version,
    title,
    purpose,
    validity_seconds,
    groups,
    export: exported,
    settle_seconds: window?.settle_seconds,
  };
}

/** As names of OpenSLO are: small letters, digits and `-`, at most 63. */
const nameOf = (id: string): string =>
  id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63) || "gate";

const UNITS = [
  [604_800, "w"],
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
] as const;
const DURATIONS = { day: "1d", week: "1w", month: "1M" } as const;

function windowOf(window: PolicyText["window"]) {
  if (window === undefined) return {};
  if (window.kind === "calendar")
    return {
      duration: DURATIONS[window.unit],
      calendar: { startTime: STARTS[window.unit], timeZone: "UTC" },
      isRolling: false,
    };
  const [seconds, letter] = UNITS.find(([unit]) => window.length_seconds % unit === 0) ?? [60, "m"];
  return { duration: `${window.length_seconds / seconds}${letter}`, isRolling: true };
}
