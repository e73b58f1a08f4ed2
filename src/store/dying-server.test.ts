import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openDatabase } from "./database.ts";

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

// The protocol's messages that let a client in: AuthenticationOk, and ReadyForQuery outside of a transaction.
const WELCOME = Buffer.from([..."R\0\0\0\b\0\0\0\0Z\0\0\0\u0005I"].map((character) => character.charCodeAt(0)));

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
