import { beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../src/contracts/index.ts";
import { entitiesById, tellRun, waitingInboxes } from "../../src/ledger/index.ts";
import { type Database, inTenant, type Query, type TenantQuery } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { fillEveryTable } from "./every-table.ts";
import { addTenant, useDatabase } from "./runs.ts";

const A = "test_a";
const B = "test_b";

const opened = useDatabase();
let database: Database;
let tables: readonly string[];

beforeAll(async () => {
  database = opened();
  for (const tenant of [A, B]) {
    await addTenant(database, tenant);
    await inTenant(database, tenant, (sql) => fillEveryTable(sql, tenant));
  }
  tables = await tenantTables(database.owner);
});

/** Every table with a tenant, from the catalogue: a table that is added is tested without being named here. */
async function tenantTables(owner: Query): Promise<readonly string[]> {
  const rows = await owner<{ name: string }[]>`
    select c.relname as name
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'countermark'::regnamespace and c.relkind in ('r', 'p')
     order by c.relname`;
  return rows.map(({ name }) => name);
}

const tenantsIn = async (sql: Query | TenantQuery, table: string): Promise<readonly string[]> => {
  const rows = await sql<{ tenant_id: string }[]>`select distinct tenant_id from ${sql(table)} order by tenant_id`;
  return rows.map(({ tenant_id }) => tenant_id);
};

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no fault",
    (error) => (error instanceof Fault ? error.code : error),
  );

const sqlStateOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error) => error.code,
  );

const PERMISSION_DENIED = "42501"; // also what row security answers to a write

describe("row security", () => {
  test("P1-T31 every table has a tenant and row security that is forced and checks reads and writes", async () => {
    const rows = await database.owner<{ name: string; forced: boolean; reads: string; writes: string; to: string[] }[]>`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
             pg_get_expr(p.polqual, c.oid) as reads, pg_get_expr(p.polwithcheck, c.oid) as writes,
             (select array_agg(r.rolname::text) from pg_roles r where r.oid = any(p.polroles)) as to
        from pg_class c left join pg_policy p on p.polrelid = c.oid and p.polname = 'own_tenant' and p.polcmd = '*' and p.polpermissive
       where c.relnamespace = 'countermark'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'migration'
       order by c.relname`;

    const own = "(tenant_id = NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))";
    expect(rows.map(({ name }) => name)).toEqual(tables);
    expect(rows.length).toBeGreaterThan(20);
    for (const { name, ...security } of rows) {
      expect(security, name).toEqual({ forced: true, reads: own, writes: own, to: ["countermark_app"] });
    }
  });

  test("P1-T31 only due times, keys, bindings, endpoints and tenants have a policy that looks across tenants", async () => {
    const rows = await database.owner<{ policy: string }[]>`
      select c.relname || ' ' || p.polcmd::text || ' ' || (select string_agg(r.rolname, ',') from pg_roles r where r.oid = any(p.polroles)) as policy
        from pg_policy p join pg_class c on c.oid = p.polrelid
       where p.polname <> 'own_tenant'
       order by 1`;

    expect(rows.map(({ policy }) => policy)).toEqual([
      "api_key r countermark_resolver",
      "due * countermark_worker",
      "sign_in_binding r countermark_resolver",
      "tenant r countermark_resolver",
      "webhook_endpoint r countermark_resolver",
    ]);
  });

  test("P1-T33 a query without a tenant filter sees one tenant's rows only, in every table", async () => {
    for (const table of tables) {
      const there = await tenantsIn(database.owner, table);
      const seenByA = await inTenant(database, A, (sql) => tenantsIn(sql, table));
      const seenByB = await inTenant(database, B, (sql) => tenantsIn(sql, table));

      expect({ table, there, seenByA, seenByB }).toEqual({ table, there: [A, B], seenByA: [A], seenByB: [B] });
    }
  });

  test("P1-T33 views show one tenant's rows only", async () => {
    for (const view of ["receipt_current", "state_version", "takeover_effect_outcome"]) {
      expect(await tenantsIn(database.owner, view), view).toEqual([A, B]);
      expect(await inTenant(database, A, (sql) => tenantsIn(sql, view)), view).toEqual([A]);
      expect(await tenantsIn(database.app, view), view).toEqual([]);
    }
  });

  test("P1-T33 without a context no row is seen and no write succeeds, in any table", async () => {
    for (const table of tables) {
      const seen = await tenantsIn(database.app, table);
      const write = await sqlStateOf(database.app`insert into ${database.app(table)} (tenant_id) values (${A})`);

      expect({ table, seen, write }).toEqual({ table, seen: [], write: PERMISSION_DENIED });
    }
  });

  test("P1-T33 an empty context is no context", async () => {
    expect(await inTenant(database, "", (sql) => tenantsIn(sql, "run"))).toEqual([]);
    expect(await codeOf(inTenant(database, "", (sql) => sql`select require_tenant_context()`))).toBe(
      "TENANT_CONTEXT_MISSING",
    );
  });

  test("P1-T33 one tenant can neither write a row of another nor change or delete one", async () => {
    for (const table of tables) {
      const insert = await sqlStateOf(
        database.app.begin(async (sql) => {
          await sql`select set_tenant_context(${A})`;
          await sql`insert into ${sql(table)} (tenant_id) values (${B})`;
        }),
      );
      expect({ table, insert }).toEqual({ table, insert: PERMISSION_DENIED });
    }
    const changed = await inTenant(database, A, async (sql) => [
      (await sql`update run set status = 'CANCELLED' where tenant_id = ${B} returning run_id`).length,
      (await sql`delete from revocation where tenant_id = ${B} returning tool_name`).length,
    ]);
    expect(changed).toEqual([0, 0]);
  });

  test("P1-T33 a row cannot be moved to another tenant", async () => {
    const move = sqlStateOf(
      database.app.begin(async (sql) => {
        await sql`select set_tenant_context(${A})`;
        await sql`update pack set tenant_id = ${B} where pack_id = 'p'`;
      }),
    );

    expect(await move).toBe(PERMISSION_DENIED);
  });

  test("P1-T33 the plan of a query without a filter shows the tenant predicate", async () => {
    const plan = await inTenant(
      database,
      A,
      (sql) => sql<{ "QUERY PLAN": string }[]>`explain (costs off) select entity_id from entity`,
    );

    const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
    expect(text).toContain("tenant_id = NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text)");
  });

  test("P1-T31 the database refuses an entity whose id lacks its tenant's prefix", async () => {
    const foreign = inTenant(
      database,
      A,
      (sql) => sql`
      insert into entity (tenant_id, entity_type, entity_id, version, state, state_sha256, updated_at)
      values (${A}, 'order', ${`${B}_order-9`}, 1, '{}', 'h', clock())`,
    );

    expect(await codeOf(foreign)).toBe("DATABASE_CONFLICT");
  });
});

