import { approvalsOfCalls, type CallApprovals } from "../approve/index.ts";
import { assert, nextTurn } from "../contracts/index.ts";
import { type AskedFacts, loadFacts, type StoredFacts } from "../guard/index.ts";
import type { Database, TenantReads } from "../store/index.ts";
import { TenantReader } from "./tenant-reader.ts";

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

export type FactsReader = TenantReader<FactsAsked, ReadFacts>;

const CALLS_MAX = 256;

/**
 * Reads what guards judge calls by.
 *
 * @param turn resolves once everything that can run now has run; a simulation passes its own
 */
export const factsReader = (database: Pick<Database, "atOnce">, turn: () => Promise<void> = nextTurn): FactsReader =>
  new TenantReader({ database, ask: factsOf, askedMax: CALLS_MAX, turn });

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
