import type { Instant } from "./instant.ts";

/** Where evidence comes from; a gate names the channels it reads. */
export type Channel = "prod_traffic" | "controlled_fixture" | "ci";

export type Severity = "info" | "warning" | "error";

/**
 * One entry of a stream, exactly as it is hashed: `hash = sha256(JCS(entry))`. The payload lies beside the chain under
 * its own digest, so that it can be erased and the chain still verifies. `at` is the worker's clock (hashed before the
 * commit); `recorded_at` is the instant the appender built the entry.
 */
export interface EventEntry {
  readonly event_id: string;
  readonly tenant: string;
  readonly stream: string;
  /** 1 for the first event of a stream, without gaps. */
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly recorded_at: string;
  readonly correlation: string;
  /** The event that caused this one, or null for the first. */
  readonly causation: string | null;
  readonly actor: string;
  readonly channel: Channel;
  readonly epoch: number;
  readonly step: string | null;
  readonly severity: Severity;
  readonly dedup_key: string | null;
  readonly payload_sha256: string;
  /** 64 zeros for the first event. */
  readonly prev_hash: string;
}

/** What a decision proposes to record; the appender adds id, sequence, hashes and fence. */
export interface ProposedEvent<Type extends string = string, Payload = unknown> {
  readonly type: Type;
  readonly at: Instant;
  readonly step: string | null;
  readonly payload: Payload;
  readonly severity?: Severity;
}

export const GENESIS_HASH = "0".repeat(64);
