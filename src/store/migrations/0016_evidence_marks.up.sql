-- What: a number for each unit of evidence, made of its kind and id alone. Why: a decision that counts units where they are cites the sum
--       of their numbers, by which the ledger that it was counted over is known again; and a sum over a narrow column at the front of the
--       row is part of the same pass. The table is made anew, since a column cannot be added to its front.
--       Back: 0016_evidence_marks.down.sql takes the number away; nothing else is lost.

/*
 * The first eight bytes of SHA-256 over kind and id, as a whole number with its sign: the same on every version. Called stable, as
 * `convert_to` is: a function that promises more than its parts is not written into the statement that asks it, and is run on its own.
 */
create function evidence_mark(kind text, id text) returns bigint language sql stable parallel safe as $$
  select ('x' || encode(substr(sha256(convert_to(kind || ' ' || id, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$$;

drop view evidence_source;
alter table evidence_unit rename to evidence_unit_before;
alter table evidence_unit_before no force row level security;
alter table evidence_unit_before rename constraint evidence_unit_pkey to evidence_unit_before_pkey;
alter index evidence_unit_at rename to evidence_unit_before_at;

create table evidence_unit (
  -- Columns that conditions ask most come first: a row is read up to the last that is asked.
  at timestamptz not null,
  mark bigint not null,
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
insert into evidence_unit
  select at, evidence_mark(kind, id), tenant_id, kind, outcome, channel, status, code, ms, cost_micros, workflow, pack, tool, run,
         pack_digest, id
    from evidence_unit_before;
drop table evidence_unit_before;
create index evidence_unit_at on evidence_unit (tenant_id, kind, at);
alter table evidence_unit enable row level security;
alter table evidence_unit force row level security;
create policy own_tenant on evidence_unit to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert, update, delete on evidence_unit to countermark_app;

/*
 * The one place that says what a unit is. Instants are cut to milliseconds, as they are read everywhere.
 */
create view evidence_source with (security_invoker = true) as
  select date_trunc('milliseconds', ended_at) as at, evidence_mark('run', run_id) as mark, tenant_id, 'run' as kind, outcome, channel,
         null::text as status, code,
         ((extract(epoch from date_trunc('milliseconds', ended_at)) - extract(epoch from date_trunc('milliseconds', started_at))) * 1000)::bigint
           as ms,
         cost_micros, workflow_id as workflow, pack_id as pack, null::text as tool, null::text as run, pack_digest, run_id as id
    from run
   where ended_at is not null
  union all
  select date_trunc('milliseconds', created_at), evidence_mark('receipt', receipt_id), tenant_id, 'receipt', null, null, status, null, null,
         null, null, null, tool_name, execution_id, null, receipt_id
    from receipt_current;
grant select on evidence_source to countermark_app;
