import { type Instant, type Machine, type Result, sha256Hex, transitionOf } from "../../contracts/index.ts";

export type LeaseStatus = "ACTIVE" | "RELEASED" | "EXPIRED" | "TAKEN_OVER";

/** One owner's hold on a step of a run. Its token is known to the owner alone; here is what recognises it. */
export interface LeaseRecord {
  readonly lane: string;
  readonly step_id: string;
  readonly run_id: string;
  readonly thread_id: string;
  readonly host_id: string;
  readonly pid: number;
  readonly token_sha256: string;
  readonly predecessor_token_fp: string | null;
  /** Strictly rising within a run. */
  readonly epoch: number;
  readonly ttl_seconds: number;
  readonly status: LeaseStatus;
  readonly expiry: Instant;
  readonly last_heartbeat_at: Instant;
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

/** The lane that owns a run as a whole. */
export const CONTROLLER = "controller";

export type LeaseAct = "heartbeat" | "renew" | "release" | "expire" | "adopt";

/** What may be done with a lease. One that has ended stays so: whoever comes next has a lease of its own, under a higher epoch. */
export const LEASE_MACHINE = {
  name: "a lease",
  version: "1.1.0",
  moves: {
    ACTIVE: { heartbeat: "ACTIVE", renew: "ACTIVE", release: "RELEASED", expire: "EXPIRED", adopt: "TAKEN_OVER" },
    RELEASED: {},
    EXPIRED: {},
    TAKEN_OVER: {},
  },
} as const satisfies Machine<LeaseStatus>;

/** The status of a lease after an act. Refused: STATE_TRANSITION_ILLEGAL. */
export const nextStatus = (from: LeaseStatus, act: LeaseAct): Result<LeaseStatus> =>
  transitionOf<LeaseStatus>(LEASE_MACHINE, from, act);

/** At its expiry a lease is over. */
export const isExpired = ({ expiry }: Pick<LeaseRecord, "expiry">, now: Instant): boolean => expiry <= now;

export const isHeld = (lease: Pick<LeaseRecord, "status" | "expiry">, now: Instant): boolean =>
  lease.status === "ACTIVE" && !isExpired(lease, now);

/** A token as it may be shown: `fp:` and twelve digits of its hash. */
export const fingerprint = (tokenSha256: string): string => `fp:${tokenSha256.slice(0, 12)}`;

export const tokenHash = (token: string): string => sha256Hex(token);

/** A token's bytes as text; they come from the host's secure chance. */
export const tokenOf = (bytes: Uint8Array): string => `lease_${Buffer.from(bytes).toString("hex")}`;

/** Bytes of chance in a token. */
export const TOKEN_BYTES = 16;

/** As which holder a lease stands in a run's due row. */
export const holderName = ({ thread_id }: Pick<LeaseRecord, "thread_id">): string => `lease:${thread_id}`;
