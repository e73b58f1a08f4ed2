import { z } from "zod";
import {
  accepted,
  formatInstant,
  isJson,
  type Json,
  parseInstant,
  type Refusal,
  type Result,
  rejected,
} from "../contracts/index.ts";
import { compilePack } from "./compile.ts";
import type { CompiledPack, CompiledWorkflow } from "./compiled.ts";
import { recordedRunEvent } from "./events.ts";
import { parsePack } from "./parse-pack.ts";
import { type RecordedEvent, type Replay, replay } from "./replay.ts";

const json = z.custom<Json>((value) => isJson(value), "is not plain JSON");

/** A recorded run with the pack that it ran on: all that it takes to decide it again, anywhere. */
const TRANSCRIPT = z.strictObject({
  schema: z.literal("countermark.transcript.v1"),
  workflow_id: z.string(),
  /** SHA-256 of the pack's canonical form. */
  pack_digest: z.string(),
  pack: json,
  events: z
    .array(
      z.strictObject({
        seq: z.int().min(1),
        type: z.string(),
        step: z.string().nullable(),
        at: z.string(),
        payload: json,
      }),
    )
    .readonly(),
});

export type Transcript = z.output<typeof TRANSCRIPT>;

/** Writes a recorded run down. Payloads are as the ledger has them: redacted. */
export const transcriptOf = (pack: CompiledPack, workflowId: string, events: readonly RecordedEvent[]): Transcript => ({
  schema: "countermark.transcript.v1",
  workflow_id: workflowId,
  pack_digest: pack.config_hash,
  pack: JSON.parse(JSON.stringify(pack.pack)),
  events: events.map(({ seq, event: { type, step, at, payload } }) => ({
    seq,
    type,
    step,
    at: formatInstant(at),
    payload: JSON.parse(JSON.stringify(payload)),
  })),
});

/** A transcript read back, its pack compiled by this program. */
export interface ReadTranscript {
  readonly pack: CompiledPack;
  readonly workflow: CompiledWorkflow;
  readonly events: readonly RecordedEvent[];
}

/** Reads a transcript. Refused: INVALID_INPUT for what is none, CONFIG_NOT_COMPILED where its pack is not the one it names. */
export function readTranscript(value: Json): Result<ReadTranscript> {
  const parsed = TRANSCRIPT.safeParse(value);
  if (!parsed.success) return no("INVALID_INPUT", `not a transcript: ${z.prettifyError(parsed.error)}`);
  const { pack, pack_digest, workflow_id, events } = parsed.data;
  const read = parsePack(JSON.stringify(pack));
  const compiled = read.ok ? compilePack(read.pack) : null;
  if (compiled?.ok !== true || compiled.compiled.config_hash !== pack_digest)
    return no("CONFIG_NOT_COMPILED", `its pack does not compile to \`${pack_digest}\``);
  const workflow = compiled.compiled.workflows[workflow_id];
  if (workflow === undefined) return no("WORKFLOW_NOT_FOUND", `its pack has no workflow \`${workflow_id}\``);
  const recorded = events.map(eventOf);
  if (recorded.some((event) => event === null))
    return no("INVALID_INPUT", "not a transcript: it has an event that is none of a run");
  return accepted({ pack: compiled.compiled, workflow, events: recorded.filter((event) => event !== null) });
}

function eventOf({ seq, type, step, at, payload }: Transcript["events"][number]): RecordedEvent | null {
  const instant = parseInstant(at);
  if (instant === undefined) return null;
  const event = recordedRunEvent({ type, step, at: instant, payload, severity: "info" });
  return event === null ? null : { seq, event };
}

/** Decides a transcript again, on its own pack. */
export const replayTranscript = ({ pack, workflow, events }: ReadTranscript): Replay =>
  replay(workflow, pack.pack.bounds, events);

const no = (code: Refusal["code"], message: string) => rejected({ code, message });
