import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, type Listening, serve } from "../../src/api/index.ts";
import type { Clock } from "../../src/contracts/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import { asEvents, asStarted, read } from "./answer.ts";
import { type Client, freshOrder, useBench } from "./bench.ts";

const bench = useBench();
let listening: Listening;
beforeAll(async () => {
  listening = await serve(bench().app, { port: 0 });
});
afterAll(() => listening.close());

interface Frame {
  readonly id: number;
  readonly name: string;
  readonly data: { readonly seq: number; readonly type: string };
}

/** Follows a run over the real server. */
const follow = (client: Client, runId: string, init: { headers?: Record<string, string>; signal?: AbortSignal } = {}) =>
  fetch(`${listening.origin}/v1/runs/${runId}/stream`, {
    ...init,
    headers: { authorization: `Bearer ${client.key}`, ...init.headers },
  });

function framesOf(text: string): readonly Frame[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [id = "", name = "", data = ""] = block.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
      return { id: Number(id), name, data: JSON.parse(data) };
    });
}

/** Reads until a text has come. */
async function readUntil(response: Response, wanted: string): Promise<{ text: string; cancel: () => Promise<void> }> {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("the answer has no body");
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended without \`${wanted}\`: ${text}`);
    text += new TextDecoder().decode(value);
  }
  return { text, cancel: () => reader.cancel() };
}

describe("following a run", () => {
  test("a follower sees every event once, in order, and the stream ends with the run", async () => {
    const olga = await bench().client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } }));

    const response = await follow(olga, started.body.run_id);
    const frames = framesOf(await response.text());
    const events = asEvents(await olga.get(`/v1/runs/${started.body.run_id}/events`));

    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(frames.map(({ data }) => data)).toEqual(events.body.events);
    expect(frames.map(({ id, name }) => [id, name])).toEqual(frames.map((_, index) => [index + 1, "run-event"]));
    expect(frames.at(-1)?.data.type).toBe("run.ended");
  });

  test("RT-715 a follower that lost the connection goes on after the last event it saw", async () => {
    const olga = await bench().client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const runId = started.body.run_id;
    const before = await readUntil(await follow(olga, runId), "run.suspended");
    await before.cancel();
    const seen = framesOf(before.text).length;

    const resumed = await follow(olga, runId, { headers: { "last-event-id": String(seen) } });
    await olga.post(`/v1/runs/${runId}/resume`);
    const frames = framesOf(await resumed.text());

    expect(frames[0]?.id).toBe(seen + 1);
    expect(frames.at(-1)?.data.type).toBe("run.ended");
  });

  test("RT-715 a stream that is resumed after the end of its run ends at once", async () => {
    const olga = await bench().client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } }));
    const all = framesOf(await (await follow(olga, started.body.run_id)).text());

    const rest = await follow(olga, started.body.run_id, { headers: { "last-event-id": String(all.length) } });

    expect(await rest.text()).toBe("");
  });

  test("when the client goes away, nobody looks at the run for it any more", async () => {
    const { client, installation } = bench();
    const olga = await client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const waits: AbortSignal[] = [];
    const { clock } = installation.host;
    const watched: Clock = {
      now: () => clock.now(),
      wake: (at, signal) => {
        waits.push(signal);
        return clock.wake(at, signal);
      },
    };
    const own = await serve(createApp({ ...installation, host: { ...installation.host, clock: watched } }), {
      port: 0,
    });
    const abort = new AbortController();
    const response = await fetch(`${own.origin}/v1/runs/${started.body.run_id}/stream`, {
      headers: { authorization: `Bearer ${olga.key}` },
      signal: abort.signal,
    });
    await readUntil(response, "run.suspended");

    abort.abort();

    await gone(waits);
    expect(waits.at(-1)?.aborted).toBe(true);
    await own.close();
  });
});

/** Resolves once the wait of a follower was told that nobody follows any more; a leak times the test out. */
async function gone(waits: readonly AbortSignal[]): Promise<void> {
  const signal = waits.at(-1);
  if (signal === undefined || signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

describe("when the world fails", () => {
  test("without its database the server says so, and when to try again", async () => {
    const { client, installation } = bench();
    const { key } = await client("vera", "viewer");
    const nowhere = { host: "127.0.0.1", port: 1, user: "none", password: "none", database: "none" };
    const database = openDatabase(nowhere);
    const app = createApp({ ...installation, database });

    const health = await read(await app.request("/v1/health"));
    const me = await read(await app.request("/v1/me", { headers: { authorization: `Bearer ${key}` } }));
    await database.close();

    expect(health).toMatchObject({ status: 503, body: { status: "unavailable", database: "DATABASE_UNAVAILABLE" } });
    expect(me).toMatchObject({ status: 503, body: { code: "DATABASE_UNAVAILABLE", retryable: true } });
    expect(me.headers.get("retry-after")).toBe("1");
  });

  test("a bug is told to the operator, and to the client only that there was one", async () => {
    const { client, installation } = bench();
    const { key } = await client("olga", "operator");
    const troubles: unknown[] = [];
    const bug = new Error("the path is /srv/private");
    const clock: Clock = {
      ...installation.host.clock,
      now: () => {
        throw bug;
      },
    };
    const host = { ...installation.host, clock };
    const app = createApp({ ...installation, host }, { onTrouble: (error) => troubles.push(error) });

    const answer = await read(
      await app.request("/v1/calls", {
        method: "POST",
        body: '{"tool":"look","input":{}}',
        headers: { authorization: `Bearer ${key}`, "idempotency-key": "bug" },
      }),
    );

    expect(answer).toMatchObject({
      status: 500,
      body: { code: "INTERNAL", detail: "the request could not be served" },
    });
    expect(JSON.stringify(answer.body)).not.toContain("private");
    expect(troubles).toEqual([bug]);
  });
});

describe("a listening server", () => {
  test("it is reached on the loopback address alone", () => {
    expect(listening.origin).toBe(`http://127.0.0.1:${listening.port}`);
  });

  test("a port that is taken is a fault with a remedy", async () => {
    const again = serve(bench().app, { port: listening.port });

    await expect(again).rejects.toMatchObject({ code: "PORT_IN_USE", message: `port ${listening.port} is in use` });
  });

  test("a body that announces little and sends more is cut by its own announcement, and the server lives", async () => {
    const socket = connect(listening.port, "127.0.0.1");
    socket.write("POST /v1/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}garbage");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);

    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 401 /);
    expect((await fetch(`${listening.origin}/v1/health`)).status).toBe(200);
  });
});
