import type { Channel, Digest, Instant } from "../contracts/index.ts";

/** What a column of a unit holds. Numbers are finite; a decimal means what its shortest form writes. */
export type Cell = string | number | boolean | null;

/** One thing that metrics count: folded by a derive function from one or more rows of evidence. */
export interface Unit {
  /** Unique within its kind. */
  readonly id: string;
  /** When it happened, for windows; null for what has no time of its own. */
  readonly at: Instant | null;
  readonly channel: Channel | null;
  /** Ids of the rows of evidence that it was folded from. */
  readonly rows: readonly string[];
  /** Whether those rows kept every rule of their kind. Metrics leave invalid units out unless they ask for them. */
  readonly isValid: boolean;
  readonly columns: { readonly [name: string]: Cell };
}

/** How much of what a source recorded is there. `unreadable` also where it is missing. */
export interface SourceState {
  readonly state: "complete" | "incomplete" | "unreadable";
  /** Why it is not complete, for people; empty where it is. */
  readonly detail: string;
}

/** Which units of a ledger were counted where they are. */
export interface CountedLedger {
  /** Instants as text; null for the beginning. */
  readonly since: string | null;
  readonly until: string;
  readonly pack_digest: string | null;
  /** Of each kind, the sum of a number for every unit, which is of its id alone: the units of another ledger come to another. */
  readonly marks: { readonly [kind: string]: string };
}

/** What a decision says of its evidence, whoever counted what is in it. */
export interface EvidenceHead {
  /** Of the evidence as it was read. */
  readonly digest: Digest;
  readonly sources: { readonly [id: string]: SourceState };
  /** Numbers that the evidence itself brings, such as the seconds that its timers were set to. */
  readonly facts: { readonly [name: string]: number };
  /** Where a ledger was counted. */
  readonly ledger?: CountedLedger | undefined;
}

/** Everything that a decision may look at, derived from evidence. Which order its members came in changes nothing. */
export interface EvidenceSet extends EvidenceHead {
  readonly units: { readonly [kind: string]: readonly Unit[] };
}
