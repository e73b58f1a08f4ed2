import { z } from "@hono/zod-openapi";
import { accepted, assert, parseInstant, type Result, rejected } from "../../contracts/index.ts";
import {
  diagnose,
  diagnosisInput,
  gathered,
  marksOf,
  recoveryOf,
  scopeOf,
  type TimelineEntry,
} from "../../observe/index.ts";
import { inTenant } from "../../store/index.ts";
import { type DiagnosedRun, readDiagnosed } from "../diagnosed-run.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { seeRun } from "../seen-run.ts";
import { diagnosis } from "../wire/diagnosis.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { recoveryReport } from "../wire/recovery.ts";
import { runCall, runCallView } from "../wire/run-call.ts";
import { runSummary, summaryOf } from "../wire/run-summary.ts";
import {
  chartRow,
  chartRowView,
  filterOf,
  filterQuery,
  timelineEntry,
  timelineEntryView,
  whyFields,
  whyView,
} from "../wire/timeline.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

async function diagnosed({ installation, caller }: Call, runId: string): Promise<Result<DiagnosedRun>> {
  const run = await inTenant(installation.database, caller.tenantId, (sql) => readDiagnosed(sql, runId));
  return run === undefined ? rejected(runNotFound(runId)) : accepted(run);
}

/** A picture is no wider than a screen. */
const DOTS_MAX = 10_000;
const dots = z.coerce.number().int().min(1).max(DOTS_MAX);

/** A move of a run, in the order of their first time; from null where it began. */
const move = z.strictObject({ from: name.nullable(), to: name, times: z.int() });

export const runTimelineEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/timeline",
  summary: "See what each step of a run did and when, and what happened to its ownership",
  description:
    "`rows` are bars over time, one row a step; `marks` what concerns signs of life, leases, takeovers and approvals; " +
    "`calls` what it called, each with the guards and rules that let it through; `moves` the way it took through its workflow. " +
    "For a picture `dots` wide, bars and calls that would lie within a dot are told as one, with how many `times` it is.",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: filterQuery.extend({ dots: dots.optional() }) },
  statuses: { 200: "the run over time" },
  answer: runSummary
    .extend({
      ...whyFields,
      generated_at: time,
      rows: z.array(chartRow).readonly(),
      marks: z.array(timelineEntry.extend({ times: z.int() })).readonly(),
      calls: z.array(runCall.extend({ times: z.int() })).readonly(),
      moves: z.array(move).readonly(),
    })
    .openapi("RunTimeline"),
  async handle({ installation, caller }, { params, query }) {
    const filter = filterOf(query);
    const asked = { filter, dots: query.dots ?? null };
    const run = await inTenant(installation.database, caller.tenantId, (sql) => seeRun(sql, params.run_id, asked));
    if (run === undefined) return rejected(runNotFound(params.run_id));
    const marks = marksOf(run.marks, scopeOf(run, run.now), filter);
    return reply({
      ...summaryOf(run.row),
      ...whyView(run.why),
      generated_at: timeOf(run.now),
      rows: run.rows.map(chartRowView),
      marks: gathered(marks.map(markedAt), run.dotMs, markKey).map(({ mark, times }) => ({
        ...timelineEntryView(mark),
        times,
      })),
      calls: run.calls.map((call) => ({ ...runCallView(call), times: call.times })),
      moves: [...run.moves],
    });
  },
});

function markedAt(mark: TimelineEntry) {
  const at = parseInstant(mark.occurred_at);
  assert(at !== undefined, "a mark says when it was");
  return { mark, from: at, to: at };
}

const markKey = ({ mark: { category, severity } }: ReturnType<typeof markedAt>): string => `${category} ${severity}`;

export const diagnoseRunEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/diagnosis",
  summary: "Say why a run is where it is, what to do next, and whether its record of owners adds up",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: filterQuery },
  statuses: { 200: "the diagnosis" },
  answer: runSummary.extend({ ...whyFields, diagnosis }).openapi("RunDiagnosis"),
  async handle(call, { params, query }) {
    const found = await diagnosed(call, params.run_id);
    if (!found.ok) return found;
    const run = found.value;
    return reply({
      ...summaryOf(run.row),
      ...whyView(run.why),
      diagnosis: diagnose(diagnosisInput(run, run.now), scopeOf(run, run.now), filterOf(query)),
    });
  },
});

const file = z.strictObject({ path: z.string(), text: z.string() });

export const runRecoveryEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/recovery",
  summary: "Report how a run lost its owner and got another",
  description:
    "The report as data and as a page, made from the run's record and from nothing else. With `files=true` also the documents " +
    "that it points at, as they were hashed.",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: z.strictObject({ files: z.enum(["true", "false"]).default("false") }) },
  statuses: { 200: "the report" },
  answer: z
    .strictObject({ report: recoveryReport, markdown: z.string(), files: z.array(file).readonly() })
    .openapi("Recovery"),
  async handle(call, { params, query }) {
    const found = await diagnosed(call, params.run_id);
    if (!found.ok) return found;
    const { report, markdown, files } = recoveryOf(found.value, found.value.now);
    return reply({ report, markdown, files: query.files === "true" ? [...files] : [] });
  },
});
