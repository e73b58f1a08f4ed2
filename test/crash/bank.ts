import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { assert, type Json } from "../../src/contracts/index.ts";

/** A provider without idempotency keys: each POST of a transfer is one more transfer. It can be asked what it has done. */
export interface Bank {
  readonly origin: string;
  /** References of the transfers made, oldest first; a reference that stands twice was paid twice. */
  readonly transfers: readonly string[];
  /** Keeps requests waiting before anything is done about them, and tells when the first is there. */
  hold(): { readonly arrived: Promise<unknown>; release(): void };
  close(): Promise<void>;
}

export async function startBank(): Promise<Bank> {
  const transfers: string[] = [];
  let gate: EventEmitter | null = null;
  const server = createServer(async (request, response) => {
    const opened = gate === null ? null : once(gate, "opened");
    gate?.emit("arrived");
    await opened;
    if (request.method === "POST") transfers.push(await referenceIn(request));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ transfers }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${portOf(server.address())}`,
    transfers,
    hold: () => {
      const closed = new EventEmitter();
      gate = closed;
      return {
        arrived: once(closed, "arrived"),
        release: () => {
          gate = null;
          closed.emit("opened");
        },
      };
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  assert(typeof address === "object" && address !== null, "a TCP server has a port");
  return address.port;
}

async function referenceIn(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: { readonly reference: Json } = JSON.parse(Buffer.concat(chunks).toString());
  assert(typeof body.reference === "string", "a transfer has a reference");
  return body.reference;
}
