import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import { assert, Fault } from "../contracts/index.ts";

export interface Listening {
  /** Where it listens, such as `http://127.0.0.1:7070`. */
  readonly origin: string;
  readonly port: number;
  /** Takes no more requests and ends every connection, open streams among them. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Only this machine reaches the loopback address, which is the default. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** A web-standard handler, such as the app of `createApp`. */
interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** Serves an app over HTTP. Faults: PORT_IN_USE. */
export async function serve(app: Served, { host = "127.0.0.1", port }: ServeOptions): Promise<Listening> {
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request) });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw portFault(error, port);
  }
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a TCP server has an address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    origin: `http://${name}:${address.port}`,
    port: address.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

function portFault(error: unknown, port: number): unknown {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return isTaken ? new Fault("PORT_IN_USE", `port ${port} is in use`, { retry: "never", cause: error }) : error;
}
