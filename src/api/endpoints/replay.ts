import { z } from "@hono/zod-openapi";
import { assert, formatInstant, type Json, rejected } from "../../contracts/index.ts";
import { findRun, type RunEvent, replay } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { recordedEvents } from "../recorded-run.ts";
import { json, name } from "../wire/parts.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

const replayed = z
  .strictObject({
    run_id: name,
    identical: z.boolean(),
    events: z.int(),
    document_sha256: z.string().nullable(),
    receipts: z.array(z.string()).readonly(),
    /** The first place at which deciding again gave something else; null when it never did. */
    first: z.strictObject({ code: z.literal("REPLAY_MISMATCH"), seq: z.int(), expected: json, found: json }).nullable(),
  })
  .openapi("Replay");

export const replayEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/replay",
  summary: "Decide a recorded run again and compare",
  description: "Calls nothing and changes nothing. A difference is an answer here, not an error.",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "what the replay found" },
  answer: replayed,
  async handle({ installation, caller }, { params }) {
    const { run_id } = params;
    const recorded = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findRun(sql, run_id);
      return row === undefined ? undefined : { row, events: await recordedEvents(sql, run_id, 0) };
    });
    if (recorded === undefined) return rejected(runNotFound(run_id));
    const { row, events } = recorded;
    const { pack, workflows } = await installation.control.pack(caller.tenantId, row.pack_digest);
    const workflow = workflows[row.workflow_id];
    assert(workflow !== undefined, "a run's pack has its workflow");
    const found = replay(workflow, pack.bounds, events);
    const base = { run_id, identical: found.identical, events: events.length };
    if (found.identical) {
      const { document_sha256, receipts } = found;
      return reply({ ...base, document_sha256, receipts, first: null });
    }
    const { code, seq, expected, found: decided } = found.first;
    const first = { code, seq, expected: eventJson(expected), found: eventJson(decided) };
    return reply({ ...base, document_sha256: null, receipts: [], first });
  },
});

function eventJson(event: RunEvent | null): Json {
  if (event === null) return null;
  const payload: Json = JSON.parse(JSON.stringify(event.payload));
  return { type: event.type, step: event.step, at: formatInstant(event.at), payload };
}
