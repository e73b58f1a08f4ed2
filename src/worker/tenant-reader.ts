import { assert } from "../contracts/index.ts";
import type { Database, TenantReads } from "../store/index.ts";
import { Gathering, type Taken } from "./gathering.ts";

interface OfTenant {
  readonly tenantId: string;
}

export interface TenantReaderOptions<A extends OfTenant, T> {
  readonly database: Pick<Database, "atOnce">;
  /** Answers what was asked of one tenant, in order. Sends all its statements before it waits for any. */
  readonly ask: (sql: TenantReads, asked: readonly A[]) => Promise<readonly T[]>;
  /** How much is asked together at most. */
  readonly askedMax: number;
  /** Resolves once everything that can run now has run. */
  readonly turn: () => Promise<void>;
}

interface Waiting<A, T> {
  readonly asked: A;
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that many runs ask for at the same time: those of one tenant in one transaction, every tenant's in one round trip. A transaction
 * of its own for each, three round trips that wake the database each time, was a third of what a process spent on calls that write.
 */
export class TenantReader<A extends OfTenant, T> {
  readonly #options: TenantReaderOptions<A, T>;
  readonly #waiting: Gathering<Waiting<A, T>>;

  constructor(options: TenantReaderOptions<A, T>) {
    const { turn, askedMax } = options;
    this.#options = options;
    const take = (queue: readonly Waiting<A, T>[]): Taken<Waiting<A, T>> => ({
      batch: queue.slice(0, askedMax),
      later: queue.slice(askedMax),
    });
    this.#waiting = new Gathering({ turn, take, carry: (batch) => this.#answer(batch) });
  }

  /** As of now. Rejects with a `Fault` where the database cannot be asked. */
  read(asked: A): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.add({ asked, resolve, reject }));
  }

  async #answer(batch: readonly Waiting<A, T>[]): Promise<void> {
    const tenants = new Map<string, Waiting<A, T>[]>();
    for (const waiting of batch) {
      const { tenantId } = waiting.asked;
      const ofTenant = tenants.get(tenantId);
      if (ofTenant === undefined) tenants.set(tenantId, [waiting]);
      else ofTenant.push(waiting);
    }
    await Promise.all([...tenants].map(([tenantId, ofTenant]) => this.#answerTenant(tenantId, ofTenant)));
  }

  async #answerTenant(tenantId: string, waiting: readonly Waiting<A, T>[]): Promise<void> {
    const { database, ask } = this.#options;
    const asked = waiting.map((one) => one.asked);
    try {
      const answers = await database.atOnce(tenantId, (sql) => ask(sql, asked));
      assert(answers.length === waiting.length, "everything that was asked is answered");
      for (const [index, answer] of answers.entries()) waiting[index]?.resolve(answer);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
