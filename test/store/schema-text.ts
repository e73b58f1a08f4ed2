import type { Query } from "../../src/store/index.ts";

interface Line {
  readonly object: string;
  readonly line: string;
}

/**
 * The schema as text from the catalogue, the same from every PostgreSQL of 15 or newer: each table, view and function with
 * what belongs to it. Left out is what versions differ in: not-null constraints as objects (18 lists them; the columns say
 * it already), the owner's own rights (17 added one) and the text of views.
 */
export async function schemaText(owner: Query): Promise<string> {
  const lines = [...(await relations(owner)), ...(await functions(owner)), ...(await schemaGrants(owner))];
  const objects = [...new Set(lines.map(({ object }) => object))];
  return objects.map((object) => textOf(object, lines)).join("\n");
}

const textOf = (object: string, lines: readonly Line[]): string =>
  [
    object,
    ...lines.filter((line) => line.object === object && line.line !== "").map(({ line }) => `  ${line}`),
    "",
  ].join("\n");

/** Tables and views by name: columns in order, then constraints, indexes, policies and grants by their text. */
const relations = (sql: Query) => sql<Line[]>`
  with relation as (
    select c.oid, c.relname, c.relacl, c.relowner,
           case c.relkind when 'v' then 'view ' else 'table ' end || c.relname
             || coalesce(' partitioned by ' || pg_get_partkeydef(c.oid), '')
             || coalesce(' partition of ' || (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid)
                  || ' ' || pg_get_expr(c.relpartbound, c.oid), '')
             || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '')
             || case when c.relrowsecurity then ', row security' else '' end
             || case when c.relforcerowsecurity then ' forced' else '' end as object
      from pg_class c
     where c.relnamespace = 'countermark'::regnamespace and c.relkind in ('r', 'p', 'v')
  ), line as (
    select r.oid, 0 as part, 0 as place, '' as line from relation r
     union all
    select a.attrelid, 1, a.attnum,
           a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
             || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
      from pg_attribute a
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped
     union all
    select conrelid, 2, 0, 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where contype <> 'n'
     union all
    select indrelid, 3, 0, replace(pg_get_indexdef(indexrelid), 'countermark.', '') from pg_index
     where indexrelid not in (select conindid from pg_constraint where contype in ('p', 'u', 'x'))
     union all
    select polrelid, 4, 0,
           'policy ' || polname || ' for ' || case polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end
             || ' to ' || (select string_agg(rolname, ', ' order by rolname) from pg_roles where pg_roles.oid = any(polroles))
             || coalesce(' using ' || pg_get_expr(polqual, polrelid), '') || coalesce(' with check ' || pg_get_expr(polwithcheck, polrelid), '')
      from pg_policy
     union all
    select r.oid, 5, 0, 'grant ' || string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) || ' to ' || g.grantee::regrole::text
      from relation r, aclexplode(r.relacl) g
     where g.grantee <> r.relowner
     group by r.oid, g.grantee
     union all
    select r.oid, 6, 0,
           'grant ' || lower(g.privilege_type) || ' (' || string_agg(a.attname, ', ' order by a.attname) || ') to ' || g.grantee::regrole::text
      from relation r join pg_attribute a on a.attrelid = r.oid, aclexplode(a.attacl) g
     group by r.oid, g.privilege_type, g.grantee
  )
  select r.object, l.line
    from relation r join line l using (oid)
   order by r.relname collate "C", l.part, l.place, l.line collate "C"`;

/** Functions by signature, with what decides their rights and a digest of their body. */
const functions = (sql: Query) => sql<Line[]>`
  with function as (
    select p.*, 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as object,
           (select string_agg(case g.grantee when 0 then 'public' else g.grantee::regrole::text end, ', ' order by g.grantee)
              from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g where g.grantee <> p.proowner) as callers
      from pg_proc p
     where p.pronamespace = 'countermark'::regnamespace
  )
  select f.object, u.line
    from function f
    join pg_language l on l.oid = f.prolang,
         unnest(array[
           'returns ' || pg_get_function_result(f.oid),
           'language ' || l.lanname || case f.provolatile when 'i' then ' immutable' when 's' then ' stable' else ' volatile' end
             || case when f.prosecdef then ' security definer of ' || f.proowner::regrole::text else '' end
             || coalesce(' set ' || array_to_string(f.proconfig, ', '), ''),
           'grant execute to ' || coalesce(f.callers, 'its owner'),
           'body sha256 ' || encode(sha256(convert_to(f.prosrc, 'UTF8')), 'hex')
         ]) with ordinality as u(line, place)
   order by f.object collate "C", u.place`;

const schemaGrants = (sql: Query) => sql<Line[]>`
  select 'schema ' || n.nspname as object,
         'grant ' || string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) || ' to ' || g.grantee::regrole::text as line
    from pg_namespace n, aclexplode(n.nspacl) g
   where n.nspname = 'countermark' and g.grantee <> n.nspowner
   group by n.nspname, g.grantee
   order by min(g.grantee::regrole::text collate "C")`;
