import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type CheckpointListOptions,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/contracts/index.ts";
import { inTenant } from "../../../src/store/index.ts";
import { type CheckpointSeal, checkpointRow, openCheckpoint, writeRow } from "../../../src/worker/agent/checkpoint.ts";
import type { Host } from "../../../src/worker/agent/child/host.ts";
import { LedgerSaver } from "../../../src/worker/agent/child/saver.ts";
import type { GraphRequest } from "../../../src/worker/agent/protocol.ts";
import { findCheckpoint, listCheckpoints, writesOf } from "../../../src/worker/agent/queries.ts";
import { flow } from "../pack.ts";
import { type FlowShop, openFlowShop } from "../shop.ts";
import type { FlowTenant } from "../tenant.ts";

/*
 * The library's own conformance suite for savers, run against ours: content is serialised, encrypted and stored in the
 * database as a graph's is. Left out are the run's events, which other tests watch, and deleting a thread, which is refused.
 */

/** What the suite asks of a saver and ours does not do, and why. */
const NOT_OURS: { readonly [name: string]: string } = {
  "should only store channel_values that have changed (based on newVersions)":
    "a checkpoint is stored whole, under one digest; the suite spares the library's MemorySaver this too",
  "should return undefined if the thread_id is undefined": "reading without a thread is refused with E_GRAPH_CONFIG",
  "should migrate pending sends": "no checkpoint of a format before 4 was ever written here",
};

/** `it` as the suite finds it among the globals. */
const spared = Object.assign(
  (name: string, ...rest: [() => Promise<void>]) => {
    const reason = NOT_OURS[name];
    return reason === undefined ? it(name, ...rest) : it.skip(`${name} [${reason}]`, ...rest);
  },
  { each: it.each.bind(it), skip: it.skip.bind(it) },
);
Object.assign(globalThis, { describe, it: spared, expect, beforeAll, afterAll, beforeEach, afterEach });
const suite = await import("@langchain/langgraph-checkpoint-validation");

let shop: FlowShop;
let tenant: FlowTenant;
let runId: string;

beforeAll(async () => {
  shop = await openFlowShop();
  tenant = await shop.tenant({
    workflows: [flow("W", [{ id: "rests", type: "WAIT", wait_for: { type: "MANUAL" }, wait_timeout_seconds: 60 }])],
  });
  runId = await tenant.start("W");
});

afterAll(() => shop.close());

/** A graph has one thread, its step's; the suite wants many. Each is a saver of its own here. */
class ManyThreads extends BaseCheckpointSaver {
  readonly #threads = new Map<string, LedgerSaver>();
  readonly #seal: CheckpointSeal;

  constructor(seal: CheckpointSeal) {
    super();
    this.#seal = seal;
  }

  #of(config: RunnableConfig): LedgerSaver {
    const thread = String(config.configurable?.thread_id);
    const saver = this.#threads.get(thread) ?? new LedgerSaver({ ask: hostOf(thread, this.#seal) }, thread);
    this.#threads.set(thread, saver);
    return saver;
  }

  override getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    return this.#of(config).getTuple(config);
  }

  override async *list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple> {
    const { thread_id, ...rest } = config.configurable ?? {};
    const threads: readonly string[] = thread_id === undefined ? [...this.#threads.keys()] : [String(thread_id)];
    let given = 0;
    for (const thread of threads) {
      const saver = this.#of({ configurable: { thread_id: thread } });
      for await (const tuple of saver.list({ configurable: { ...rest, thread_id: thread } }, options)) {
        if (given === options?.limit) return;
        given += 1;
        yield tuple;
      }
    }
  }

  override put(...[config, ...rest]: Parameters<LedgerSaver["put"]>): Promise<RunnableConfig> {
    return this.#of(config).put(config, ...rest);
  }

  override putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    return this.#of(config).putWrites(config, writes, taskId);
  }

  override deleteThread(threadId: string): Promise<void> {
    return this.#of({ configurable: { thread_id: threadId } }).deleteThread(threadId);
  }
}

/** What a worker does with the requests of a saver, but for the events of a run. */
function hostOf(threadId: string, seal: CheckpointSeal): Host["ask"] {
  const names = { threadId, stepId: "agent", graphId: "graph", graphVersion: "1.0.0" };
  const write = (rows: JsonObject) =>
    inTenant(
      shop.installation.database,
      tenant.id,
      (sql) => sql`select write_agent_rows(${runId}, 1, ${sql.json(rows)})`,
    );
  const ask = async (request: GraphRequest) => {
    switch (request.op) {
      case "put":
        await write({ checkpoints: [checkpointRow(names, request, seal).row] });
        return null;
      case "putWrites":
        await write({ writes: request.writes.map((one) => writeRow(threadId, request, one, seal)) });
        return null;
      case "getTuple":
      case "list":
        return inTenant(shop.installation.database, tenant.id, async (sql) => {
          const { checkpointNs } = request;
          const rows =
            request.op === "list"
              ? await listCheckpoints(sql, threadId, request)
              : await findCheckpoint(sql, threadId, checkpointNs ?? "", request.checkpointId);
          const writes = await writesOf(
            sql,
            threadId,
            rows.map(({ checkpoint_id }) => checkpoint_id),
          );
          const found = rows.map((row) => openCheckpoint(row, writes, seal.key));
          return request.op === "list" ? found : (found[0] ?? null);
        });
      default:
        throw new Error(`a saver does not ask for ${request.op}`);
    }
  };
  return ask as Host["ask"]; // stands for every answer of the protocol
}

const ours = {
  checkpointerName: "the saver of graphs",
  createCheckpointer: async () => {
    const { secrets } = await shop.installation.control.at(tenant.id, 0);
    return new ManyThreads({ key: secrets.artifactKey, random: shop.installation.host.random });
  },
};

suite.putTests(ours);
suite.putWritesTests(ours);
suite.getTupleTests(ours);
suite.listTests(ours);
suite.deltaChannelHistoryTests(ours);
