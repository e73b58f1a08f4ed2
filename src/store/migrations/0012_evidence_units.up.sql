-- What: what the ledger brings as evidence, one narrow row for each run that ended and each receipt. Why: gates count over millions of
--       them, and a run's own row is wide and full of what no gate asks; every column here is typed, so that counting is one pass.
--       Triggers write it in the transaction that ends the run or tells of the receipt; what it holds can be made again from both
--       at any time. Back: 0012_evidence_units.down.sql drops it; nothing is lost.

create table evidence_unit (
  -- Columns that conditions ask most come first: a row is read up to the last that is asked.
  at timestamptz not null,
  tenant_id text not null,
  kind text not null check (kind in ('run', 'receipt')),
  outcome text,
  channel text,
  status text,
  code text,
  ms bigint,
  cost_micros bigint,
  workflow text,
  pack text,
  tool text,
  run text,
  pack_digest text,
  id text not null,
  primary key (tenant_id, kind, id),
  check (kind = 'receipt' or (outcome is not null and channel is not null and ms is not null and cost_micros is not null
    and workflow is not null and pack is not null and pack_digest is not null)),
  check (kind = 'run' or (status is not null and tool is not null and run is not null))
);
create index evidence_unit_at on evidence_unit (tenant_id, kind, at);
alter table evidence_unit enable row level security;
alter table evidence_unit force row level security;
create policy own_tenant on evidence_unit to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert, update, delete on evidence_unit to countermark_app;

-- It reads a setting and nothing else; without this, no statement that asks for the tenant is worked on by several processes.
alter function require_tenant_context() parallel safe;

/*
 * The one place that says what a unit is. Instants are cut to milliseconds, as they are read everywhere.
 */
create view evidence_source with (security_invoker = true) as
  select date_trunc('milliseconds', ended_at) as at, tenant_id, 'run' as kind, outcome, channel, null::text as status, code,
         ((extract(epoch from date_trunc('milliseconds', ended_at)) - extract(epoch from date_trunc('milliseconds', started_at))) * 1000)::bigint
           as ms,
         cost_micros, workflow_id as workflow, pack_id as pack, null::text as tool, null::text as run, pack_digest, run_id as id
    from run
   where ended_at is not null
  union all
  select date_trunc('milliseconds', created_at), tenant_id, 'receipt', null, null, status, null, null, null, null, null, tool_name,
         execution_id, null, receipt_id
    from receipt_current;
grant select on evidence_source to countermark_app;

/* A run ends once; only one that is blocked after its end has ended no more, and ends again. */
create function project_run() returns trigger language plpgsql as $$
begin
  delete from evidence_unit where tenant_id = new.tenant_id and kind = 'run' and id = new.run_id and new.ended_at is null;
  insert into evidence_unit
    select * from evidence_source where tenant_id = new.tenant_id and kind = 'run' and id = new.run_id
    on conflict (tenant_id, kind, id) do update
      set at = excluded.at, outcome = excluded.outcome, code = excluded.code, ms = excluded.ms, cost_micros = excluded.cost_micros,
          pack_digest = excluded.pack_digest;
  return null;
end
$$;
create trigger run_evidence after update of ended_at on run
  for each row when (new.ended_at is distinct from old.ended_at) execute function project_run();
create trigger run_evidence_inserted after insert on run
  for each row when (new.ended_at is not null) execute function project_run();

/*
 * Of what was said of an effect, the strongest counts, in whichever order it came. For all rows of a statement at once, by a list
 * of ids: joined to the rows that are told, the view was made whole for each statement.
 */
create function project_receipts() returns trigger language plpgsql as $$
declare
  named record;
begin
  for named in select tenant_id, array_agg(distinct receipt_id) as ids from told group by tenant_id loop
    insert into evidence_unit
      select * from evidence_source where tenant_id = named.tenant_id and kind = 'receipt' and id = any(named.ids)
      on conflict (tenant_id, kind, id) do update set status = excluded.status
       where array_position('{claimed,unknown,confirmed,contradicted}'::text[], excluded.status)
           > array_position('{claimed,unknown,confirmed,contradicted}'::text[], evidence_unit.status);
  end loop;
  return null;
end
$$;
create trigger receipt_evidence after insert on receipt_event
  referencing new table as told
  for each statement execute function project_receipts();