describe("P1-D09 a reused connection", () => {
  /** One physical connection under the application's role. */
  const single = (): Pick<Database, "app"> => ({ app: database.committer });

  const seen = async (sql: Query | TenantQuery) => {
    const [process] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    return { pid: process?.pid, tenants: await tenantsIn(sql, "run") };
  };

  test("serves transactions of different tenants, each of which sees its own rows only", async () => {
    const first = await inTenant(single(), A, seen);
    const second = await inTenant(single(), B, seen);
    const third = await inTenant(single(), A, seen);

    expect([first.tenants, second.tenants, third.tenants]).toEqual([[A], [B], [A]]);
    expect(new Set([first.pid, second.pid, third.pid]).size).toBe(1);
  });

  test("sees nothing outside a transaction, nor inside one before the context is set", async () => {
    const inside = await inTenant(single(), A, seen);
    const outside = await seen(database.committer);
    const before = await database.committer.begin(seen);

    expect([outside, before]).toEqual([
      { pid: inside.pid, tenants: [] },
      { pid: inside.pid, tenants: [] },
    ]);
  });

  test("keeps no context of a transaction that failed or was given up", async () => {
    const inside = await inTenant(single(), A, seen);
    const failed = await codeOf(inTenant(single(), A, (sql) => sql`select 1 / 0`));
    const afterFailure = await seen(database.committer);
    await inTenant(single(), B, () => Promise.reject(new Error("given up"))).catch(() => undefined);
    const afterGivingUp = await seen(database.committer);

    expect(failed).toBe("DATABASE_FAILED");
    expect([afterFailure, afterGivingUp]).toEqual([
      { pid: inside.pid, tenants: [] },
      { pid: inside.pid, tenants: [] },
    ]);
  });

  test("keeps no context of a flush that wrote for several tenants", async () => {
    await database.committer.begin(async (sql) => {
      for (const tenant of [A, B]) await sql`select set_tenant_context(${tenant})`;
    });

    expect((await seen(database.committer)).tenants).toEqual([]);
  });
});

