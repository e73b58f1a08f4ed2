/**
 * How the server runs: durable, private, modest. Given on its command line at each start, so that a new version of ours
 * brings its own settings; `postgresql.conf` stays as `initdb` wrote it.
 */
const SETTINGS = {
  // Durable: an acknowledged commit survives the loss of power.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // Private: no network; the socket is its owner's alone.
  listen_addresses: "",
  unix_socket_permissions: "0700",
  // Modest: several processes with small pools, on a small machine.
  max_connections: "100",
  shared_buffers: "128MB",
  max_wal_size: "512MB",
  jit: "off",
  // The log is for operators: it holds no values of rows or statements. Its prefix is read by `start-failure.ts`.
  logging_collector: "off",
  log_line_prefix: "%m [%p] %b %e ",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
} as const;

/** The command line arguments for the settings, with `others` in their place. */
export const settingArgs = (others: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries({ ...SETTINGS, ...others }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
