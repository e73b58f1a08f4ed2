import { z } from "zod";

/*
 * The part of OpenSLO v1 that says something our metrics measure. Source: the specification `openslo/v1` of the project OpenSLO,
 * github.com/OpenSLO/OpenSLO, README.md.
 */

export const API_VERSION = "openslo/v1";
/** The type of metric source that is ours: units of the ledger, or of files in the same form. */
export const SOURCE_TYPE = "countermark";
/** What OpenSLO has no place for, as JSON text: of the whole policy, and of one gate. */
export const POLICY_ANNOTATION = "countermark.policy";
export const GATE_ANNOTATION = "countermark.gate";

const text = z.string().min(1);
const strings = z.record(z.string(), z.string());

const metadata = z.strictObject({
  name: text,
  displayName: text.optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: strings.optional(),
});

const channels = z.array(z.string()).optional();
const where = text.optional();

/** Which units are asked, and which of them count. */
const queried = z.strictObject({
  metricSource: z.strictObject({
    type: z.literal(SOURCE_TYPE),
    spec: z.strictObject({ from: text, where, channels }),
  }),
});
/** The column whose value is compared, unit by unit. */
const compared = z.strictObject({
  metricSource: z.strictObject({
    type: z.literal(SOURCE_TYPE),
    spec: z.strictObject({ from: text, where, channels, column: text }),
  }),
});

const indicator = z.strictObject({
  description: z.string().optional(),
  thresholdMetric: compared.optional(),
  ratioMetric: z
    .strictObject({
      counter: z.boolean().optional(),
      good: queried.optional(),
      bad: queried.optional(),
      total: queried,
    })
    .optional(),
});

const duration = z.string().regex(/^[1-9]\d*[mhdwMQY]$/, "such as 28d");
const timeWindow = z.union([
  z.strictObject({ duration, isRolling: z.literal(true) }),
  z.strictObject({
    duration,
    isRolling: z.literal(false).optional(),
    calendar: z.strictObject({ startTime: text, timeZone: text }),
  }),
]);

const objective = z.strictObject({
  displayName: text.optional(),
  op: z.enum(["lte", "gte", "lt", "gt"]).optional(),
  value: z.number().optional(),
  target: z.number().min(0).lt(1).optional(),
  targetPercent: z.number().min(0).lt(100).optional(),
});

const slo = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("SLO"),
  metadata,
  spec: z.strictObject({
    description: z.string().optional(),
    service: text.optional(),
    indicator: z.strictObject({ metadata: metadata.optional(), spec: indicator }).optional(),
    indicatorRef: text.optional(),
    timeWindow: z.array(timeWindow).length(1),
    budgetingMethod: z.literal("Occurrences"),
    objectives: z.array(objective).min(1),
    alertPolicies: z.array(z.never()).optional(),
  }),
});

const sli = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("SLI"),
  metadata,
  spec: indicator,
});

export const DOCUMENT = z.discriminatedUnion("kind", [slo, sli]);

export type SloDocument = z.infer<typeof slo>;
export type SliDocument = z.infer<typeof sli>;
export type Indicator = z.infer<typeof indicator>;
export type Objective = z.infer<typeof objective>;
export type TimeWindow = z.infer<typeof timeWindow>;
