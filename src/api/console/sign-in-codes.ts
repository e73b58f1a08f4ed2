import { after, type Host, type Instant } from "../../contracts/index.ts";

/** How long a link to sign in can be used. */
const CODE_MS = 10 * 60_000;

/** Codes that wait at once; the oldest go first. */
const CODES_MAX = 1_000;

const CODE_BYTES = 24;

interface Waiting {
  readonly keySha256: string;
  readonly endsAt: Instant;
}

/** Links by which a browser signs in without seeing a key: each is good once, for ten minutes, in the process that made it. */
export class SignInCodes {
  readonly #host: Pick<Host, "clock" | "random">;
  readonly #waiting = new Map<string, Waiting>();

  constructor(host: Pick<Host, "clock" | "random">) {
    this.#host = host;
  }

  /** A new code for whoever holds the key with this SHA-256. */
  issue(keySha256: string): { readonly code: string; readonly endsAt: Instant } {
    const code = Buffer.from(this.#host.random.bytes(CODE_BYTES)).toString("base64url");
    const endsAt = after(this.#host.clock.now(), CODE_MS);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= CODES_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    this.#waiting.set(code, { keySha256, endsAt });
    return { code, endsAt };
  }

  /** Uses a code up. Undefined: it was used, has ended, or never was one. */
  redeem(code: string): string | undefined {
    const waiting = this.#waiting.get(code);
    this.#waiting.delete(code);
    return waiting === undefined || waiting.endsAt <= this.#host.clock.now() ? undefined : waiting.keySha256;
  }
}
