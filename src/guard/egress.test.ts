import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { Stop } from "../contracts/index.ts";
import { ConnectionFailed, type EgressOptions, EgressRefused, openEgress } from "./egress.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A provider on this machine, over real HTTP. */
async function provider(answer: Answer): Promise<{ readonly origin: string; readonly seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { origin: `http://127.0.0.1:${address.port}`, seen };
}

const openTo = (origin: string, changes: Partial<EgressOptions> = {}) =>
  openEgress({
    mode: "sandbox",
    allow: ["api.stripe.com"],
    sandboxOrigins: [origin],
    requestCapBytes: null,
    responseCapBytes: null,
    stop: new Stop(),
    fetch: globalThis.fetch,
    resolve: async () => ["127.0.0.1"],
    ...changes,
  });

const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "passed",
    (error: unknown) => (error instanceof EgressRefused ? error.refusal.code : String(error)),
  );

const MEGABYTE = 1_048_576;

describe("size", () => {
  /** Ten megabytes in pieces, without a declared length; counts what was really taken. */
  function tenMegabytes(sent: { bytes: number }): Answer {
    return (_, response) => {
      const piece = Buffer.alloc(65_536);
      const push = (): void => {
        while (sent.bytes < 10 * MEGABYTE && !response.destroyed) {
          sent.bytes += piece.length;
          if (!response.write(piece)) {
            response.once("drain", push);
            return;
          }
        }
        response.end();
      };
      push();
    };
  }

  test("P1-T02-NEG-02 a body of 10 MB is stopped at the cap of 1 MB, and the rest is not transferred", async () => {
    const sent = { bytes: 0 };
    const { origin } = await provider(tenMegabytes(sent));
    const egress = openTo(origin, { responseCapBytes: MEGABYTE });

    const response = await egress.fetch(`${origin}/large`);
    let received = 0;
    const reading = (async () => {
      for await (const piece of response.body ?? []) received += piece.byteLength;
    })();

    expect(await refusalOf(reading)).toBe("DATA_CAP_EXCEEDED");
    expect(received).toBeLessThanOrEqual(MEGABYTE);
    expect(sent.bytes).toBeLessThan(10 * MEGABYTE);
  });

  test("P1-T02-NEG-02 a declared length above the cap is refused before the body is read", async () => {
    const { origin } = await provider((_, response) =>
      response.writeHead(200, { "content-length": "11" }).end("12345678901"),
    );

    expect(await refusalOf(openTo(origin, { responseCapBytes: 10 }).fetch(origin))).toBe("DATA_CAP_EXCEEDED");
    expect(await (await openTo(origin, { responseCapBytes: 11 }).fetch(origin)).text()).toBe("12345678901");
  });

  test("a request above the cap is never sent", async () => {
    const { origin, seen } = await provider((_, response) => response.end());
    const egress = openTo(origin, { requestCapBytes: 3 });

    expect(await refusalOf(egress.fetch(origin, { method: "POST", body: "1234" }))).toBe("DATA_CAP_EXCEEDED");
    expect(seen).toHaveLength(0);
    expect(egress.hasSent()).toBe(false);
  });

  test("an answer without a body passes as it is", async () => {
    const { origin } = await provider((_, response) => response.writeHead(204).end());

    expect((await openTo(origin, { responseCapBytes: 1 }).fetch(origin)).status).toBe(204);
  });
});

