import { type Query, SCHEMA } from "../../store/index.ts";

/** Version as a number (`180004`) and as text, and the database's time in epoch milliseconds. */
export async function serverFacts(
  owner: Query,
): Promise<{ readonly version_number: number; readonly version: string; readonly epoch_ms: number }> {
  const rows = await owner<{ version_number: number; version: string; epoch_ms: number }[]>`
    select current_setting('server_version_num')::int as version_number, current_setting('server_version') as version,
           (extract(epoch from clock_timestamp()) * 1000)::float8 as epoch_ms`;
  const [row] = rows;
  return row ?? { version_number: 0, version: "", epoch_ms: 0 };
}

/** Whether migrations were ever applied here. It only looks, where `migrationStatus` would make its table. */
export async function hasSchema(owner: Query): Promise<boolean> {
  const rows = await owner`select 1 from pg_tables where schemaname = ${SCHEMA} and tablename = 'migration'`;
  return rows.length === 1;
}

/** Our roles that could pass by row security, or are missing. */
export const unsafeRoles = (owner: Query, roles: readonly string[]) => owner<{ role: string; problem: string }[]>`
  select wanted.role, case when r.oid is null then 'is missing' else 'passes by row security' end as problem
    from unnest(${[...roles]}::text[]) wanted(role)
    left join pg_roles r on r.rolname = wanted.role
   where r.oid is null or r.rolsuper or r.rolbypassrls
   order by wanted.role`;

/** Tables with a tenant's rows whose row security is not forced, or that have no policy. */
export const openTables = (owner: Query) => owner<{ name: string }[]>`
  select c.relname as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = ${SCHEMA} and c.relkind in ('r', 'p') and not c.relispartition
     and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
     and (not c.relrowsecurity or not c.relforcerowsecurity
          or not exists (select 1 from pg_policy p where p.polrelid = c.oid))
   order by c.relname
   limit 100`;
