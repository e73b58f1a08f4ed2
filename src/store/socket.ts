import { Socket } from "node:net";
import { nextTurn } from "../contracts/index.ts";
import { fatalIn } from "./fatal.ts";

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

/** A socket whose end is told as an error at once, and as its close a few turns later. */
class LateClosing extends Socket {
  /** The driver names the server by it when it asks for TLS. */
  readonly host: string;

  constructor(host: string) {
    super();
    this.host = host;
  }

  override emit(event: string | symbol, ...details: unknown[]): boolean {
    const fatal = event === "data" ? fatalIn(details[0]) : undefined;
    if (fatal !== undefined) return super.emit("error", fatal);
    if (event !== "close") return super.emit(event, ...details);
    // Set here and not as a method: `connect` of Node's sockets puts its own in its place.
    this.write = () => true;
    this.#fail();
    void this.#closeLate(details);
    return true;
  }

  /** Fails what is in flight. Where TLS has taken the connection over, nobody listens here any more. */
  #fail(): void {
    if (this.listenerCount("error") > 0) super.emit("error", closedError());
  }

  async #closeLate(details: readonly unknown[]): Promise<void> {
    await turns(CLOSING_TURNS);
    super.emit("data", PASSWORD_ASKED);
    await afterMicrotasks();
    const tell = () => {
      this.write = () => true;
      this.#fail();
      super.emit("close", ...details);
    };
    const written = new Promise<void>((resolve) => {
      this.write = () => {
        tell();
        resolve();
        return true;
      };
    });
    // One that nobody listens to, or that ended in the middle of a longer message, brings about no write.
    const waited = turns(CLOSING_TURNS).then(() => "in vain");
    if ((await Promise.race([written, waited])) === "in vain") tell();
  }
}

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

/** Opens a socket for the driver. It is not connected yet: what is written waits, and a failure comes as its events. */
export function lateClosingSocket({ path, host: [host = "localhost"], port: [port = 5432] }: Target): Socket {
  const socket = new LateClosing(host);
  return path ? socket.connect(path) : socket.connect(port, host);
}
