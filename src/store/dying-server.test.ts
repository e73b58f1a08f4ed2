import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { nextTurn } from "../contracts/index.ts";
import { openDatabase } from "./database.ts";

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const message = (type: string, body = ""): string => `${type}\0\0\0${String.fromCharCode(4 + body.length)}${body}`;

// The protocol's messages that let a client in: AuthenticationOk, and ReadyForQuery outside of a transaction.
const WELCOME = Buffer.from(message("R", "\0\0\0\0") + message("Z", "I"), "latin1");

// ParseComplete, ParameterDescription, NoData, BindComplete, CommandComplete, ReadyForQuery: a statement that returns no rows.
const DONE = ["1", "t", "n", "2", "C", "Z"]
  .map((type) => message(type, { t: "\0\0", C: "SET\0", Z: "I" }[type]))
  .join("");

/** An ErrorResponse; whatever is not fatal is followed by ReadyForQuery. */
function said(severity: "ERROR" | "FATAL", code: string): Buffer {
  const fields = Buffer.from([`S${severity}`, `V${severity}`, `C${code}`, "Msaid by a test", "", ""].join("\0"));
  const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4]);
  return Buffer.concat([head, fields, ...(severity === "ERROR" ? [WELCOME.subarray(9)] : [])]);
}

/** A server that lets everybody in, and on each connection answers the first thing it is asked by the next of these; then it dies. */
async function dyingServer(...answers: readonly Buffer[]): Promise<number> {
  const sockets = new Set<Socket>();
  const left = [...answers];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(WELCOME);
      socket.once("data", () => {
        const answer = left.shift();
        if (answer === undefined) socket.destroy();
        else socket.end(answer);
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on a port");
  return address.port;
}

test("a server that dies while a connection is made fails the statement that waits for it, and nothing else", async () => {
  const database = openDatabase({ url: `postgres://someone@127.0.0.1:${await dyingServer()}/shop` });
  const asked = database.app`select 1`;

  // A failure that no caller could catch would fail this test too.
  await expect(asked).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
});

test("what a server said when it ended a connection fails what was in flight, and nothing of the next connection", async () => {
  const port = await dyingServer(said("FATAL", "57P01"), said("ERROR", "42601"));
  const { committer } = openDatabase({ url: `postgres://someone@127.0.0.1:${port}/shop` });

  await expect(committer`select 1`.execute()).rejects.toMatchObject({ code: "57P01", severity: "FATAL" });
  await expect(committer`select 2`.execute()).rejects.toMatchObject({ code: "42601" });
});

test("statements sent in every turn in which their connection goes away fail at once, and the next ones are answered", async () => {
  const answers = Array.from({ length: 200 }, () =>
    Buffer.concat([Buffer.from(DONE, "latin1"), said("FATAL", "57P01")]),
  );
  const { committer } = openDatabase({ url: `postgres://someone@127.0.0.1:${await dyingServer(...answers)}/shop` });
  const codes = new Set<unknown>();
  const ask = () => committer`set a = 1`.execute().then(() => "done", codeIn);

  for (let death = 0; death < 3; death++) {
    while ((await ask()) !== "done") await nextTurn();
    const asked: Promise<unknown>[] = [];
    for (let left = 500; left > 0; left--) {
      await nextTurn();
      asked.push(
        ask().finally(() => {
          left = Math.min(left, 8);
        }),
      );
    }
    for (const code of await Promise.all(asked)) codes.add(code);
  }

  // A connection that is never made again says CONNECT_TIMEOUT, or nothing.
  expect(codes).not.toContain("CONNECT_TIMEOUT");
  expect(codes).toContain("CONNECTION_CLOSED");
});

const codeIn = (error: unknown): unknown => Reflect.get(Object(error), "code");
