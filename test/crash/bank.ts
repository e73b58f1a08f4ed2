import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as briefly } from "node:timers/promises";
import { assert, type Json } from "../../src/contracts/index.ts";

/** A provider: each POST of a transfer is one more transfer, unless it has the key of one made. It can be asked what it has done. */
export interface Bank {
  readonly origin: string;
  /** References of the transfers made, oldest first; a reference that stands twice was paid twice. */
  readonly transfers: readonly string[];
  /** Keeps requests waiting before anything is done about them, and tells when the first is there. */
  hold(): { readonly arrived: Promise<unknown>; release(): void };
  /** Takes so long before it does anything, and again before it answers. */
  slow(ms: number): void;
  close(): Promise<void>;
}

export async function startBank(): Promise<Bank> {
  const transfers: string[] = [];
  const keys = new Set<string>();
  let gate: EventEmitter | null = null;
  let slowMs = 0;
  const server = createServer(async (request, response) => {
    const opened = gate === null ? null : once(gate, "opened");
    gate?.emit("arrived");
    await opened;
    await briefly(slowMs);
    const isTransfer = request.method === "POST";
    const reference = isTransfer ? await referenceIn(request).catch(() => null) : null;
    if (isTransfer && reference === null) return; // who asked was killed before it could be read: nothing happens
    const { "idempotency-key": key } = request.headers;
    const isKnown = typeof key === "string" && keys.has(key);
    if (typeof key === "string") keys.add(key);
    if (reference !== null && !isKnown) transfers.push(reference);
    await briefly(slowMs);
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
    slow: (ms) => {
      slowMs = ms;
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
