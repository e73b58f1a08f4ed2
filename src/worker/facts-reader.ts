import { approvalsOfCalls, type CallApprovals } from "../approve/index.ts";
import { assert, nextTurn } from "../contracts/index.ts";
import { type AskedFacts, loadFacts, type StoredFacts } from "../guard/index.ts";
import type { Database, TenantReads } from "../store/index.ts";
import { Gathering, type Taken } from "./gathering.ts";

/** The call of a run whose facts are asked for. */
export interface FactsAsked extends AskedFacts {
  readonly tenantId: string;
  readonly runId: string;
}

export interface ReadFacts {
  readonly read: StoredFacts;
  readonly approvals: CallApprovals;
}

/** Of a call without a key. */
export const NOBODY_ASKED: CallApprovals = { own: undefined, open: undefined };

interface Waiting {
  readonly asked: FactsAsked;
  readonly resolve: (facts: ReadFacts) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads what guards judge calls by, those of one tenant in one transaction and every tenant's in one round trip. One for each call, three
 * round trips that wake the database each time, was a third of what a process spent on calls that write.
 */
export class FactsReader {
  readonly #database: Pick<Database, "atOnce">;
  readonly #waiting: Gathering<Waiting>;

  /** @param turn resolves once everything that can run now has run; a simulation passes its own */
  constructor(database: Pick<Database, "atOnce">, turn: () => Promise<void> = nextTurn) {
    this.#database = database;
    this.#waiting = new Gathering({ turn, take: takeCalls, carry: (batch) => this.#answer(batch) });
  }

  /** As of now. Rejects with a `Fault` where the database cannot be asked. */
  read(asked: FactsAsked): Promise<ReadFacts> {
    return new Promise((resolve, reject) => this.#waiting.add({ asked, resolve, reject }));
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const tenants = new Map<string, Waiting[]>();
    for (const waiting of batch) {
      const { tenantId } = waiting.asked;
      const ofTenant = tenants.get(tenantId);
      if (ofTenant === undefined) tenants.set(tenantId, [waiting]);
      else ofTenant.push(waiting);
    }
    await Promise.all([...tenants].map(([tenantId, ofTenant]) => this.#answerTenant(tenantId, ofTenant)));
  }

  async #answerTenant(tenantId: string, waiting: readonly Waiting[]): Promise<void> {
    const calls = waiting.map(({ asked }) => asked);
    try {
      const facts = await this.#database.atOnce(tenantId, (sql) => factsOf(sql, calls));
      for (const [index, { resolve }] of waiting.entries()) {
        const own = facts[index];
        assert(own !== undefined, "there are facts of each call");
        resolve(own);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/** Calls whose facts are read together at most. */
const CALLS_MAX = 256;

const takeCalls = (queue: readonly Waiting[]): Taken<Waiting> => ({
  batch: queue.slice(0, CALLS_MAX),
  later: queue.slice(CALLS_MAX),
});

async function factsOf(sql: TenantReads, calls: readonly FactsAsked[]): Promise<readonly ReadFacts[]> {
  const keyed = calls.flatMap(({ internalKey, runId }) => (internalKey === null ? [] : [{ internalKey, runId }]));
  // Both sent before either is waited for, in this order, which one connection keeps: an approval that is spent between the two has left a record for the second.
  const asked = keyed.length === 0 ? [] : approvalsOfCalls(sql, keyed);
  const [approvals, stored] = await Promise.all([asked, loadFacts(sql, calls)]);
  const ofKeyed = approvals.values();
  return calls.map(({ internalKey }, index) => {
    const read = stored[index];
    assert(read !== undefined, "there is a row of facts for each call");
    const own = internalKey === null ? NOBODY_ASKED : ofKeyed.next().value;
    return { read, approvals: own ?? NOBODY_ASKED };
  });
}
