-- What: each change of a breaker's state, kept for a month; ways to find takeovers and refused calls by when they were. Why: a breaker's
--       row says where it stands and not how it came there, and people look at a time, not at a run.
--       Back: 0017_operations.down.sql drops them; what breakers, takeovers and events say is as it was.

create table breaker_change (
  tenant_id text not null,
  breaker_id text not null,
  -- Of the breaker, as the change left it.
  revision bigint not null,
  state text not null check (state in ('CLOSED', 'OPEN', 'HALF_OPEN')),
  at timestamptz not null,
  primary key (tenant_id, breaker_id, revision),
  foreign key (tenant_id, breaker_id) references breaker on delete restrict
);
alter table breaker_change enable row level security;
alter table breaker_change force row level security;
create policy own_tenant on breaker_change to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert, delete on breaker_change to countermark_app;

/* A breaker that flaps changes twice a minute: what is older than a month goes. */
create function note_breaker_change() returns trigger language plpgsql as $$
begin
  delete from breaker_change
   where tenant_id = new.tenant_id and breaker_id = new.breaker_id and at < clock() - interval '30 days';
  insert into breaker_change (tenant_id, breaker_id, revision, state, at)
    values (new.tenant_id, new.breaker_id, new.revision, new.state, clock());
  return null;
end
$$;
create trigger breaker_begun after insert on breaker for each row when (new.state <> 'CLOSED') execute function note_breaker_change();
create trigger breaker_changed after update on breaker for each row when (old.state <> new.state) execute function note_breaker_change();

create index takeover_detected on takeover (tenant_id, detected_at desc, run_id, epoch);
create index event_refused on event (tenant_id, at) where type = 'call.refused';
