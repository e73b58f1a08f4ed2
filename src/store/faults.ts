import postgres from "postgres";
import { Fault } from "../contracts/index.ts";

/** Raised by our own SQL. */
const TENANT_CONTEXT_NOT_SET = "CM001";
const STATE_TRANSITION_ILLEGAL = "CM003";

/** Drivers' codes for a connection that broke or never came about. */
const CONNECTION_CODES = new Set([
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
]);

/**
 * Turns what the driver throws into a `Fault`, by SQLSTATE and driver code, never by message text. Anything that is not a
 * database error comes back unchanged.
 */
export function asFault(error: unknown): unknown {
  if (error instanceof postgres.PostgresError) return fromSqlState(error);
  if (error instanceof Error && CONNECTION_CODES.has(codeOf(error))) {
    return new Fault("DATABASE_UNAVAILABLE", `the database connection failed (${codeOf(error)})`, {
      retry: { afterMs: 500 },
      cause: error,
    });
  }
  return error;
}

const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");

function fromSqlState(error: postgres.PostgresError): Fault {
  const { code, constraint_name: constraint } = error;
  if (code === TENANT_CONTEXT_NOT_SET) {
    return new Fault("TENANT_CONTEXT_MISSING", "tenant context not set", { retry: "never", cause: error });
  }
  if (code === STATE_TRANSITION_ILLEGAL) {
    return new Fault("STATE_TRANSITION_ILLEGAL", error.message, { retry: "never", cause: error });
  }
  // Deadlock, serialization failure, lock not available: the statement was undone and may be repeated as it is.
  if (code === "40P01" || code === "40001" || code === "55P03") {
    return new Fault("DATABASE_UNAVAILABLE", "the database undid the statement because of another", {
      retry: "now",
      cause: error,
    });
  }
  // Connection exceptions, insufficient resources, operator intervention, and a database that takes no connections.
  if (code === "55000" || code.startsWith("08") || code.startsWith("53") || code.startsWith("57")) {
    return new Fault("DATABASE_UNAVAILABLE", "the database is not available", {
      retry: { afterMs: 500 },
      cause: error,
    });
  }
  if (code === "3D000")
    return new Fault("DATABASE_UNAVAILABLE", "the server has no database of that name", {
      retry: "never",
      cause: error,
    });
  if (code.startsWith("28")) {
    return new Fault("DATABASE_UNAVAILABLE", "the database refused the user or the password", {
      retry: "never",
      cause: error,
    });
  }
  if (code.startsWith("23")) {
    return new Fault("DATABASE_CONFLICT", `the database refused the write by \`${constraint ?? code}\``, {
      retry: "never",
      cause: error,
    });
  }
  return new Fault("DATABASE_FAILED", `the database refused the statement (${code})`, { retry: "never", cause: error });
}