describe("hosts", () => {
  test("P1-T02-NEG-03 P1-T02-NEG-04 a host outside the scope is refused without being contacted", async () => {
    const { origin } = await provider((_, response) => response.end());
    const contacted: unknown[] = [];
    const egress = openTo(origin, {
      fetch: async (target) => {
        contacted.push(target);
        return new Response();
      },
    });

    expect(await refusalOf(egress.fetch("https://evil.com/"))).toBe("NETWORK_DENIED");
    expect(await refusalOf(egress.fetch("https://evil%2Ecom/"))).toBe("NETWORK_DENIED");
    expect(await refusalOf(egress.fetch("https://api.stripe.com/v1"))).toBe("LIVE_FORBIDDEN");
    expect(contacted).toEqual([]);
  });

  test("a redirect to another origin is refused, one within is given back and not followed", async () => {
    const { origin, seen } = await provider((request, response) =>
      response.writeHead(302, { location: request.url === "/out" ? "https://evil.com/" : "/elsewhere" }).end(),
    );
    const egress = openTo(origin);

    expect(await refusalOf(egress.fetch(`${origin}/out`))).toBe("NETWORK_DENIED");
    expect((await egress.fetch(`${origin}/in`)).status).toBe(302);
    expect(seen.map(({ url }) => url)).toEqual(["/out", "/in"]);
  });

  test("a simulator's name that resolves elsewhere is refused", async () => {
    const origin = "http://localhost:4010";

    expect(await refusalOf(openTo(origin, { resolve: async () => ["127.0.0.1", "93.184.216.34"] }).fetch(origin))).toBe(
      "NETWORK_DENIED",
    );
    expect(await refusalOf(openTo(origin, { resolve: async () => [] }).fetch(origin))).toBe("NETWORK_DENIED");
  });

  test("P1-H01 a live key is not sent in sandbox mode: not as a header, not in Basic form, not in the body", async () => {
    const { origin, seen } = await provider((_, response) => response.end());
    const key = ["sk_li", "ve_", "A1b2C3d4"].join("");
    const egress = openTo(origin);
    const basic = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;

    expect(await refusalOf(egress.fetch(origin, { headers: { authorization: `Bearer ${key}` } }))).toBe(
      "LIVE_FORBIDDEN",
    );
    expect(await refusalOf(egress.fetch(origin, { headers: { authorization: basic } }))).toBe("LIVE_FORBIDDEN");
    expect(await refusalOf(egress.fetch(origin, { method: "POST", body: `key=${key}` }))).toBe("LIVE_FORBIDDEN");
    expect(await refusalOf(egress.fetch(origin, { headers: { authorization: "Bearer sk_test_abc" } }))).toBe("passed");
    expect(seen).toHaveLength(1);
  });
});

describe("connections", () => {
  const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test("a lost connection leaves without the code by which SDKs repeat a request", async () => {
    const { origin } = await provider((request) => request.socket.destroy());

    const failure = await failureOf(openTo(origin).fetch(origin, { method: "POST", body: "x" }));

    expect(failure).toBeInstanceOf(ConnectionFailed);
    expect(failure).toMatchObject({ sent: "maybe" });
    expect(failure).not.toHaveProperty("code");
    expect(failure instanceof Error && failure.cause).toBeUndefined();
  });

  test("a connection that is lost inside the body is told the same way", async () => {
    const { origin } = await provider((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("a", () => request.socket.destroy());
    });
    const response = await openTo(origin).fetch(origin);

    expect(await failureOf(response.text())).toMatchObject({ name: "ConnectionFailed", sent: "maybe" });
  });

  test("a refused connection provably sent nothing", async () => {
    const { origin } = await provider((_, response) => response.end());
    for (const close of closing.splice(0)) await close();
    const egress = openTo(origin);

    expect(await failureOf(egress.fetch(origin))).toMatchObject({
      name: "ConnectionFailed",
      sent: "no",
    });
    expect(egress.hasSent()).toBe(false);
  });

  test("a refused connection does not hide another request that is under way", async () => {
    const refusal = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    let answer: () => void = () => undefined;
    const egress = openTo("http://127.0.0.1:4010", {
      fetch: (target) =>
        String(target).endsWith("/slow")
          ? new Promise((resolve) => {
              answer = () => resolve(new Response());
            })
          : Promise.reject(refusal),
    });

    const refused = failureOf(egress.fetch("http://127.0.0.1:4010/refused"));
    const slow = egress.fetch("http://127.0.0.1:4010/slow");
    await refused;

    expect(egress.hasSent()).toBe(true);
    answer();
    expect((await slow).status).toBe(200);
  });

  test("a POST leaves once under its Idempotency-Key; another key, or a GET, leaves again", async () => {
    const { origin, seen } = await provider((_, response) => response.writeHead(500).end());
    const egress = openTo(origin);
    const post = (key: string) => egress.fetch(origin, { method: "POST", headers: { "idempotency-key": key } });

    await post("k1");
    expect(await failureOf(post("k1"))).toMatchObject({ name: "ConnectionFailed", sent: "maybe" });
    await post("k2");
    await egress.fetch(origin);
    await egress.fetch(origin);

    expect(seen.map(({ method }) => method)).toEqual(["POST", "POST", "GET", "GET"]);
  });

  test("an aborted attempt sends nothing more", async () => {
    const { origin, seen } = await provider((_, response) => response.end());
    const stop = new Stop();
    const egress = openTo(origin, { stop });
    stop.stop();

    expect(await failureOf(egress.fetch(origin))).toBeInstanceOf(ConnectionFailed);
    expect(seen).toHaveLength(0);
  });
});
