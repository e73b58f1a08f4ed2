/** What must hold of a run whoever carries it, however often it changes hands. Each is judged after everything that happens. */
export const ASSERTIONS = {
  "CONT-001": "every takeover is noted as of the instant at which it was made, and none is noted that was not made",
  "CONT-002": "what was in hand at a takeover is what goes on after it",
  "CONT-003": "a run's row counts the entries that its stream has, and all of them are of one run",
  "CONT-004": "every entry can be read without repair",
  "CONT-005": "a takeover gives the reason that was decided, and one that justifies it",
  "CONT-006": "a takeover is reported once",
  "CONT-007": "the steps in hand at a takeover are listed as lost, those and no others, in order",
  "CONT-008": "a successor holds a lease that lasts",
  "CONT-009": "CONT-001, CONT-002 and CONT-010 together",
  "CONT-010": "a run decided again from its entries gives the same entries, in their order and number",
  "CONT-011": "every entry shows as version 1.0.0 of the continuity contract",
  "CONT-012":
    "an epoch has one owner, follows the one before it, and begins when that one's lease is over or given back",
  "CONT-013": "sequence numbers have no gap, ids are unique, the hash chain verifies",
  "CONT-014": "a stale write is rejected",
  "CONT-015": "the state rebuilt from events is the stored one",
  "CONT-016": "a provider does one thing under one key",
  "CONT-017": "an approval survives a takeover and is answered and spent at most once",
  "CONT-018": "a lease runs out, is found so, a takeover is decided, and made: in this order of time",
  "CONT-019": "a lost step goes on only under a lease that was registered after it was lost",
  "CONT-020": "evidence that was recorded stays as it was",
} as const;

export type AssertionId = keyof typeof ASSERTIONS;

export const ASSERTION_IDS = Object.keys(ASSERTIONS).filter((id): id is AssertionId => id in ASSERTIONS);

/** An assertion that is others together. */
const TOGETHER: { readonly [id in AssertionId]?: readonly AssertionId[] } = {
  "CONT-009": ["CONT-001", "CONT-002", "CONT-010"],
};

/** A broken rule, and what broke it. */
export interface Violation {
  readonly rule: "N1" | "N2" | "N3" | "N4" | "N5" | "N6" | "N7" | "N8";
  /** Null: a rule that no assertion states. */
  readonly assertion: AssertionId | null;
  readonly message: string;
}

/** Whether an assertion was put to the test, and held. */
export function holds(
  id: AssertionId,
  {
    evaluated,
    violations,
  }: { readonly evaluated: ReadonlySet<AssertionId>; readonly violations: readonly Violation[] },
): boolean {
  const parts = TOGETHER[id] ?? [id];
  return parts.every((part) => evaluated.has(part) && !violations.some(({ assertion }) => assertion === part));
}

type Ground = Omit<Violation, "message">;

/** Judges, and keeps which assertions were put to the test, whatever came of it. */
export class Judge {
  readonly #evaluated = new Set<AssertionId>();

  get evaluated(): ReadonlySet<AssertionId> {
    return this.#evaluated;
  }

  check(isSo: boolean, { rule, assertion }: Ground, message: string): readonly Violation[] {
    if (assertion !== null) this.#evaluated.add(assertion);
    return isSo ? [] : [{ rule, assertion, message }];
  }
}
