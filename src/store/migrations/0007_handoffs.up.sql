-- What: handoff packages, the leases by token that somebody looks after, the code of a lease's illegal move. Why: what one holder of
--       a run leaves to the next is kept from when it was made, so that a successor applies it in the transaction in which it takes
--       the run over. Back: 0007_handoffs.down.sql drops the packages; what was applied of them stays in the events.

-- A package as it was made, and how far its maker knew the run. The newest that was made since the last takeover is applied.
create table handoff (
  tenant_id text not null,
  run_id text not null,
  -- Ordered by time.
  handoff_id text not null,
  made_for text not null check (made_for in ('rotation', 'takeover', 'demand')),
  made_by text not null,
  event_seq bigint not null,
  epoch bigint not null,
  -- The package as JSON text.
  document text not null,
  created_at timestamptz not null,
  primary key (tenant_id, run_id, handoff_id),
  foreign key (tenant_id, run_id) references run on delete restrict
);
alter table handoff enable row level security;
alter table handoff force row level security;
create policy own_tenant on handoff to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert on handoff to countermark_app;

-- Runs that are held by token, of every tenant, for who looks after their signs of life.
create index due_by_token on due (tenant_id, id) where starts_with(worker_id, 'lease:');

create or replace function keep_lease_closed() returns trigger
  language plpgsql as $$
begin
  raise exception 'a lease that is % stays so', old.status using errcode = 'CM003';
end
$$;
