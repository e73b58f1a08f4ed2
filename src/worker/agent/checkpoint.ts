import { Fault, type Json, type JsonObject, type Random, sha256Hex } from "../../contracts/index.ts";
import { openEnvelope, sealValue, type TenantKey } from "../../ledger/index.ts";
import type { GraphPlace, NewWrite, Packed, StoredCheckpoint, StoredWrite } from "./protocol.ts";
import type { CheckpointRow, WriteRow } from "./queries.ts";

/**
 * Checkpoints as rows and back.
 *
 * V1  Content is encrypted under the tenant's key together with the names it stands under, so it cannot be moved.
 * V2  What is read back has the digest that the ledger's event names, or it is not used.
 */

/** How checkpoints are sealed. */
export interface CheckpointSeal {
  readonly key: TenantKey;
  readonly random: Random;
}

export interface ThreadNames {
  readonly threadId: string;
  readonly stepId: string;
  readonly graphId: string;
  readonly graphVersion: string;
}

type NewCheckpoint = Omit<StoredCheckpoint, "writes"> & { readonly source: string; readonly graphStep: number };

/** A checkpoint as `write_agent_rows` takes it, and the digest of its content. */
export function checkpointRow(names: ThreadNames, made: NewCheckpoint, seal: CheckpointSeal) {
  const place = [names.threadId, made.checkpointNs, made.checkpointId, made.parentCheckpointId];
  const { content, digest } = sealed(
    place,
    { checkpoint: plain(made.checkpoint), metadata: plain(made.metadata) },
    seal,
  );
  const row: JsonObject = {
    thread_id: names.threadId,
    checkpoint_ns: made.checkpointNs,
    checkpoint_id: made.checkpointId,
    parent_checkpoint_id: made.parentCheckpointId,
    step_id: names.stepId,
    graph_id: names.graphId,
    graph_version: names.graphVersion,
    source: made.source,
    graph_step: made.graphStep,
    content,
    payload_sha256: digest,
  };
  return { row, digest };
}

export function writeRow(threadId: string, place: GraphPlace, write: NewWrite, seal: CheckpointSeal): JsonObject {
  const { checkpointNs, checkpointId, lgTaskId } = place;
  const { idx, channel } = write;
  const { content, digest } = sealed(
    [threadId, checkpointNs, checkpointId, lgTaskId, idx, channel],
    plain(write.value),
    seal,
  );
  return {
    thread_id: threadId,
    checkpoint_ns: checkpointNs,
    checkpoint_id: checkpointId,
    lg_task_id: lgTaskId,
    idx,
    channel,
    content,
    payload_sha256: digest,
  };
}

/** A stored checkpoint with the writes that wait on it. Faults: `E_CHECKPOINT_INVALID`. */
export function openCheckpoint(row: CheckpointRow, writes: readonly WriteRow[], key: TenantKey): StoredCheckpoint {
  const place = [row.thread_id, row.checkpoint_ns, row.checkpoint_id, row.parent_checkpoint_id];
  const { checkpoint, metadata } = members(opened(place, row, key));
  return {
    checkpointNs: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentCheckpointId: row.parent_checkpoint_id,
    checkpoint: packed(checkpoint),
    metadata: packed(metadata),
    writes: writes
      .filter((write) => write.checkpoint_id === row.checkpoint_id && write.checkpoint_ns === row.checkpoint_ns)
      .map((write) => openWrite(row.thread_id, write, key)),
  };
}

function openWrite(threadId: string, write: WriteRow, key: TenantKey): StoredWrite {
  const { checkpoint_ns, checkpoint_id, lg_task_id, idx, channel } = write;
  const value = opened([threadId, checkpoint_ns, checkpoint_id, lg_task_id, idx, channel], write, key);
  return { lgTaskId: lg_task_id, channel, value: packed(value) };
}

const plain = ({ type, content }: Packed): JsonObject => ({ type, content });

function sealed(place: readonly Json[], value: JsonObject, { key, random }: CheckpointSeal) {
  const { content, reference } = sealValue({ place, value }, key, random);
  return { content, digest: reference.$sealed };
}

function opened(
  place: readonly Json[],
  { content, payload_sha256 }: { readonly content: string; readonly payload_sha256: string },
  key: TenantKey,
): Json {
  if (sha256Hex(content) !== payload_sha256) throw invalid(place); // V2
  const envelope = members(openedEnvelope(content, key, place));
  if (JSON.stringify(envelope.place) !== JSON.stringify(place)) throw invalid(place); // V1
  return envelope.value ?? null;
}

function openedEnvelope(content: string, key: TenantKey, place: readonly Json[]): Json {
  try {
    return openEnvelope(Buffer.from(content), key);
  } catch (cause) {
    throw invalid(place, cause);
  }
}

const invalid = (place: readonly Json[], cause?: unknown): Fault =>
  new Fault("E_CHECKPOINT_INVALID", `the checkpoint ${place.slice(0, 3).join(" ")} is not what was written`, {
    retry: "never",
    cause,
  });

const members = (value: Json): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function packed(value: Json | undefined): Packed {
  const { type, content } = members(value ?? null);
  return { type: String(type), content: String(content) };
}
