import { entry } from "./code-entry.ts";

const RESTORE = "restore the run's entries and its row from a backup, then `countermark run resume`; never edit them";

/** Codes of a run whose record is not what was written; part of the one table. */
export const RECORD_CODES = {
  EVENT_LOG_TRUNCATED: entry(500, "the last entries of the run's stream are missing", RESTORE, ["EVENT.LOG_TRUNCATED"]),
  EVENT_LOG_CORRUPT: entry(500, "an entry of the run's stream was altered", RESTORE, ["EVENT.LOG_CORRUPT"]),
  EVENT_SEQUENCE_GAP: entry(500, "an entry of the run's stream is missing", RESTORE, ["EVENT.SEQUENCE_GAP"]),
  SNAPSHOT_ALTERED: entry(
    500,
    "a stored snapshot of a run is not what was written; the run was folded from its first entry",
    "nothing to do for the run; find out who wrote into the database",
  ),
} as const;
