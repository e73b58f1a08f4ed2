-- What: takeovers and the effects that were in flight at each, leases that somebody registered, workers. Why: whoever takes a
--       run over leaves proof of what it found, from the transaction in which it took it. A run that nobody loses touches none
--       of these tables.
-- Back: 0003_continuity.down.sql drops them; events that were recorded stay.

-- A lease of somebody who is no worker loop: held by token, for a policy under which a lost lease blocks. One row an owner.
create table lease (
  tenant_id text not null,
  run_id text not null,
  epoch bigint not null check (epoch > 0),
  lane text not null check (lane <> ''),
  step_id text not null check (step_id <> ''),
  thread_id text not null check (thread_id <> ''),
  host_id text not null,
  pid integer not null check (pid >= 1),
  -- The token is shown once and stored nowhere.
  token_sha256 text not null,
  predecessor_token_fp text,
  ttl_seconds integer not null check (ttl_seconds >= 1),
  status text not null check (status in ('ACTIVE', 'RELEASED', 'EXPIRED', 'TAKEN_OVER')),
  expiry timestamptz not null check (isfinite(expiry)),
  last_heartbeat_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, run_id, epoch),
  foreign key (tenant_id, run_id) references run on delete restrict
);
create unique index lease_step on lease (tenant_id, run_id, step_id) where status = 'ACTIVE';
create unique index lease_controller on lease (tenant_id, run_id) where status = 'ACTIVE' and lane = 'controller';

create function keep_lease_closed() returns trigger
  language plpgsql as $$
begin
  raise exception 'a lease that is % stays so', old.status using errcode = 'check_violation';
end
$$;
create trigger lease_closed before update on lease for each row when (old.status <> 'ACTIVE') execute function keep_lease_closed();

-- A run that changed hands while somebody still held it. Written by the statement that raised the epoch.
create table takeover (
  tenant_id text not null,
  run_id text not null,
  -- The successor's.
  epoch bigint not null,
  -- Null where the run was taken from its holder and left to whichever worker is next.
  holder text,
  previous_epoch bigint not null check (previous_epoch < epoch),
  previous_holder text not null,
  -- When the lease had run out; when it was taken, for one that had not.
  stale_since timestamptz not null,
  detected_at timestamptz not null check (detected_at >= stale_since),
  -- The event that reports it, once its successor has written that.
  seq bigint,
  primary key (tenant_id, run_id, epoch),
  foreign key (tenant_id, run_id) references run on delete restrict
);

-- The effects whose outcome nobody had recorded then, as they stood then. What became of them: takeover_effect_outcome.
create table takeover_effect (
  tenant_id text not null,
  run_id text not null,
  epoch bigint not null,
  internal_key text not null,
  generation integer not null,
  step_id text not null,
  status text not null check (status in ('IN_PROGRESS', 'UNKNOWN')),
  effect_epoch bigint not null,
  primary key (tenant_id, run_id, epoch, internal_key, generation),
  foreign key (tenant_id, run_id, epoch) references takeover on delete restrict
);

create function note_takeover() returns trigger
  language plpgsql as $$
declare
  seen timestamptz := date_trunc('milliseconds', clock());
begin
  insert into takeover (tenant_id, run_id, epoch, holder, previous_epoch, previous_holder, stale_since, detected_at)
    values (new.tenant_id, new.id, new.epoch, new.worker_id, old.epoch, old.worker_id,
      least(date_trunc('milliseconds', old.due_at), seen), seen);
  insert into takeover_effect (tenant_id, run_id, epoch, internal_key, generation, step_id, status, effect_epoch)
    select i.tenant_id, i.run_id, new.epoch, i.internal_key, i.generation, i.step_id, i.status, i.epoch
      from idempotency i
     where i.tenant_id = new.tenant_id and i.run_id = new.id and i.status in ('IN_PROGRESS', 'UNKNOWN');
  return null;
