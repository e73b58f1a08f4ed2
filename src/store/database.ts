import postgres, { type Options, type Sql, type TransactionSql } from "postgres";
import { formatInstant, type Instant, instant } from "../contracts/index.ts";
import { arrayType } from "./array-types.ts";
import { readAtOnce } from "./read-at-once.ts";
import { lateClosingSockets } from "./socket.ts";
import { tlsIn } from "./tls.ts";

/** Where a PostgreSQL answers: a URL, or the parts of one (a `host` that starts with `/` is a unix socket directory). */
export type ConnectionOptions =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

/** How column types appear in TypeScript: instants for timestamptz, numbers for bigint (money is read as text). */
interface WireTypes extends Record<string, unknown> {
  readonly instant: Instant;
  readonly bigint: number;
  readonly booleans: unknown[];
  readonly integers: unknown[];
  readonly texts: unknown[];
  readonly varchars: unknown[];
  readonly bigints: unknown[];
  readonly instants: unknown[];
}

export type Query = Sql<WireTypes>;
/** A statement tag inside a tenant's transaction: `current tenant` is set, and ends with the transaction. */
export type TenantQuery = TransactionSql<WireTypes>;

/** The same, or a tag whose statements go between a tenant's begin and its commit without waiting for either. */
export type TenantReads = TenantQuery | Query;

/** The ways this program talks to PostgreSQL, each under the least role that its statements need. */
export interface Database {
  /** Row security applies; nothing is visible outside `inTenant`. */
  readonly app: Query;
  /** One connection for group commits. */
  readonly committer: Query;
  /**
   * Reads of one tenant in a transaction of their own, in one round trip: `ask` sends all its statements (`execute`) before it waits
   * for any. On one connection, so that each sees what those before it saw.
   */
  readonly atOnce: <T>(tenantId: string, ask: (sql: TenantReads) => Promise<T>) => Promise<T>;
  /** Sees due times of every tenant and nothing else across tenants. */
  readonly worker: Query;
  /** The role that owns the schema; migrations only. */
  readonly owner: Query;
  close(): Promise<void>;
}

export const SCHEMA = "countermark";

/** Connections of the application pool: more than a few only queue inside PostgreSQL on small machines. */
const APP_CONNECTIONS_MAX = 8;
const WORKER_CONNECTIONS_MAX = 2;
const CONNECT_TIMEOUT_SECONDS = 10;
const RECONNECT_SECONDS_MAX = 1;
const CLOSE_TIMEOUT_SECONDS = 5;

/**
 * For connections whose few statements go by keys. Measured: a cached generic plan without joins that sort or hash is about 20 % faster
 * for small flushes; and reading a call's facts, for which the planner chose a plan of its own each time, took 0.8 ms instead of 0.1.
 */
const PLANNED_ONCE = {
  plan_cache_mode: "force_generic_plan",
  jit: "off",
  enable_seqscan: "off",
  enable_mergejoin: "off",
  enable_hashjoin: "off",
  enable_bitmapscan: "off",
};

const bigintElement = { to: 20, from: [20], serialize: String, parse: Number };
const instantElement = {
  to: 1184,
  from: [1184],
  serialize: (value: unknown) => (typeof value === "number" ? formatInstant(instant(value)) : String(value)),
  parse: (text: string): Instant => instant(Date.parse(text)),
};

/** The types that are not the driver's, by PostgreSQL's numbers. An array whose number is missing is read as its text. */
const types = {
  instant: instantElement,
  bigint: bigintElement,
  booleans: arrayType({ array: 1000, read: (text) => text === "t" }),
  integers: arrayType({ array: 1007, read: Number }),
  texts: arrayType({ array: 1009 }),
  varchars: arrayType({ array: 1015 }),
  bigints: arrayType({ array: 1016, read: bigintElement.parse }),
  instants: arrayType({ array: 1185, write: instantElement.serialize, read: instantElement.parse }),
};

/**
 * Opens the pools; connections are made when first used. Works alike for the embedded database and for a server.
 *
 * @param options where PostgreSQL answers; its user must own the schema (or be a superuser) for migrations
 */
export function openDatabase(options: ConnectionOptions): Database {
  const server = "url" in options ? tlsIn(options.url) : { ...options, tls: null };
  const socket = lateClosingSockets(server.tls, CONNECT_TIMEOUT_SECONDS * 1000);
  const pool = (max: number, settings: Record<string, string>): Query => {
    const shared: Options<typeof types> = {
      max,
      types,
      fetch_types: false,
      connection: { search_path: SCHEMA, application_name: "countermark", TimeZone: "UTC", ...settings },
      connect_timeout: CONNECT_TIMEOUT_SECONDS,
      backoff: reconnectSeconds,
      onnotice: ignoreNotice,
    };
    const connecting = { ...shared, ssl: false, socket };
    return "url" in server ? postgres(server.url, connecting) : postgres({ ...connecting, ...server });
  };
  const app = pool(APP_CONNECTIONS_MAX, { role: "countermark_app" });
  const committer = pool(1, { role: "countermark_app", ...PLANNED_ONCE });
  const reader = pool(1, { role: "countermark_app", ...PLANNED_ONCE });
  const worker = pool(WORKER_CONNECTIONS_MAX, { role: "countermark_worker" });
  const owner = pool(1, {});
  return {
    app,
    committer,
    atOnce: (tenantId, ask) => readAtOnce(reader, tenantId, ask),
    worker,
    owner,
    close: async () => {
      await Promise.all(
        [app, committer, reader, worker, owner].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS })),
      );
    },
  };
}

/**
 * Seconds before the next try to connect. The driver's own goes up to 20, twice a lease: a database that came back would be
 * found after the runs were lost.
 */
const reconnectSeconds = (retries: number): number =>
  Math.min(RECONNECT_SECONDS_MAX, 0.05 * 2 ** Math.min(retries, 10));

// Notices are PostgreSQL's remarks to a person at a prompt ("schema exists already"); ours reads SQLSTATEs instead.
const ignoreNotice = (): void => undefined;
