import { z } from "@hono/zod-openapi";
import { parseInstant } from "../../contracts/index.ts";
import {
  CATEGORIES,
  CHART_CATEGORIES,
  type ChartRow,
  type DiagnosisFilter,
  SEVERITIES,
  type TimelineEntry,
  type Why,
} from "../../observe/index.ts";
import { jsonObject, name, time, timeOf, timeOrNull } from "./parts.ts";

/** RFC 3339 with any offset. */
const moment = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, "is no time as RFC 3339 writes it")
  .openapi({ format: "date-time" });

/** What of a run a reader wants to see. */
export const filterQuery = z.strictObject({
  step: name.optional(),
  category: z.enum([...CHART_CATEGORIES, ...CATEGORIES]).optional(),
  severity: z.enum(SEVERITIES).optional(),
  since: moment.optional(),
  until: moment.optional(),
});

export const filterOf = (query: z.output<typeof filterQuery>): DiagnosisFilter => ({
  step: query.step ?? null,
  category: query.category ?? null,
  severity: query.severity ?? null,
  since: parseInstant(query.since ?? "") ?? null,
  until: parseInstant(query.until ?? "") ?? null,
});

/** What can be typed next. */
export const nextAct = z.strictObject({ how: z.string(), command: z.string() }).nullable();

export const whyFields = {
  /** Where the run is and why, in one sentence. */
  why: z.string(),
  next: nextAct,
};

export const whyView = ({ says, next }: Why) => ({ why: says, next });

const bar = z.strictObject({
  kind: z.enum(["working", "retrying", "approval", "waiting", "branches", "unknown", "undoing"]),
  category: z.enum(CHART_CATEGORIES),
  from: time,
  /** Null: it goes on. */
  to: time.nullable(),
  attempt: z.int().nullable(),
  severity: z.enum(["info", "warning", "error"]),
  code: z.string().nullable(),
  ended_by: z.string().nullable(),
  /** How many it is: 1, unless a picture was asked for in which nobody could tell them apart. */
  times: z.int(),
});

/** What one step did and when. */
export const chartRow = z
  .strictObject({ lane: z.string(), step: z.string(), bars: z.array(bar).readonly() })
  .openapi("ChartRow");

export const chartRowView = ({ lane, step, bars }: ChartRow): z.output<typeof chartRow> => ({
  lane,
  step,
  bars: bars.map((one) => ({ ...one, from: timeOf(one.from), to: timeOrNull(one.to) })),
});

export const correlation = z.strictObject({
  task_id: z.string(),
  run_id: z.string(),
  step_id: z.string().nullable(),
  event_id: z.string().nullable(),
  event_type: z.string().nullable(),
  occurred_at: time.nullable(),
});

/** Something that an operator of runs has to see. */
export const timelineEntry = z
  .strictObject({
    occurred_at: time,
    category: z.enum(CATEGORIES),
    event_type: z.string(),
    severity: z.string(),
    reason_code: z.string().nullable(),
    summary: z.string(),
    correlation,
    payload: jsonObject,
  })
  .openapi("TimelineEntry");

export const timelineEntryView = (entry: TimelineEntry): z.output<typeof timelineEntry> => ({ ...entry });
