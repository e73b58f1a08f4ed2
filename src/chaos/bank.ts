import { after, type Random } from "../contracts/index.ts";
import type { Mischief } from "./fault-plan.ts";
import { type Schedule, WORLD } from "./schedule.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Something that a provider did: for good, and once more each time it was made to. */
export interface Effect {
  readonly path: string;
  readonly reference: string;
  readonly key: string | null;
}

export const BANK_ORIGIN = "http://127.0.0.1:9";

export interface BankOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly mischief: Mischief;
  /** Told of each thing that the bank does. */
  readonly onEffect: (effect: Effect) => void;
}

/** How long a request or an answer is on its way, at most. */
const TRANSIT_MS_MAX = 60;

/** How much later a late request arrives: the provider has settled soon after. */
const LATE_MS = 1_500;

/**
 * A provider, with a path for each tool. It honours idempotency keys where it is given one, and can be asked what it did. It
 * outlives every process, and what was sent to it arrives, whatever became of the sender.
 */
export class Bank {
  readonly effects: Effect[] = [];
  readonly #answers = new Map<string, string>();
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #mischief: Mischief;
  readonly #onEffect: (effect: Effect) => void;

  constructor({ schedule, random, mischief, onEffect }: BankOptions) {
    this.#schedule = schedule;
    this.#random = random;
    this.#mischief = mischief;
    this.#onEffect = onEffect;
  }

  /** References under which something was done at a path. */
  done(path: string): readonly string[] {
    return this.effects.filter((effect) => effect.path === path).map(({ reference }) => reference);
  }

  /** The way from a process to the bank. */
  reachedFrom(process: SimulatedProcess): typeof fetch {
    return (input, init) =>
      new Promise((resolve, reject) => {
        const { signal } = init ?? {};
        const fail = (error: unknown) => process.hear(() => reject(error));
        signal?.addEventListener("abort", () => fail(signal.reason), { once: true });
        const request = new Request(input, { ...init, signal: null });
        this.#transit(`${process.name} asks the bank`, async () => {
          const answered = await this.#handle(request);
          this.#transit(`the bank answers ${process.name}`, () => {
            if (answered === null) fail(connectionReset());
            else process.hear(() => resolve(answered));
          });
        });
      });
  }

  #transit(what: string, happen: () => Promise<void> | void): void {
    const ms = Math.ceil(this.#random.next() * TRANSIT_MS_MAX);
    this.#schedule.at(after(this.#schedule.now, ms), { actor: WORLD, what, happen });
  }

  /** Null: the connection breaks before the answer. */
  async #handle(request: Request): Promise<Response | null> {
    const path = new URL(request.url).pathname;
    const fault = this.#mischief.atRequest();
    if (fault === "late") return this.#later(path, request);
    if (fault === "unavailable") return Response.json({ error: "unavailable" }, { status: 503 });
    const text = request.method === "POST" ? this.#post(path, request, await referenceIn(request)) : this.#list(path);
    return fault === "answer_lost" ? null : new Response(text);
  }

  /** The connection breaks now; what it carried arrives later. */
  async #later(path: string, request: Request): Promise<null> {
    const reference = request.method === "POST" ? await referenceIn(request) : null;
    const { now } = this.#schedule;
    this.#schedule.at(after(now, LATE_MS), {
      actor: WORLD,
      what: "a late request arrives at the bank",
      happen: () => {
        if (reference !== null) this.#post(path, request, reference);
      },
    });
    return null;
  }

  #list(path: string): string {
    return JSON.stringify({ references: this.done(path) });
  }

  #post(path: string, request: Request, reference: string): string {
    const key = request.headers.get("idempotency-key");
    const known = key === null ? undefined : this.#answers.get(key);
    if (known !== undefined) return known;
    const effect = { path, reference, key };
    this.effects.push(effect);
    this.#onEffect(effect);
    const answer = JSON.stringify({ reference });
    if (key !== null) this.#answers.set(key, answer);
    return answer;
  }
}

async function referenceIn(request: Request): Promise<string> {
  const body: { readonly reference?: unknown } = JSON.parse(await request.text());
  return String(body.reference);
}

const connectionReset = (): Error => Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
