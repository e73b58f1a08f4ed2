import { beforeAll, expect, test } from "vitest";
import { type Machine, transitionOf } from "../../src/contracts/index.ts";
import { RUN_MACHINE, type RunStatus } from "../../src/run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../src/store/index.ts";
import { LEASE_MACHINE } from "../../src/worker/index.ts";
import { addTenant, begin, beginning, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

const UNDO = Symbol("undo");

/** Makes a move in a transaction of its own that is undone; what the database says to it. */
async function tried(move: (sql: TenantQuery, runId: string) => Promise<unknown>): Promise<string> {
  try {
    await inTenant(database, tenant, async (sql) => {
      const run = beginning(tenant);
      await begin(sql, run);
      await move(sql, run.run_id);
      throw UNDO;
    });
    return "unreachable";
  } catch (error) {
    if (error === UNDO) return "moved";
    return Object(error).code;
  }
}

/** Every move of a machine that changes something. */
function pairs<S extends string>({ moves }: Machine<S>): readonly (readonly [S, S])[] {
  const states = Object.keys(moves).filter((state): state is S => Object.hasOwn(moves, state));
  return states.flatMap((from) => states.flatMap((to) => (from === to ? [] : [[from, to] as const])));
}

const said = (isLegal: boolean): string => (isLegal ? "moved" : "STATE_TRANSITION_ILLEGAL");

const ENDED: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED_EXPECTED", "FAILED_UNEXPECTED", "CANCELLED"]);

const setStatus = (sql: TenantQuery, runId: string, status: RunStatus) => {
  const outcome = ENDED.has(status) ? "SUCCESS" : null;
  return sql`
    update run set status = ${status}, outcome = ${outcome}, ended_at = case when ${outcome}::text is not null then clock() end
     where run_id = ${runId}`;
};

test("RT-602 the table of runs and the database allow the same moves, and refuse the others with one code", async () => {
  for (const [from, to] of pairs(RUN_MACHINE)) {
    const answer = await tried(async (sql, runId) => {
      await setStatus(sql, runId, from);
      await setStatus(sql, runId, to);
    });
    expect(answer, `${from} to ${to}`).toBe(said(transitionOf(RUN_MACHINE, from, to).ok));
  }
});

test("RT-602 the table of leases and the database allow the same moves, and refuse the others with one code", async () => {
  for (const [from, to] of pairs(LEASE_MACHINE)) {
    const answer = await tried(async (sql, runId) => {
      await sql`
        insert into lease (tenant_id, run_id, epoch, lane, step_id, thread_id, host_id, pid, token_sha256, ttl_seconds, status, expiry, last_heartbeat_at, created_at, updated_at)
        values (${tenant}, ${runId}, 1, 'controller', 's', 't', 'h', 1, 'x', 60, ${from}, clock(), clock(), clock(), clock())`;
      await sql`update lease set status = ${to} where run_id = ${runId}`;
    });
    const moves: { readonly [act: string]: string } = LEASE_MACHINE.moves[from];
    expect(answer, `${from} to ${to}`).toBe(said(Object.values(moves).includes(to)));
  }
});
