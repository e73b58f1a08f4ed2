import { createServer, type IncomingMessage } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { assert, type Clock, Fault, formatInstant, type Instant } from "../../../../contracts/index.ts";
import { controlApp } from "./control.ts";
import { sha256Hex } from "./digest.ts";
import {
  distort,
  type Exchange,
  type Patience,
  performUnder,
  type ReceivedRequest,
  stopInFront,
  type Vendor,
} from "./exchange.ts";
import { type ArmedFault, type FaultAction, type FaultRule, type FaultTable, faultTable } from "./faults.ts";
import { type CredentialVerdict, type Journal, type JournalEntry, journal } from "./journal.ts";
import type { WebhookEmitter } from "./webhook-emitter.ts";

/** A running simulator, driven in process. The same verbs are at `/__sim/` for other processes. */
export interface Simulator {
  /** Such as `http://127.0.0.1:40123`; the path prefix of the provider's API follows. */
  readonly origin: string;
  /** Every request, in the order they were answered. */
  journal(): readonly JournalEntry[];
  /** Arms a fault; the id clears it. */
  fault(rule: FaultRule): string;
  faults(): readonly ArmedFault[];
  /** Disarms one fault, or all. */
  clearFaults(id?: string): void;
  readonly webhooks: WebhookEmitter;
  /** Forgets what was stored, journalled, armed and held. */
  reset(): void;
  /** Ends every delay and connection. */
  close(): Promise<void>;
}

export interface Running {
  readonly vendor: Vendor;
  readonly webhooks: WebhookEmitter;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly faults: FaultTable;
  readonly patience: Patience;
}

type Wire = Context<{ Bindings: HttpBindings }>;

/** Serves a provider on 127.0.0.1. Port 0 takes a free one. Faults with `PORT_IN_USE`. */
export async function startSimulator(options: {
  readonly vendor: Vendor;
  readonly webhooks: WebhookEmitter;
  readonly clock: Clock;
  readonly closing: AbortController;
  readonly port: number;
}): Promise<Simulator> {
  const { vendor, webhooks, clock, closing } = options;
  const patience = { clock, closing: closing.signal };
  const running: Running = { vendor, webhooks, clock, journal: journal(), faults: faultTable(), patience };
  const app = new Hono<{ Bindings: HttpBindings }>();
  const reset = (): void => {
    vendor.reset();
    running.journal.clear();
    running.faults.clear();
    webhooks.reset();
  };
  app.route("/__sim", controlApp(running, reset));
  app.all("*", (context) => answer(running, context));
  const listening = await listen(app.fetch, options.port);
  return {
    origin: listening.origin,
    journal: running.journal.entries,
    fault: running.faults.arm,
    faults: running.faults.armed,
    clearFaults: running.faults.clear,
    webhooks,
    reset,
    async close() {
      closing.abort();
      await webhooks.settled();
      await listening.close();
    },
  };
}

async function listen(
  fetchCallback: Parameters<typeof getRequestListener>[0],
  port: number,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const listener = getRequestListener(fetchCallback);
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const code = taken ? "PORT_IN_USE" : "INTERNAL";
      reject(new Fault(code, `cannot listen on 127.0.0.1:${port}`, { retry: "never", cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a listening server has an address");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function receive(context: Wire): Promise<ReceivedRequest> {
  const body = new Uint8Array(await context.req.arrayBuffer());
  const { method, url, headers } = context.req.raw;
  return { method, url, path: new URL(url).pathname, headers, body, text: new TextDecoder().decode(body) };
}

async function answer(running: Running, context: Wire): Promise<Response> {
  const at = running.clock.now();
  const received = await receive(context);
  const { vendor } = running;
  const operations = vendor.operations(received);
  const credential = vendor.credential(received);
  const action = running.faults.take({ ...received, operations });
  const notes = { replayed: false };
  const result =
    stopInFront(action, vendor) ??
    (credential === "accepted" ? await handled(running, { received, action, notes }) : vendor.unauthorized(credential));
  running.journal.add(entryOf({ at, vendor, received, operations, credential, action, notes, result }));
  if (result !== "reset") return result;
  dropConnection(context.env.incoming);
  return RESPONSE_ALREADY_SENT;
}

/** A TCP reset, as from a load balancer that lost its backend: the client cannot know what happened. */
const dropConnection = (incoming: IncomingMessage): void => {
  incoming.socket.resetAndDestroy();
};

async function handled(
  { vendor, patience }: Running,
  request: {
    readonly received: ReceivedRequest;
    readonly action: FaultAction | undefined;
    readonly notes: { replayed: boolean };
  },
): Promise<Response | "reset"> {
  const { received, action, notes } = request;
  const exchange: Exchange = {
    received,
    perform: (effect) => performUnder(action, { vendor, received, patience, effect }),
    markReplayed() {
      notes.replayed = true;
    },
  };
  return distort(action, await vendor.handle(exchange), patience);
}

const alarmOf = (vendor: Vendor, credential: CredentialVerdict): string | null =>
  credential === "live" ? `LIVE CREDENTIAL PRESENTED TO THE ${vendor.name.toUpperCase()} SIMULATOR` : null;

const entryOf = (seen: {
  readonly at: Instant;
  readonly vendor: Vendor;
  readonly received: ReceivedRequest;
  readonly operations: readonly string[];
  readonly credential: CredentialVerdict;
  readonly action: FaultAction | undefined;
  readonly notes: { readonly replayed: boolean };
  readonly result: Response | "reset";
}): Omit<JournalEntry, "seq"> => ({
  at: formatInstant(seen.at),
  method: seen.received.method,
  path: seen.received.path + new URL(seen.received.url).search,
  operations: seen.operations,
  credential: seen.credential,
  idempotency_key: seen.vendor.idempotencyKey(seen.received) ?? null,
  body_sha256: sha256Hex(seen.received.body),
  status: seen.result === "reset" ? null : seen.result.status,
  replayed: seen.notes.replayed,
  fault: seen.action?.kind ?? null,
  alarm: alarmOf(seen.vendor, seen.credential),
});
