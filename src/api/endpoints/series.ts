import { z } from "@hono/zod-openapi";
import { accepted, after, type Instant, parseInstant, type Result, rejected } from "../../contracts/index.ts";
import { COUNTED_MAX, type EndedPart, endedParts, endedWorkflows, type PartedTime } from "../../gate/index.ts";
import { countRefusals, type RefusedCount } from "../../ledger/index.ts";
import { inTenantSnapshot } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { name, time, timeOf } from "../wire/parts.ts";

/** A month: what is older is read by exporting it. */
const RANGE_MS_MAX = 31 * 86_400_000;
const PARTS_MAX = 200;
const REASONS_MAX = 8;

const counts = {
  succeeded: z.int(),
  expected_failures: z.int(),
  unexpected_failures: z.int(),
  cancelled: z.int(),
  /** From start to end, of half of the runs and of 95 in 100; null where none ended. */
  p50_ms: z.int().nullable(),
  p95_ms: z.int().nullable(),
  /** What the calls of these runs cost, in micro-USD. */
  cost_micros: z.int(),
} as const;

const part = z.strictObject({ at: time, ...counts, refused_calls: z.int() });

const series = z
  .strictObject({
    from: time,
    to: time,
    part_ms: z.int(),
    /** Of more runs than one answer counts, the newest are counted: all that ended from here on. */
    complete_since: time,
    parts: z.array(part).readonly(),
    /** The dearest first. */
    workflows: z.array(z.strictObject({ workflow_id: name, runs: z.int(), ...counts })).readonly(),
    /** Why calls were refused, the most frequent reason first. */
    refusals: z.array(z.strictObject({ code: z.string(), count: z.int() })).readonly(),
  })
  .openapi("Series");

export const seriesEndpoint = endpoint({
  method: "get",
  path: "/v1/series",
  summary: "Count over time what ended how, how long it took, what it cost and what was refused",
  description: "From `from` on and before `to`, at most 31 days, in up to 200 parts of equal length.",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      from: z.string(),
      to: z.string(),
      parts: z.coerce.number().int().min(1).max(PARTS_MAX).default(60),
    }),
  },
  statuses: { 200: "every part in its order, those in which nothing ended too" },
  answer: series,
  async handle({ installation, caller }, { query }) {
    const time = partedTime(query.from, query.to, query.parts);
    if (!time.ok) return time;
    return inTenantSnapshot(installation.database, caller.tenantId, async (sql) => {
      const ended = [...(await endedParts(sql, time.value))];
      const workflows = [...(await endedWorkflows(sql, time.value))];
      const refused = [...(await countRefusals(sql, time.value))];
      return reply({
        from: timeOf(time.value.from),
        to: timeOf(time.value.to),
        part_ms: time.value.partMs,
        complete_since: timeOf(completeSince(time.value, ended)),
        parts: partsOf(time.value, ended, refused),
        workflows: workflows.map((row) => ({ ...row })),
        refusals: reasonsOf(refused),
      });
    });
  },
});

function partedTime(fromText: string, toText: string, parts: number): Result<PartedTime> {
  const from = parseInstant(fromText);
  const to = parseInstant(toText);
  if (from === undefined) return invalid("$.from", "is no instant");
  if (to === undefined) return invalid("$.to", "is no instant");
  if (to <= from) return invalid("$.to", "is not after `from`");
  if (to - from > RANGE_MS_MAX) return invalid("$.from", "is more than 31 days before `to`");
  return accepted({ from, to, partMs: Math.ceil((to - from) / parts) });
}

const invalid = (field_path: string, problem: string) =>
  rejected({ code: "REQUEST_INVALID", message: `\`${field_path}\`: ${problem}`, field_path });

/** All were counted, unless as many were as can be. */
function completeSince({ from }: PartedTime, ended: readonly EndedPart[]): Instant {
  const counted = ended.reduce((sum, { runs }) => sum + runs, 0);
  return counted < COUNTED_MAX ? from : (ended[0]?.first_at ?? from);
}

const NONE = {
  succeeded: 0,
  expected_failures: 0,
  unexpected_failures: 0,
  cancelled: 0,
  p50_ms: null,
  p95_ms: null,
  cost_micros: 0,
} as const;

function partsOf(
  { from, to, partMs }: PartedTime,
  ended: readonly EndedPart[],
  refused: readonly RefusedCount[],
): z.output<typeof series>["parts"] {
  const endedIn = new Map(ended.map((row) => [row.part, row]));
  return Array.from({ length: Math.ceil((to - from) / partMs) }, (_, index) => ({
    at: timeOf(after(from, index * partMs)),
    ...figuresOf(endedIn.get(index)),
    refused_calls: refused.reduce((sum, { part, count }) => (part === index ? sum + count : sum), 0),
  }));
}

function figuresOf(row: EndedPart | undefined) {
  if (row === undefined) return NONE;
  const { part: _part, first_at: _first, runs: _runs, ...figures } = row;
  return figures;
}

function reasonsOf(refused: readonly RefusedCount[]): z.output<typeof series>["refusals"] {
  const counts = new Map<string, number>();
  for (const { code, count } of refused) counts.set(code ?? "erased", (counts.get(code ?? "erased") ?? 0) + count);
  return [...counts]
    .map(([code, count]) => ({ code, count }))
    .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
    .slice(0, REASONS_MAX);
}
