import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import { describe, expect, test } from "vitest";
import type { GraphRequest, StoredCheckpoint } from "../protocol.ts";
import type { Host } from "./host.ts";
import { LedgerSaver } from "./saver.ts";

/** A worker that keeps what it is asked to put, and answers reads from it. */
function keeping() {
  const puts: StoredCheckpoint[] = [];
  const asked: GraphRequest[] = [];
  const ask = async (request: GraphRequest) => {
    asked.push(request);
    if (request.op === "put") puts.push({ ...request, writes: [] });
    return request.op === "getTuple" ? (puts.at(-1) ?? null) : request.op === "list" ? puts.toReversed() : null;
  };
  const host = { ask: ask as Host["ask"] }; // stands for every answer of the protocol
  return { asked, saver: new LedgerSaver(host, "lg:W:r1:s") };
}

const config = { configurable: { thread_id: "lg:W:r1:s", checkpoint_ns: "" } };
const METADATA = { source: "loop", step: 0, parents: {} } as const;

const holding = (messages: unknown) => ({ ...emptyCheckpoint(), id: "c1", channel_values: { messages } });

describe("the saver of a graph", () => {
  test("CO-2046 gives messages back with their tool calls, as the classes they were", async () => {
    const { saver } = keeping();
    const call = { name: "look", args: { text: "x" }, id: "call_1", type: "tool_call" } as const;
    const said = new AIMessage({ content: "", tool_calls: [call] });

    await saver.put(config, holding([new HumanMessage("where?"), said]), METADATA, {});
    const tuple = await saver.getTuple(config);

    const [question, answer] = Object(tuple?.checkpoint.channel_values.messages);
    expect(question).toBeInstanceOf(HumanMessage);
    expect(answer).toBeInstanceOf(AIMessage);
    expect(answer.tool_calls).toEqual([call]);
  });

  test("CO-2046 neither stores nor revives any other class", async () => {
    const { saver, asked } = keeping();
    const foreign = { lc: 1, type: "constructor", id: ["langchain", "chains", "LLMChain"], kwargs: {} };

    await expect(saver.put(config, holding(foreign), METADATA, {})).rejects.toMatchObject({
      code: "E_CHECKPOINT_INVALID",
    });
    expect(asked).toEqual([]);
  });

  test("CO-20.9-10 has no thread but the step's own: another, or none, is refused before anything is asked", async () => {
    const { saver, asked } = keeping();

    for (const configurable of [{}, { thread_id: "mine" }]) {
      await expect(saver.put({ configurable }, emptyCheckpoint(), METADATA, {})).rejects.toMatchObject({
        code: "E_GRAPH_CONFIG",
      });
      await expect(saver.getTuple({ configurable })).rejects.toMatchObject({ code: "E_GRAPH_CONFIG" });
    }
    expect(asked).toEqual([]);
  });

  test("numbers ordinary writes by their position, and the library's own below zero", async () => {
    const { saver, asked } = keeping();
    const interrupt = { id: "i1", value: { question: "q" } };

    await saver.putWrites(
      { configurable: { ...config.configurable, checkpoint_id: "c1" } },
      [
        ["log", "a"],
        ["__interrupt__", interrupt],
        ["__resume__", ["yes"]],
        ["__error__", "no"],
      ],
      "t1",
    );

    const [request] = asked;
    const writes = request?.op === "putWrites" ? request.writes : [];
    expect(writes.map(({ idx }) => idx)).toEqual([0, -3, -4, -1]);
    expect(writes[1]?.interrupt).toEqual(interrupt);
  });

  test("lists newest first, by the metadata asked for; and deletes no thread", async () => {
    const { saver } = keeping();
    await saver.put(config, { ...emptyCheckpoint(), id: "c1" }, { ...METADATA, source: "input" }, {});
    await saver.put(config, { ...emptyCheckpoint(), id: "c2" }, METADATA, {});

    const found: string[] = [];
    for await (const { checkpoint } of saver.list(config, { filter: { source: "loop" } })) found.push(checkpoint.id);

    expect(found).toEqual(["c2"]);
    await expect(saver.deleteThread("lg:W:r1:s")).rejects.toMatchObject({ code: "POLICY.TOOL_NOT_ALLOWED" });
  });
});
