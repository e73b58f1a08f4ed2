import { entry } from "./code-entry.ts";

const RESTORE = "restore the run's entries and its row from a backup, then `countermark run resume`; never edit them";

/** Codes of leases, takeovers, and a run whose record is not what was written; part of the one table. */
export const CONTINUITY_CODES = {
  RUN_BLOCKED: entry(
    409,
    "the run was claimed too often without progress",
    "see its last events, mend the cause, then `countermark run resume` or cancel it",
  ),
  E_LOCK_CONFLICT: entry(409, "somebody holds this step or this run", "wait for the lease's end, or take the run over"),
  E_LEASE_LOST: entry(
    409,
    "the lease is not held, or no longer",
    "stop; `countermark run show` says who holds the run",
  ),
  E_STALE_WRITER: {
    ...entry(409, "the writer's epoch is over: nothing was written", "stop; another holder has the run"),
    aliases: ["STATE.STALE_WRITER"],
  },
  E_TAKEOVER_FAILED: entry(
    409,
    "the run was not taken over",
    "`countermark run diagnose RUN` says who holds it, or what it waits for; `--force` takes it from a holder",
  ),
  E_CHECK_HEARTBEAT_INVALID: entry(
    400,
    "thresholds or times to live do not fit together",
    "give whole seconds, check <= warning <= stale, a time to live of stale + check + 60 s or more",
  ),
  CLOCK_SKEW: {
    ...entry(409, "a sign of life comes from the future", "set the clocks of the machines right"),
    aliases: ["INFRA.CLOCK_SKEW"],
  },
  E_HANDOFF_FAILED: entry(409, "the handoff package cannot be applied", "build it anew from the run's record"),
  STALE_HANDOFF: entry(200, "the package is older than the record, which was followed", "nothing to do"),
  WORKER_NOT_FOUND: entry(404, "no such worker", "list workers with `countermark worker list`"),
  EVENT_LOG_TRUNCATED: entry(500, "the last entries of the run's stream are missing", RESTORE, ["EVENT.LOG_TRUNCATED"]),
  EVENT_LOG_CORRUPT: entry(500, "an entry of the run's stream was altered", RESTORE, ["EVENT.LOG_CORRUPT"]),
  EVENT_SEQUENCE_GAP: entry(500, "an entry of the run's stream is missing", RESTORE, ["EVENT.SEQUENCE_GAP"]),
  SNAPSHOT_ALTERED: entry(
    500,
    "a stored snapshot of a run is not what was written; the run was folded from its first entry",
    "nothing to do for the run; find out who wrote into the database",
  ),
} as const;
