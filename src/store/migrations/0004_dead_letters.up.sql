-- What: dead letters, and the taking over of a run by a new version of its pack. Why: what ended badly is kept in the commit in
--       which it ended, whoever wrote that commit, until a person has reviewed it; and a run changes its version only together
--       with the event that proves it may. Back: 0004_dead_letters.down.sql drops the letters with their reviews.

-- The original stays where it is, in `event` or `inbound_event`, under the letter's id.
create table dead_letter (
  tenant_id text not null references tenant on delete restrict,
  dead_letter_id text not null,
  kind text not null check (kind in ('webhook', 'blocked', 'retry', 'compensation')),
  run_id text,
  step_id text,
  -- Place of the original in the run's stream.
  seq bigint,
  reason_code text not null,
  attempts integer not null,
  state text not null check (state in ('PENDING_REVIEW', 'REQUEUED', 'DISCARDED', 'RESOLVED')),
  created_at timestamptz not null,
  reviewed_at timestamptz,
  reviewed_by text,
  review_reason text,
  -- The run that goes on with it, or the event that is processed in its place.
  requeued_as text,
  primary key (tenant_id, dead_letter_id),
  check ((kind = 'webhook') = (run_id is null)),
  check ((run_id is null) = (seq is null)),
  check ((state = 'PENDING_REVIEW') = (reviewed_at is null)),
  check ((reviewed_at is null) = (reviewed_by is null) and (reviewed_at is null) = (review_reason is null)),
  check ((state = 'REQUEUED') = (requeued_as is not null))
);
create index dead_letter_state on dead_letter (tenant_id, state, dead_letter_id);
create index dead_letter_run on dead_letter (tenant_id, run_id) where state = 'PENDING_REVIEW';

alter table dead_letter enable row level security;
alter table dead_letter force row level security;
create policy own_tenant on dead_letter to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert on dead_letter to countermark_app;
grant update (state, reviewed_at, reviewed_by, review_reason, requeued_as) on dead_letter to countermark_app;

/* A reviewed letter is never reviewed again. */
create function keep_review() returns trigger language plpgsql as $$
begin
  raise exception 'a dead letter that is % cannot become %', old.state, new.state using errcode = 'CM003';
end
$$;
create trigger dead_letter_review before update on dead_letter
  for each row when (old.state <> 'PENDING_REVIEW') execute function keep_review();

/* An attempt that was the last of what could be tried again, a compensation that nobody is asked about, a run left to people. */
create function keep_run_letter() returns trigger language plpgsql as $$
declare
  p json := new.payload::json; -- not jsonb, which refuses U+0000; only members that cannot hold it are read
  letter text := case
    when new.type = 'run.blocked' then 'blocked'
    when new.type = 'compensation.failed' then
      case when p->>'final' = 'true' and p->>'action' <> 'ESCALATE' then 'compensation' end
    when p->>'exhausted' is not null then 'retry'
  end;
begin
  if letter is not null then
    insert into dead_letter (tenant_id, dead_letter_id, kind, run_id, step_id, seq, reason_code, attempts, state, created_at)
      values (new.tenant_id, new.event_id, letter, new.stream, new.step, new.seq, p->>'code',
        coalesce((p->>'attempt')::int, (p->>'claims')::int, 1), 'PENDING_REVIEW', new.recorded_at);
  end if;
  return null;
end
$$;
create trigger event_dead_letter after insert on event
  for each row when (new.type in ('step.failed', 'call.refused', 'effect.resolved', 'compensation.failed', 'run.blocked'))
  execute function keep_run_letter();

/* A stored webhook that cannot be applied; one of a type that means nothing here is none. */
create function keep_webhook_letter() returns trigger language plpgsql as $$
begin
  insert into dead_letter (tenant_id, dead_letter_id, kind, reason_code, attempts, state, created_at)
    values (new.tenant_id, new.event_id, 'webhook', coalesce(new.status_reason, 'EVENT_UNUSABLE'), 1, 'PENDING_REVIEW', clock())
    on conflict do nothing;
  return null;
end
$$;
create trigger inbound_event_dead_letter after insert or update of processing_status on inbound_event
  for each row when (new.processing_status = 'REJECTED' and new.status_reason is distinct from 'EVENT_NOT_USED')
  execute function keep_webhook_letter();

/*
 * An ended run stays ended, and one that has begun is not pending again. Only where its last outcome left an entity change that
 * the database refuses does an ended run wait for a person, blocked, and end again.
 */
create function keep_run_status() returns trigger language plpgsql as $$
begin
  raise exception 'a run that is % cannot become %', old.status, new.status using errcode = 'CM003';
end
$$;
create trigger run_status before update on run
  for each row when (old.status <> new.status and ((old.ended_at is not null and new.status <> 'BLOCKED') or new.status = 'PENDING'))
  execute function keep_run_status();

/*
 * Puts an open run that nobody holds on another version of its pack, under an epoch of its own, and records it. Null: done.
 * `held`: a worker has it now; `moved`: it is not as it was read.
 */
create function upgrade_run(p_run text, p_version bigint, p_to text, x jsonb) returns text
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
  day date;
  lease record;
begin
  select stream_day into day from run
   where run.tenant_id = tenant and run.run_id = p_run and run.version = p_version and run.ended_at is null
     and run.epoch = (x->>'epoch')::bigint - 1 and run.head_seq = (x->>'seq')::bigint - 1
     for no key update;
  if not found then
    return 'moved';
  end if;
  select worker_id, due_at into lease from due
   where due.tenant_id = tenant and due.kind = 'run' and due.id = p_run for update;
  if lease.worker_id is not null and lease.due_at > clock() then
    return 'held';
  end if;
  update run
     set pack_digest = p_to, version = version + 1, epoch = (x->>'epoch')::bigint, head_seq = (x->>'seq')::bigint,
         head_hash = x->>'hash', updated_at = clock()
   where run.tenant_id = tenant and run.run_id = p_run;
  update due set epoch = (x->>'epoch')::bigint
   where due.tenant_id = tenant and due.kind = 'run' and due.id = p_run;
  insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, causation, actor,
      channel, epoch, step, severity, dedup_key, payload_sha256, prev_hash, hash, payload)
    select tenant, day, e.stream, e.seq, e.event_id, e.type, e.at, e.recorded_at, e.correlation, e.causation, e.actor,
           e.channel, e.epoch, e.step, e.severity, e.dedup_key, e.payload_sha256, e.prev_hash, e.hash, e.payload
      from jsonb_to_record(x) as e(stream text, seq bigint, event_id text, type text, at timestamptz, recorded_at timestamptz,
           correlation text, causation text, actor text, channel text, epoch bigint, step text, severity text, dedup_key text,
           payload_sha256 text, prev_hash text, hash text, payload text);
  return null;
end
$$;
