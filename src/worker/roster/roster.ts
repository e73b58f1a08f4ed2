import { type Database, inTenant } from "../../store/index.ts";
import { beatWorker, forgetWorkers, leaveWorker, type WorkerRow } from "./queries.ts";

/** Where a worker is, and whose roster it stands in. */
export interface Station {
  /** The tenant that administers the installation. */
  readonly tenantId: string;
  readonly hostId: string;
  readonly pid: number;
}

/** A worker's place among the installation's workers: by it others see that it lives, and ask it to drain. */
export class Roster {
  readonly #database: Pick<Database, "app">;
  readonly #workerId: string;
  readonly #station: Station;
  #entered = false;

  constructor(database: Pick<Database, "app">, workerId: string, station: Station) {
    this.#database = database;
    this.#workerId = workerId;
    this.#station = station;
  }

  /** Says that the worker lives; true when it was asked to drain. */
  beat(): Promise<boolean> {
    return inTenant(this.#database, this.#station.tenantId, async (sql) => {
      if (!this.#entered) await forgetWorkers(sql);
      const drains = await beatWorker(sql, { workerId: this.#workerId, ...this.#station });
      this.#entered = true;
      return drains;
    });
  }

  /** Says that it holds nothing any more. */
  async leave(): Promise<void> {
    await inTenant(this.#database, this.#station.tenantId, (sql) => leaveWorker(sql, this.#workerId));
  }
}

export type WorkerStanding = "working" | "draining" | "stopped" | "lost";

/** Silence after which a worker is taken for lost: its leases are over by then. */
const LOST_MS = 30_000;

export function standingOf({ stopped_at, drain_asked_at, silent_ms }: WorkerRow): WorkerStanding {
  if (stopped_at !== null) return "stopped";
  if (silent_ms > LOST_MS) return "lost";
  return drain_asked_at === null ? "working" : "draining";
}
