import { after, type Host, type Instant, instant, type Random, seededRandom, uuidV7Ids } from "../contracts/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import type { Mischief, StatementFault } from "./fault-plan.ts";
import { gatedQuery, silentQuery } from "./gated-query.ts";
import { type Actor, type Schedule, WORLD } from "./schedule.ts";

export interface Surroundings {
  readonly schedule: Schedule;
  /** The connections that all processes share, each statement in its turn. */
  readonly database: Database;
  /** Has the database's clock say what time it is, before a statement. */
  readonly tellTime: (now: Instant) => Promise<void>;
  /** Null: nothing goes wrong in this process. */
  readonly mischief: Mischief | null;
  /** Told what the database answers, before the process hears it. */
  readonly onAnswer: (answer: Answer) => void;
  /** Told once, when the process dies. */
  readonly onDeath: () => void;
}

/** What the database answers, and what it was asked. */
export interface Answer {
  readonly by: string;
  /** The statement, cut off somewhere. */
  readonly what: string;
  /** When it was ready to be sent. */
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  readonly value: unknown;
}

/** The answer to a statement, as far as it is heard. */
type Heard<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

interface Statement<T> {
  readonly what: string;
  readonly askedAt: Instant;
  readonly work: () => Promise<T>;
}

/**
 * A process that can be killed and paused. Once killed, nothing it would still do reaches database or provider: whatever it
 * waits for never comes. While paused it hears nothing; what it sent is under way all the same.
 */
export class SimulatedProcess implements Actor {
  readonly name: string;
  readonly host: Host;
  readonly #around: Surroundings;
  #isDead = false;
  #pausedUntil: Instant | null = null;
  #skewMs = 0;

  constructor(name: string, seed: number, around: Surroundings) {
    this.name = name;
    this.#around = around;
    const clock: Host["clock"] = { now: () => this.#now(), wake: (at, signal) => this.#wake(at, signal) };
    const random: Random = seededRandom(seed);
    this.host = { clock, random, ids: uuidV7Ids(clock, random) };
  }

  get isRunning(): boolean {
    return !this.#isDead && this.#pausedUntil === null;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#around.schedule.note(`${this.name} dies`);
    this.#around.onDeath();
  }

  pause(ms: number): void {
    const { schedule } = this.#around;
    const until = after(schedule.now, ms);
    this.#pausedUntil = until;
    schedule.at(until, {
      actor: WORLD,
      what: `${this.name} wakes`,
      happen: () => {
        if (this.#pausedUntil === until) this.#pausedUntil = null;
      },
    });
  }

  /** Database connections of this process's own. */
  get database(): Database {
    const { database } = this.#around;
    const turn = <T>(what: string, work: () => Promise<T>) => this.#statement(what, work);
    const app = gatedQuery(database.app, turn);
    return {
      app,
      // The processes share one connection for these: each statement in its turn, they would come into each other's transactions.
      atOnce: (tenantId, ask) => inTenant({ app }, tenantId, ask),
      committer: gatedQuery(database.committer, turn),
      worker: gatedQuery(database.worker, turn),
      // Planner statistics: gathered in one history, they would change the plans of the next.
      owner: silentQuery(database.owner),
      close: async () => undefined,
    };
  }

  /** Resolves when it is this process's turn. */
  turn(what: string): Promise<void> {
    return new Promise((resolve) => this.#around.schedule.soon(this, what, resolve));
  }

  #now(): Instant {
    return instant(this.#around.schedule.now + this.#skewMs);
  }

  /** A timer counts what passes: a clock that was set meanwhile is looked at when it rings. */
  #wake(at: Instant, signal: AbortSignal): Promise<void> {
    const { schedule } = this.#around;
    if (signal.aborted || this.#now() >= at) return Promise.resolve();
    return new Promise((resolve) => {
      let callOff: () => void = () => undefined;
      const stop = () => {
        callOff();
        resolve();
      };
      const ring = () => {
        if (this.#now() < at) return arm();
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const arm = () => {
        callOff = schedule.at(after(schedule.now, at - this.#now()), { actor: this, what: "timer", happen: ring });
      };
      signal.addEventListener("abort", stop, { once: true });
      arm();
    });
  }

  #statement<T>(what: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (heard: Heard<T>) => this.hear(() => (heard.ok ? resolve(heard.value) : reject(heard.error)));
      const askedAt = this.#around.schedule.now;
      this.#around.schedule.soon(this, what, () => this.#send({ what, askedAt, work }, answer));
    });
  }

  /** Has the process hear something: now, or once it is awake; never once it is dead. */
  hear(listen: () => void): void {
    if (this.isRunning) listen();
    else if (!this.#isDead) this.#around.schedule.soon(this, "hears", listen);
  }

  async #send<T>(statement: Statement<T>, answer: (heard: Heard<T>) => void): Promise<void> {
    const fault = this.#around.mischief?.atStatement(statement.what);
    if (fault?.moment === "before") {
      this.#strike(fault);
      if (fault.kind === "database") return answer({ ok: false, error: connectionLost() });
      if (this.#isDead) return;
      if (!this.isRunning) {
        return this.#around.schedule.soon(this, statement.what, async () => answer(await this.#perform(statement)));
      }
    }
    const heard = await this.#perform(statement);
    if (fault?.moment === "after") {
      this.#strike(fault);
      if (fault.kind === "database") return answer({ ok: false, error: connectionLost() });
    }
    answer(heard);
  }

  async #perform<T>({ what, askedAt, work }: Statement<T>): Promise<Heard<T>> {
    const { schedule, tellTime, onAnswer } = this.#around;
    await tellTime(schedule.now);
    try {
      const value = await work();
      onAnswer({ by: this.name, what, askedAt, answeredAt: schedule.now, value });
      return { ok: true, value };
    } catch (error) {
      return { ok: false, error };
    }
  }

  #strike(fault: StatementFault): void {
    if (fault.kind === "crash") this.kill();
    else if (fault.kind === "pause") this.pause(fault.ms);
    else if (fault.kind === "clock") this.#skewMs += fault.ms;
  }
}

/** What the driver throws when a connection breaks. */
const connectionLost = (): Error => Object.assign(new Error("connection closed"), { code: "CONNECTION_CLOSED" });
