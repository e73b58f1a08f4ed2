import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { nextTurn, timeLimit } from "../contracts/index.ts";
import { fatalIn } from "./fatal.ts";
import { secured, type Tls } from "./tls.ts";

/*
 * The driver (postgres 3.4.9, its issues 1154 and 1208) keeps writes for the end of the turn, and forgets its socket the moment
 * it closes. What a failing transaction then still sends, its rollback, is written to nothing: an exception that no caller can
 * catch ends the process. So its sockets close late: whatever is in flight fails first, what follows from that is sent to a
 * socket that swallows it, and only then it is closed.
 *
 * And a write that is kept while the socket closes stays kept, and every later one behind it: the connection is never made
 * again, and each try takes until its timeout. Only the driver knows whether it keeps one, so it is made to write, by asking
 * for its password, and hears of the close within that write: then it keeps none.
 *
 * And it keeps a server's last words, which end the connection, for the answer that never comes, and fails the first statement of the next
 * connection with them: after an outage each connection cost a statement more, and a worker's runs a lease each. So last words are told as
 * the socket's error, which fails what is in flight now.
 */

/** Tells the driver, which is all that listens to one of its sockets. */
type Tell = (event: string | symbol, ...details: unknown[]) => boolean;

/** Has a socket's end be told as an error at once, and as its close a few turns later. */
function closingLate(socket: Socket): Socket {
  const tell: Tell = (event, ...details) => Reflect.apply(EventEmitter.prototype.emit, socket, [event, ...details]);
  socket.emit = (event: string | symbol, ...details: unknown[]): boolean => {
    const fatal = event === "data" ? fatalIn(details[0]) : undefined;
    if (fatal !== undefined) {
      if (fatal.before.length > 0) tell("data", fatal.before);
      return tell("error", fatal.error);
    }
    if (event !== "close") return tell(event, ...details);
    void closeLate(socket, tell, details);
    return true;
  };
  return socket;
}

async function closeLate(socket: Socket, tell: Tell, details: readonly unknown[]): Promise<void> {
  socket.write = swallow;
  tell("error", closedError());
  await turns(CLOSING_TURNS);
  tell("data", PASSWORD_ASKED);
  await afterMicrotasks();
  const close = () => {
    socket.write = swallow;
    tell("error", closedError());
    tell("close", ...details);
  };
  const written = new Promise<"written">((resolve) => {
    socket.write = () => {
      close();
      resolve("written");
      return true;
    };
  });
  // One that ended in the middle of a longer message, or before anybody listened, brings about no write.
  if ((await Promise.race([written, turns(CLOSING_TURNS)])) !== "written") close();
}

const swallow = (): boolean => true;

const closedError = () => Object.assign(new Error("the connection was closed"), { code: "CONNECTION_CLOSED" });

/** The protocol's AuthenticationCleartextPassword. */
const PASSWORD_ASKED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** Turns of the event loop in which a transaction that failed sends its rollback and hears that it failed too. */
const CLOSING_TURNS = 3;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** The driver looks its password up in promises; what they lead to has happened once this has. */
const afterMicrotasks = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

/** What the driver knows when it opens a connection. */
interface Target {
  readonly path?: string | false | null;
  readonly host: readonly string[];
  readonly port: readonly number[];
}

/**
 * How the driver opens its sockets: not connected yet, so that what is written waits, and a failure comes as events; or secured, where
 * that is asked for. The driver would secure one itself, by a socket of its own that closes early.
 */
export const lateClosingSockets =
  (tls: Tls | null, timeoutMs: number) =>
  ({ path, host: [host = "localhost"], port: [port = 5432] }: Target): Socket | Promise<Socket> => {
    const socket = new Socket();
    const connecting = path ? socket.connect(path) : socket.connect(port, host);
    if (tls === null || path) return closingLate(connecting);
    return secured(connecting, host, tls, timeLimit(timeoutMs)).then(closingLate, (error: unknown) => {
      connecting.destroy();
      return failing(error);
    });
  };

/** A socket that fails as soon as somebody listens: the driver never uses a connection again for which it was given none. */
function failing(error: unknown): Socket {
  const socket = closingLate(new Socket());
  socket.write = swallow;
  void nextTurn().then(() => socket.destroy(error instanceof Error ? error : closedError()));
  return socket;
}