describe("roles", () => {
  test("the program's roles are no superusers, do not bypass row security and own no table", async () => {
    const rows = await database.owner<{ role: string; may: boolean; owns: number }[]>`
      select r.rolname as role, r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolcanlogin as may,
             (select count(*)::int from pg_class c where c.relowner = r.oid) as owns
        from pg_roles r where r.rolname in ('countermark_app', 'countermark_worker', 'countermark_resolver')
       order by 1`;

    expect(rows.map((row) => ({ ...row }))).toEqual([
      { role: "countermark_app", may: false, owns: 0 },
      { role: "countermark_resolver", may: false, owns: 0 },
      { role: "countermark_worker", may: false, owns: 0 },
    ]);
  });

  test("the application cannot change or remove what is recorded", async () => {
    const { app } = database;
    const attempts = [
      app`update event set payload = '{}'`,
      app`delete from event`,
      app`update receipt set result = '{}'`,
      app`delete from receipt`,
      app`update receipt_event set status = 'confirmed'`,
      app`delete from receipt_event`,
      app`update entity_version set state_patch = '[]'`,
      app`delete from entity_version`,
      app`update approval_decision set decision = 'APPROVE'`,
      app`delete from approval_decision`,
      app`delete from approval`,
      app`delete from run`,
      app`delete from idempotency`,
      app`update inbound_event set payload_json = '{}'`,
      app`delete from inbound_event`,
      app`delete from tenant`,
      app`truncate event`,
    ];

    const states = await Promise.all(attempts.map(sqlStateOf));

    expect(states).toEqual(attempts.map(() => PERMISSION_DENIED));
  });

  test("the application cannot loosen its own bonds", async () => {
    const { app } = database;
    const attempts = [
      app`alter table run disable row level security`,
      app`alter table run no force row level security`,
      app`drop policy own_tenant on run`,
      app`create policy all_tenants on run to countermark_app using (true)`,
      app`create table countermark.mine (x int)`,
      app`create or replace function countermark.clock() returns timestamptz language sql as 'select now()'`,
      app`alter role countermark_app bypassrls`,
    ];

    const states = await Promise.all(attempts.map(sqlStateOf));

    expect(states).toEqual(attempts.map(() => PERMISSION_DENIED));
  });

  test("row security cannot be switched off: the query is refused instead", async () => {
    const rows = database.app.begin(async (sql) => {
      await sql`set local row_security = off`;
      return tenantsIn(sql, "run");
    });

    expect(await sqlStateOf(rows)).toBe(PERMISSION_DENIED);
  });

  test("a worker sees the due times of every tenant and nothing else of any", async () => {
    const seen: [string, readonly string[]][] = [];
    for (const table of tables) seen.push([table, await tenantsIn(database.worker, table)]);

    expect(seen.filter(([, tenants]) => tenants.length > 0)).toEqual([["due", [A, B]]]);
  });

  test("due times hold no payload", async () => {
    const columns = await database.owner<{ name: string }[]>`
      select attname as name from pg_attribute where attrelid = 'countermark.due'::regclass and attnum > 0 and not attisdropped order by attnum`;

    expect(columns.map(({ name }) => name)).toEqual([
      "tenant_id",
      "kind",
      "id",
      "due_at",
      "worker_id",
      "epoch",
      "claims",
      "signals",
    ]);
  });

  test("only workers claim and renew leases", async () => {
    expect(await sqlStateOf(database.app`select claim_due('w', 1, 1000)`)).toBe(PERMISSION_DENIED);
    expect(await sqlStateOf(database.app`select renew_leases('w', '{}', '{}', '{}', 1000)`)).toBe(PERMISSION_DENIED);
  });

  test("a key's digest leads to its tenant; no key, a revoked one and a closed tenant lead nowhere", async () => {
    const resolve = async (sha256: string) => {
      const rows = await database.app<{ tenant_id: string }[]>`select tenant_id from resolve_api_key(${sha256})`;
      return rows.map(({ tenant_id }) => tenant_id);
    };
    const closed = await addTenant(database, "test_closed");
    await inTenant(database, closed, (sql) => fillEveryTable(sql, closed));
    const open = await resolve(`sha256-${closed}`);
    await inTenant(database, closed, (sql) => sql`update tenant set status = 'CLOSED'`);

    expect(open).toEqual([closed]);
    expect(await resolve(`sha256-${closed}`)).toEqual([]);
    expect(await resolve(`sha256-${A}`)).toEqual([A]);
    expect(await resolve("sha256-nobody")).toEqual([]);
    await inTenant(database, A, (sql) => sql`update api_key set revoked_at = clock()`);
    expect(await resolve(`sha256-${A}`)).toEqual([]);
  });
});

describe("P1-T-RK06b text that would be SQL", () => {
  const HOSTILE = "'; SELECT * FROM orders--";

  test("is an id like another: it finds nothing and does nothing", async () => {
    const found = await inTenant(database, A, (sql) => entitiesById(sql, [HOSTILE, `${B}_order-1`]));

    expect([...found]).toEqual([]);
    expect(await tenantsIn(database.owner, "entity")).toContain(B);
  });

  test("is stored and read back as it was written", async () => {
    const entry = {
      inbox_id: HOSTILE,
      kind: "signal",
      actor: HOSTILE,
      at: realHost.clock.now(),
      payload: { text: HOSTILE },
    } as const;

    const told = await inTenant(database, A, (sql) => tellRun(sql, "r", entry));
    const inbox = await inTenant(database, A, (sql) => waitingInboxes(sql, ["r"]));

    expect(told).toBe(true);
    expect(inbox.find(({ inbox_id }) => inbox_id === HOSTILE)).toMatchObject({
      actor: HOSTILE,
      payload: JSON.stringify({ text: HOSTILE }),
    });
  });

  test("is no way into a tenant's context", async () => {
    const asTenant = await inTenant(database, `${A}' or '1'='1`, (sql) => tenantsIn(sql, "run"));

    expect(asTenant).toEqual([]);
  });
});
