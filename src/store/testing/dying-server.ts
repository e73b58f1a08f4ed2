import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A message of the protocol. */
export const message = (type: string, body = ""): string =>
  `${type}\0\0\0${String.fromCharCode(4 + body.length)}${body}`;

// The protocol's messages that let a client in: AuthenticationOk, and ReadyForQuery outside of a transaction.
const WELCOME = Buffer.from(message("R", "\0\0\0\0") + message("Z", "I"), "latin1");

// ParseComplete, ParameterDescription, NoData, BindComplete, CommandComplete, ReadyForQuery: a statement that returns no rows.
export const DONE = ["1", "t", "n", "2", "C", "Z"]
  .map((type) => message(type, { t: "\0\0", C: "SET\0", Z: "I" }[type]))
  .join("");

/** An ErrorResponse; whatever is not fatal is followed by ReadyForQuery. */
export function said(severity: "ERROR" | "FATAL", code: string): Buffer {
  const fields = Buffer.from([`S${severity}`, `V${severity}`, `C${code}`, "Msaid by a test", "", ""].join("\0"));
  const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4]);
  return Buffer.concat([head, fields, ...(severity === "ERROR" ? [WELCOME.subarray(9)] : [])]);
}

/** What a server answers to who asks it for TLS, and what it then secures the connection by; it ends those for which it has nothing. */
export interface Offer {
  readonly answer: string;
  readonly identity: { readonly key: Buffer; readonly cert: Buffer } | null;
}

export interface DyingServer {
  readonly port: number;
  close(): void;
}

/** A server that lets everybody in, and on each connection answers the first thing it is asked by the next of these; then it dies. */
export async function startDyingServer(answers: readonly Buffer[], offer: Offer | null = null): Promise<DyingServer> {
  const sockets = new Set<Socket>();
  const left = [...answers];
  const serve = (socket: Socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(WELCOME);
      socket.once("data", () => {
        const answer = left.shift();
        if (answer === undefined) socket.destroy();
        else socket.end(answer);
      });
    });
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    if (offer === null) return serve(socket);
    const { answer, identity } = offer;
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(answer);
      serve(identity === null ? socket : new TLSSocket(socket, { isServer: true, ...identity }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on a port");
  return {
    port: address.port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
