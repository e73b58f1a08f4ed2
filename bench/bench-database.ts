import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Installation, openInstallation } from "../src/api/index.ts";
import { after, systemHost } from "../src/contracts/index.ts";
import { type ConnectionOptions, openDatabase } from "../src/store/index.ts";
import { type Crew, startCrew } from "./crew.ts";
import { benchPack, benchTools, prepareTenants, type StepKind, tenantOf } from "./subject.ts";

/** A database with the bench's tenants and pack, made anew, and the folder that its processes share. */
export interface BenchDatabase {
  readonly installation: Installation;
  readonly stepsPerRun: number;
  /** Starts processes that work on it. */
  crew(size: number): Promise<Crew>;
  close(): Promise<void>;
}

export interface BenchDatabaseAsked {
  /** The server; its user may create databases. */
  readonly url: string;
  readonly name: string;
  readonly tenants: number;
  readonly stepsPerRun: number;
}

/** Makes the database and whatever has to be there before the clock runs. One of that name is dropped. */
export async function makeDatabase({ url, name, tenants, stepsPerRun }: BenchDatabaseAsked): Promise<BenchDatabase> {
  const server: ConnectionOptions = { url: await freshDatabase(url, name) };
  const directory = await mkdtemp(join(tmpdir(), "countermark-bench-"));
  const installation = await openInstallation({
    host: systemHost(),
    directory,
    server,
    migrate: true,
    tools: benchTools(),
    tier: "HARDENED",
  });
  await prepareTenants(installation, benchPack(stepsPerRun), tenants);
  return {
    installation,
    stepsPerRun,
    crew: (size) => startCrew(size, { server, directory, stepsPerRun }),
    close: async () => {
      await installation.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An empty database of that name on the server; the URL that leads to it. */
export async function freshDatabase(url: string, name: string): Promise<string> {
  const admin = openDatabase({ url });
  await admin.owner`drop database if exists ${admin.owner(name)} with (force)`;
  await admin.owner`create database ${admin.owner(name)}`;
  await admin.close();
  const database = new URL(url);
  database.pathname = `/${name}`;
  return database.toString();
}

/** Longer than any measurement, so that beats weigh little. */
const LEASE_MS = 60_000;

export interface RunsDriven {
  readonly step: StepKind;
  readonly runs: number;
  readonly tenants: number;
  readonly concurrency: number;
  /** Whether beginning the runs, as many at a time, is measured too. */
  readonly beginMeasured: boolean;
}

/** Steps per second of a crew that drives `concurrency` runs at a time, from the start of its workers to the last commit. */
export async function stepRate(database: BenchDatabase, crew: Crew, asked: RunsDriven): Promise<number> {
  const { host } = database.installation;
  const { step, tenants, concurrency } = asked;
  const share = Math.ceil(concurrency / crew.size);
  const runs = Math.ceil(asked.runs / crew.size);
  const beganAt = host.clock.now();
  await crew.all({ kind: "begin", step, runs, tenants, callers: share });
  const startedAt = host.clock.now();
  await crew.all({ kind: "drive", runsMax: share, leaseMs: LEASE_MS });
  const endedAt = await whenIdle(database.installation, tenants);
  await crew.all({ kind: "rest" });
  return (runs * crew.size * database.stepsPerRun * 1000) / (endedAt - (asked.beginMeasured ? beganAt : startedAt));
}

const POLL_MS = 20;

/** The instant at which no run of any tenant is left. Looks at one small index, so that looking costs the subject little. */
export async function whenIdle({ database, host }: Installation, tenants: number) {
  const never = new AbortController().signal;
  for (;;) {
    const [row] = await database.worker<{ left: number }[]>`
      select count(*)::int as left from due where due_at is not null and tenant_id = any(${Array.from({ length: tenants }, (_, i) => tenantOf(i))}::text[])`;
    if (row?.left === 0) return host.clock.now();
    await host.clock.wake(after(host.clock.now(), POLL_MS), never);
  }
}