end
$$;
-- Fires for claims only, since nothing else sets the epoch, and of those only for a run that somebody held.
create trigger due_taken_over after update of epoch on due for each row
  when (old.kind = 'run' and old.worker_id is not null and new.epoch > old.epoch)
  execute function note_takeover();

-- Workers are the installation's, so their rows are those of the tenant that administers it, which a database may not have.
create table worker (
  tenant_id text not null,
  worker_id text not null,
  host_id text not null,
  pid integer not null check (pid >= 1),
  started_at timestamptz not null,
  beat_at timestamptz not null,
  -- Asked to take no more runs and to give back those it holds.
  drain_asked_at timestamptz,
  stopped_at timestamptz,
  primary key (tenant_id, worker_id)
);

-- One dedup key, one event of a stream. Most events have none, and are not in it.
create unique index event_dedup on event (tenant_id, stream_day, stream, dedup_key) where dedup_key is not null;

do $$
declare
  t text;
begin
  foreach t in array array['lease', 'takeover', 'takeover_effect', 'worker'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy own_tenant on %I to countermark_app using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))'
      ' with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))', t);
  end loop;
end
$$;
grant select, insert on lease, takeover, takeover_effect, worker to countermark_app;
grant update on lease, worker to countermark_app;
grant update (seq) on takeover to countermark_app;
grant delete on worker to countermark_app;

-- What became of each effect that was in flight at a takeover, as of now.
create view takeover_effect_outcome with (security_invoker = true) as
  select e.tenant_id, e.run_id, e.epoch, e.internal_key, e.generation, e.step_id, e.status as status_then, e.effect_epoch,
         case i.status when 'COMPLETED' then 'applied' when 'FAILED_NO_EFFECT' then 'not_applied'
                       when 'UNKNOWN' then 'unknown' else 'open' end as became,
         r.receipt_id, r.status as receipt_status, i.epoch as present_epoch
    from takeover_effect e
    join idempotency i on i.tenant_id = e.tenant_id and i.internal_key = e.internal_key and i.generation = e.generation
    left join receipt_current r on r.tenant_id = e.tenant_id and r.internal_key = e.internal_key and r.generation = e.generation;
grant select on takeover_effect_outcome to countermark_app;

/*
 * Where a run shows that one thing was done under two epochs, or by a holder that had lost it. No row is the proof that there
 * is no such thing:
 *   effect       one key of an effect has receipts of several epochs
 *   transaction  one transaction at a provider, made by one tool, has receipts of several epochs
 *   outcome      one step was recorded as done, or as undone, under several epochs
 *   stale_write  an event has an older epoch than one before it in the stream
 */
create function epoch_violations(p_run text)
  returns table (kind text, subject text, epochs bigint[])
  language sql stable as $$
  select 'effect', r.internal_key || ' ' || r.generation, array_agg(distinct r.epoch order by r.epoch)
    from receipt r
   where r.tenant_id = require_tenant_context() and r.execution_id = p_run
   group by r.internal_key, r.generation having count(distinct r.epoch) > 1
  union all
  select 'transaction', r.tool_name || ' ' || r.external_provider || ' ' || r.external_transaction_id,
         array_agg(distinct r.epoch order by r.epoch)
    from receipt r
   where r.tenant_id = require_tenant_context() and r.execution_id = p_run and r.external_transaction_id is not null
   group by r.tool_name, r.external_provider, r.external_transaction_id having count(distinct r.epoch) > 1
  union all
  select 'outcome', e.type || ' ' || e.step, array_agg(distinct e.epoch order by e.epoch)
    from event e
   where e.tenant_id = require_tenant_context() and e.stream = p_run
     and e.type in ('step.succeeded', 'compensation.succeeded')
   group by e.type, e.step having count(distinct e.epoch) > 1
  union all
  select 'stale_write', 'event ' || s.seq, array[s.newest, s.epoch]
    from (select e.seq, e.epoch, max(e.epoch) over (order by e.seq) as newest
            from event e
           where e.tenant_id = require_tenant_context() and e.stream = p_run) s
   where s.epoch < s.newest
$$;
