import { once } from "node:events";
import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { Fault } from "../contracts/index.ts";

/** The words of libpq's `sslmode`. */
const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
type Mode = (typeof MODES)[number];

/** How a connection is to be secured; null: not at all. */
export interface Tls {
  readonly mode: Exclude<Mode, "disable" | "allow">;
  /** What Node checks a server's certificate by. */
  readonly checks: Pick<ConnectionOptions, "ca" | "checkServerIdentity" | "rejectUnauthorized">;
}

/**
 * What a URL's `sslmode` (or `ssl`) and `sslrootcert` ask for, with PostgreSQL's meanings, and the URL without them. Certificates that
 * Node trusts are trusted, unless a root is given.
 *
 * @throws Fault `DATABASE_UNAVAILABLE` for what is no URL of one server, a word that is none of PostgreSQL's, or a root that cannot be read
 */
export function tlsIn(text: string): { readonly url: string; readonly tls: Tls | null } {
  if (!URL.canParse(text)) throw refused("the database's URL is not one of one server");
  const url = new URL(text);
  const [mode = null, ssl = null, root = null] = ["sslmode", "ssl", "sslrootcert"].map((name) => {
    const value = url.searchParams.get(name);
    url.searchParams.delete(name);
    return value;
  });
  return { url: url.href, tls: tlsOf(mode ?? ssl, root) };
}

function tlsOf(said: string | null, root: string | null): Tls | null {
  const word = said ?? (root === "system" ? "verify-full" : "disable");
  const mode = MODES.find((name) => name === word);
  if (mode === undefined) throw refused(`\`sslmode\` is \`${word}\`; it is one of ${MODES.join(", ")}`);
  if (root === "system" && mode !== "verify-full")
    throw refused(`\`sslrootcert\` is \`system\`, which needs \`sslmode\` \`verify-full\`, not \`${mode}\``);
  if (mode === "disable" || mode === "allow") return null;
  // As with libpq: who requires TLS and names a root means that root.
  if (mode === "require" && root !== null) return tlsOf("verify-ca", root);
  if (mode === "prefer" || mode === "require") return { mode, checks: { rejectUnauthorized: false } };
  const ca = root === null || root === "system" ? {} : { ca: certificateIn(root) };
  return { mode, checks: mode === "verify-ca" ? { ...ca, checkServerIdentity: () => undefined } : ca };
}

function certificateIn(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw refused(`\`sslrootcert\`: ${error instanceof Error ? error.message : "it cannot be read"}`, error);
  }
}

const refused = (message: string, cause?: unknown): Fault =>
  new Fault("DATABASE_UNAVAILABLE", message, { retry: "never", ...(cause === undefined ? {} : { cause }) });

/** The protocol's SSLRequest, and the byte that grants it. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const GRANTED = 0x53;

/**
 * Connects a socket that was told to, and secures it.
 *
 * @throws Fault `DATABASE_UNAVAILABLE` where the server offers less than was asked for; what Node throws where it cannot be reached
 */
export async function secured(raw: Socket, host: string, { mode, checks }: Tls, signal: AbortSignal): Promise<Socket> {
  await once(raw, "connect", { signal });
  raw.write(SSL_REQUEST);
  const [answer]: Buffer[] = await once(raw, "data", { signal });
  // Anything behind the one byte came unsecured and would be read as if it had not.
  if (answer?.[0] !== GRANTED || answer.length > 1) {
    if (mode === "prefer" && answer?.length === 1) return raw;
    throw refused(`the database offers no TLS, and \`sslmode\` is \`${mode}\``);
  }
  // Without `host`, Node would hold the certificate of a server that is named by its address to be right for `localhost`.
  const secure = connect({ socket: raw, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...checks });
  try {
    await once(secure, "secureConnect", { signal });
  } catch (error) {
    secure.on("error", () => undefined); // of its end nobody else hears, and it may be told as one
    secure.destroy();
    const why = error instanceof Error ? error.message : "the handshake failed";
    throw refused(`the database's TLS is not what \`sslmode\` \`${mode}\` asks for: ${why}`, error);
  }
  return secure;
}
