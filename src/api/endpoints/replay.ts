import { z } from "@hono/zod-openapi";
import { assert, fieldPath, rejected } from "../../contracts/index.ts";
import { type Divergence, DRIFTS, findRun, replay } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { recordedEvents } from "../recorded-run.ts";
import { json, name } from "../wire/parts.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

const driftClass = z.enum(["D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"]);

export const divergence = z.strictObject({
  code: z.literal("REPLAY_MISMATCH"),
  drift: driftClass,
  stream: name,
  seq: z.int(),
  /** Of the recorded event; of the decided one where nothing was recorded. */
  type: z.string(),
  step: z.string().nullable(),
  /** Into the event; `$` where one of the two is missing or another one altogether. */
  field_path: z.string(),
  /** What is there in the recorded event. */
  expected: json,
  /** What is there in the one decided again. */
  actual: json,
});

const replayed = z
  .strictObject({
    run_id: name,
    /** Whether nothing differs at all. */
    identical: z.boolean(),
    /** `equal`: what happened is the same. */
    verdict: z.enum(["equal", "semantic_drift"]),
    /** The gravest class of drift found; D0 for none. */
    drift: driftClass,
    /** Events by the class of drift they were found in, as far as the replay came. */
    drifts: z.partialRecord(driftClass, z.int()),
    events: z.int(),
    document_sha256: z.string().nullable(),
    receipts: z.array(z.string()).readonly(),
    /** The first event that changes what happened, else the first that differs at all; null where none does. */
    first: divergence.nullable(),
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
    const { drift, drifts } = found;
    return reply({
      run_id,
      identical: drift === "D0",
      verdict: DRIFTS[drift].verdict,
      drift,
      drifts,
      events: events.length,
      document_sha256: found.equal ? found.document_sha256 : null,
      receipts: found.equal ? found.receipts : [],
      first: found.first === null ? null : divergenceView(run_id, found.first),
    });
  },
});

/** A divergence as it is answered: where, and what is there in the record and in the replay. */
export function divergenceView(stream: string, found: Divergence): z.output<typeof divergence> {
  const { code, drift, seq, steps, values } = found;
  const event = found.expected ?? found.found;
  assert(event !== null, "one of the two is there");
  const { type, step } = event;
  return { code, drift, stream, seq, type, step, field_path: fieldPath(steps), ...values };
}
