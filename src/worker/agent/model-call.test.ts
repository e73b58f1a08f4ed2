import { describe, expect, test } from "vitest";
import type { CallContext } from "../../guard/index.ts";
import type { GraphManifest } from "../../run/index.ts";
import { GraphStopped } from "./errand.ts";
import { fetchForGraph, TokenBudget } from "./model-call.ts";

type Usage = Parameters<CallContext["usage"]>[0];

/** 0.25 and 2.00 USD for a million tokens. */
const MINI = { input: 250_000, output: 2_000_000 };

const manifest = (prices?: object): GraphManifest => ({
  graph_id: "g",
  version: "1.0.0",
  code_digest: null,
  nodes: [],
  recursion_limit: 25,
  models: [
    {
      service: "openai",
      origin: "https://api.openai.com",
      header: "authorization",
      key_variable: null,
      ...(prices === undefined ? {} : { prices: Object(prices) }),
    },
  ],
  handles_rejection: false,
});

interface Asked {
  readonly request?: object;
  readonly usage?: object;
  /** The answer's whole body, in the place of one with `usage`. */
  readonly body?: string;
  readonly prices?: object;
  readonly tokensLeft?: number;
}

async function ask({ request = { model: "mini" }, usage, body, prices, tokensLeft = 1_000 }: Asked) {
  const spent: Usage[] = [];
  let sent = 0;
  const ports = {
    budget: new TokenBudget(() => tokensLeft),
    credential: () => ({ service: "openai", origin: "http://127.0.0.1:1", secret: "held", settings: {} }),
    fetch: async () => {
      sent += 1;
      return new Response(
        body ?? JSON.stringify({ model: "mini-2026-01-01", ...(usage === undefined ? {} : { usage }) }),
      );
    },
    usage: (one: Usage) => spent.push(one),
  };
  const made = fetchForGraph(manifest(prices), ports, {
    op: "fetch",
    url: "https://api.openai.com/v1/chat/completions",
    method: "POST",
    headers: [],
    body: JSON.stringify(request),
  });
  const stopped = await made.then(
    () => null,
    (error: unknown) => (error instanceof GraphStopped ? { code: error.code, message: error.message } : error),
  );
  return { spent, sent, stopped };
}

describe("what a model's answer costs, by pinned prices", () => {
  test.each([
    ["of chat completions", { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 }, 1_500, 1_250],
    ["of responses", { input_tokens: 1_000, output_tokens: 500, total_tokens: 1_500 }, 1_500, 1_250],
    [
      "of messages, its cache at the price of input",
      { input_tokens: 10, cache_read_input_tokens: 990, output_tokens: 500 },
      1_500,
      1_250,
    ],
    ["a part of a micro-dollar is rounded up", { input_tokens: 1, output_tokens: 0 }, 1, 1],
    ["numbers that are none count nothing", { input_tokens: -5, output_tokens: 1.5 }, 0, 0],
  ])("commerce-kernel 12.2 usage %s", async (_, usage, tokens, costMicros) => {
    const { spent } = await ask({ usage, prices: { mini: MINI } });

    expect(spent).toEqual([{ model: "mini-2026-01-01", tokens, costMicros }]);
  });

  const streamed = (...parts: readonly object[]): string =>
    [...parts.map((part) => `data: ${JSON.stringify(part)}\n`), "data: [DONE]\n"].join("\n");

  test.each([
    [
      "of messages",
      streamed(
        { type: "message_start", message: { model: "m", usage: { input_tokens: 1_000, output_tokens: 1 } } },
        { type: "content_block_delta", delta: { text: "so" } },
        { type: "message_delta", usage: { output_tokens: 500 } },
      ),
    ],
    [
      "of chat completions",
      streamed(
        { model: "m", choices: [], usage: null },
        { model: "m", choices: [], usage: { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 } },
      ),
    ],
    [
      "of responses",
      streamed({
        type: "response.completed",
        response: { model: "m", usage: { input_tokens: 1_000, output_tokens: 500 } },
      }),
    ],
  ])("P1-T07 a stream %s counts once", async (_, body) => {
    expect((await ask({ body, prices: { mini: MINI } })).spent).toEqual([
      { model: "m", tokens: 1_500, costMicros: 1_250 },
    ]);
  });

  test("P1-T07 a stream that tells of no tokens may have taken all that was asked for", async () => {
    const body = streamed({ model: "m", choices: [] });
    const request = { model: "mini", max_tokens: 500 };

    expect((await ask({ request, body, prices: { mini: MINI } })).spent).toEqual([
      { model: "m", tokens: 500, costMicros: 1_000 },
    ]);
  });

  test.each(["", "<html>", '{"error":{"message":"overloaded"}}'])(
    "an answer such as `%s` took nothing",
    async (body) => {
      expect((await ask({ body })).spent).toEqual([]);
    },
  );

  test("without prices tokens are counted, and a cost of 0", async () => {
    expect((await ask({ usage: { total_tokens: 7 } })).spent).toEqual([
      { model: "mini-2026-01-01", tokens: 7, costMicros: 0 },
    ]);
  });

  test.each([{ model: "large" }, { model: "constructor" }, {}])(
    "%j, which the manifest does not price, is not asked",
    async (request) => {
      const { sent, stopped } = await ask({ request, prices: { mini: MINI } });

      expect(sent).toBe(0);
      expect(stopped).toMatchObject({
        code: "POLICY.TOOL_NOT_ALLOWED",
        message: expect.stringContaining("prices no model"),
      });
    },
  );
});

describe("the run's bound on tokens", () => {
  test.each(["max_tokens", "max_completion_tokens", "max_output_tokens"])(
    "P1-T07 a request whose `%s` is more than the run has left is not sent",
    async (name) => {
      const over = await ask({ request: { [name]: 1_001 } });
      const just = await ask({ request: { [name]: 1_000 } });

      expect([over.sent, just.sent]).toEqual([0, 1]);
      expect(over.stopped).toEqual({
        code: "BOUND_TOKENS",
        message: "the model may take 1001 tokens, and `max_tokens_per_run` leaves 1000",
      });
    },
  );

  test("P1-T07 once it is exceeded nothing more is sent, whatever a request says", async () => {
    expect(await ask({ tokensLeft: -1 })).toMatchObject({ sent: 0, stopped: { code: "BOUND_TOKENS" } });
  });

  test("P1-T07 requests that are out at once may together take no more than is left; what is answered no longer counts", async () => {
    const budget = new TokenBudget(() => 1_000);
    let answer = (): void => undefined;
    const first = budget.spend(600, () => new Promise<void>((resolve) => (answer = resolve)));

    await expect(budget.spend(600, async () => "sent")).rejects.toMatchObject({ code: "BOUND_TOKENS" });
    await expect(budget.spend(400, async () => "sent")).resolves.toBe("sent");
    answer();
    await first;
    await expect(budget.spend(600, async () => "sent")).resolves.toBe("sent");
  });
});
