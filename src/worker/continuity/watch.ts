import type { Host, Instant } from "../../contracts/index.ts";
import { type Database, inTenant } from "../../store/index.ts";
import { noteSilence } from "./beats.ts";
import { CONTROLLER, isHeld } from "./lease-record.ts";
import { CONTINUITY_POLICY } from "./policy.ts";
import { leasesOf, lockRun, runsHeldByToken } from "./queries.ts";
import { takeOver } from "./takeover.ts";

/**
 * Looks after runs that are held by token, of every tenant: judges the signs of life of each holder by the continuity policy,
 * records a silence, and has the run taken from a holder that is silent too long while its lease can still be adopted. Any number
 * of workers may look: one streak of silence is recorded once, and one incident decided once.
 */

export interface WatchPorts {
  readonly database: Pick<Database, "app" | "worker">;
  readonly host: Host;
  readonly workerId: string;
  /** Told of a run that could not be looked after; the others are. */
  readonly onTrouble: (runId: string, error: unknown) => void;
}

/** Milliseconds between two looks. */
export const WATCH_MS = CONTINUITY_POLICY.check_interval_seconds * 1_000;

/** A clock that moved by more than this between two looks was set: who seems silent is looked at once more before it is judged. */
const STEP_MS_MAX = 5 * WATCH_MS;

export class LeaseWatch {
  readonly #ports: WatchPorts;
  #lookedAt: Instant | null = null;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { now, runs } = await runsHeldByToken(this.#ports.database.worker);
    const isSet = this.#lookedAt !== null && Math.abs(now - this.#lookedAt) > STEP_MS_MAX;
    this.#lookedAt = now;
    if (isSet) return;
    for (const { tenant_id, id } of runs) {
      try {
        await this.#lookAt(tenant_id, id);
      } catch (error) {
        this.#ports.onTrouble(id, error);
      }
    }
  }

  async #lookAt(tenantId: string, runId: string): Promise<void> {
    const { database, host, workerId: by } = this.#ports;
    const silent = await inTenant(database, tenantId, async (sql) => {
      const run = await lockRun(sql, runId);
      if (run === undefined || run.ended_at !== null) return null;
      let epoch: number | null = null;
      for (const lease of await leasesOf(sql, runId)) {
        if (!isHeld(lease, run.now)) continue;
        const status = await noteSilence(sql, { host, tenantId, by }, run, lease);
        if (lease.lane === CONTROLLER && (status === "STALE" || status === "WARNING")) epoch = lease.epoch;
      }
      return epoch;
    });
    if (silent === null) return;
    const nobody = { override: null, successor: null, handoff: null };
    await takeOver({ database, host }, { ...nobody, tenantId, runId, by, fromEpoch: silent });
  }
}
