import { createServer, connect as reach, type Server, type Socket } from "node:net";
import { assert } from "../../src/contracts/index.ts";

/** A way to a server that can be cut and mended: what goes through it does not know that it is there. */
export interface Cable {
  /** `host:port` of its near end. */
  readonly address: string;
  /** Breaks every connection and takes no new one. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Lays a cable to `host:port`. */
export async function layCable(to: string): Promise<Cable> {
  const [host = "", port = ""] = to.split(":");
  const sockets = new Set<Socket>();
  let isCut = false;
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = reach(Number(port), host);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
      // A connection that breaks says so to both its ends.
      socket.on("error", () => socket.destroy());
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `127.0.0.1:${portOf(server)}`,
    cut,
    mend: () => {
      isCut = false;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        cut();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a TCP server has a port");
  return address.port;
}
