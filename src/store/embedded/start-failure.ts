/** Why a server ended while it was starting, read from its log by SQLSTATE and process, never by message. */
export interface StartFailure {
  readonly kind: "corrupt" | "busy" | "unavailable";
  /** What PostgreSQL said, one line. */
  readonly message: string;
}

/** Lines as `log_line_prefix` in `settings.ts` begins them: time, [pid], kind of process, SQLSTATE. */
const FATAL_LINE = /^\S+ \S+ \S+ \[\d+\] (?<process>.+) (?<sqlstate>[0-9A-Z]{5}) (?:FATAL|PANIC): {2}(?<message>.*)$/m;

/** `lock_file_exists`: another postmaster, or what a killed one left, which is gone in a moment. */
const BUSY = "F0001";

/** `data_corrupted`, `index_corrupted`, `undefined_file`, `io_error`, `config_file_error`. */
const CORRUPT = new Set(["XX001", "XX002", "58P01", "58030", "F0000"]);

/** No memory, no disk, no connections left, a refused permission: the data may be sound. */
const OUTSIDE = /^(53|42501)/;

/**
 * @param log what the server wrote since it was started
 */
export function startFailure(log: string): StartFailure {
  const { process, sqlstate, message } = FATAL_LINE.exec(log)?.groups ?? {};
  if (sqlstate === undefined || message === undefined) return { kind: "unavailable", message: lastLine(log) };
  if (sqlstate === BUSY) return { kind: "busy", message };
  // The startup process reads the write-ahead log and the last checkpoint: it fails on nothing but these.
  const isDamage = CORRUPT.has(sqlstate) || (process === "startup" && !OUTSIDE.test(sqlstate));
  return { kind: isDamage ? "corrupt" : "unavailable", message };
}

const lastLine = (log: string): string => log.trimEnd().split("\n").at(-1) ?? "";
