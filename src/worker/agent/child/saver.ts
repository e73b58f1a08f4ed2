import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  copyCheckpoint,
  getCheckpointId,
  type PendingWrite,
  WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import type { NewWrite, Packed, StoredCheckpoint } from "../protocol.ts";
import { GuardRefused, type Host } from "./host.ts";
import { MessageSerialiser } from "./serialiser.ts";

const INTERRUPT = "__interrupt__";

/** Checkpoints listed where the caller sets no limit. */
const LIST_MAX = 1_000;

/** Stores a graph's checkpoints with the worker, which fences every write by the run's lease. */
export class LedgerSaver extends BaseCheckpointSaver {
  readonly #host: Pick<Host, "ask">;
  readonly #threadId: string;

  constructor(host: Pick<Host, "ask">, threadId: string) {
    super();
    this.serde = new MessageSerialiser(this.serde);
    this.#host = host;
    this.#threadId = threadId;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const checkpointId = getCheckpointId(config);
    const stored = await this.#host.ask({
      op: "getTuple",
      checkpointNs: this.#namespaceIn(config),
      checkpointId: checkpointId === "" ? null : checkpointId,
    });
    return stored === null ? undefined : this.#tupleOf(stored);
  }

  override async *list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple> {
    const { limit = LIST_MAX, before, filter = {} } = options ?? {};
    this.#namespaceIn(config);
    const namespace: unknown = config.configurable?.checkpoint_ns;
    const found = await this.#host.ask({
      op: "list",
      checkpointNs: typeof namespace === "string" ? namespace : null,
      before: before === undefined ? null : getCheckpointId(before),
      limit: LIST_MAX,
    });
    let given = 0;
    for (const stored of found) {
      const tuple = await this.#tupleOf(stored);
      const metadata: Readonly<Record<string, unknown>> = { ...tuple.metadata };
      if (!Object.entries(filter).every(([name, value]) => metadata[name] === value)) continue;
      if (given >= limit) return;
      given += 1;
      yield tuple;
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    _newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const checkpointNs = this.#namespaceIn(config);
    const parent = getCheckpointId(config);
    await this.#host.ask({
      op: "put",
      checkpointNs,
      checkpointId: checkpoint.id,
      parentCheckpointId: parent === "" ? null : parent,
      checkpoint: await this.#pack(copyCheckpoint(checkpoint)),
      metadata: await this.#pack(metadata),
      source: metadata.source,
      graphStep: metadata.step,
    });
    return { configurable: this.#configurable(checkpointNs, checkpoint.id) };
  }

  override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    const packed = await Promise.all(
      writes.map(async ([channel, value], position): Promise<NewWrite> => {
        const name = String(channel);
        const idx = WRITES_IDX_MAP[name] ?? position;
        return { idx, channel: name, value: await this.#pack(value), interrupt: interruptIn(name, value) };
      }),
    );
    const checkpointId = getCheckpointId(config);
    if (checkpointId === "") throw new GuardRefused("E_GRAPH_CONFIG", "writes belong to a checkpoint");
    await this.#host.ask({
      op: "putWrites",
      checkpointNs: this.#namespaceIn(config),
      checkpointId,
      lgTaskId: taskId,
      writes: packed,
    });
  }

  override async deleteThread(_threadId: string): Promise<void> {
    throw new GuardRefused("POLICY.TOOL_NOT_ALLOWED", "threads go with their run's retention, not by a graph");
  }

  #namespaceIn(config: RunnableConfig): string {
    const thread: unknown = config.configurable?.thread_id;
    if (thread !== this.#threadId) throw new GuardRefused("E_GRAPH_CONFIG", "a graph has no thread but its step's own");
    const namespace: unknown = config.configurable?.checkpoint_ns;
    return typeof namespace === "string" ? namespace : "";
  }

  #configurable(checkpointNs: string, checkpointId: string) {
    return { thread_id: this.#threadId, checkpoint_ns: checkpointNs, checkpoint_id: checkpointId };
  }

  async #pack(value: unknown): Promise<Packed> {
    const [type, content] = await this.serde.dumpsTyped(value);
    return { type, content: Buffer.from(content).toString("base64") };
  }

  #unpack({ type, content }: Packed) {
    return this.serde.loadsTyped(type, new Uint8Array(Buffer.from(content, "base64")));
  }

  async #tupleOf(stored: StoredCheckpoint): Promise<CheckpointTuple> {
    const { checkpointNs, checkpointId, parentCheckpointId } = stored;
    const pendingWrites = await Promise.all(
      stored.writes.map(
        async ({ lgTaskId, channel, value }): Promise<[string, string, unknown]> => [
          lgTaskId,
          channel,
          await this.#unpack(value),
        ],
      ),
    );
    const tuple = {
      config: { configurable: this.#configurable(checkpointNs, checkpointId) },
      checkpoint: await this.#unpack(stored.checkpoint),
      metadata: await this.#unpack(stored.metadata),
      pendingWrites,
    };
    if (parentCheckpointId === null) return tuple;
    return { ...tuple, parentConfig: { configurable: this.#configurable(checkpointNs, parentCheckpointId) } };
  }
}

function interruptIn(channel: string, value: unknown): NewWrite["interrupt"] {
  if (channel !== INTERRUPT || typeof value !== "object" || value === null || !("id" in value)) return null;
  const asked: unknown = "value" in value ? value.value : null;
  return { id: String(value.id), value: JSON.parse(JSON.stringify(asked ?? null)) };
}
