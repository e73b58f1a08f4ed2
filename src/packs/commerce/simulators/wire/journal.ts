/** How the presented credential was judged. `live` is one that could open a real account: it is refused and shouted. */
export type CredentialVerdict = "accepted" | "absent" | "wrong" | "live";

/** One request as the simulator saw it. Credentials and bodies are never kept, only the digest of the body. */
export interface JournalEntry {
  readonly seq: number;
  /** RFC 3339, when the request was received. */
  readonly at: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** GraphQL root fields; empty for REST. */
  readonly operations: readonly string[];
  readonly credential: CredentialVerdict;
  readonly idempotency_key: string | null;
  readonly body_sha256: string;
  /** The answer's status; null when the connection was reset instead. */
  readonly status: number | null;
  /** Whether the answer was a stored one. */
  readonly replayed: boolean;
  /** The kind of the fault that was applied. */
  readonly fault: string | null;
  /** Says what is alarming about this request; null for an ordinary one. */
  readonly alarm: string | null;
}

/** A long soak must not eat the memory: beyond this the oldest entries go. */
const ENTRIES_MAX = 50_000;

export interface Journal {
  add(entry: Omit<JournalEntry, "seq">): void;
  entries(): readonly JournalEntry[];
  clear(): void;
}

export function journal(): Journal {
  let entries: JournalEntry[] = [];
  let seq = 0;
  return {
    add(entry) {
      seq += 1;
      entries.push({ seq, ...entry });
      if (entries.length > ENTRIES_MAX) entries = entries.slice(ENTRIES_MAX / 2);
    },
    entries: () => [...entries],
    clear() {
      entries = [];
      seq = 0;
    },
  };
}
