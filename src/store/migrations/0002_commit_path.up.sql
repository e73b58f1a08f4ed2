-- What: the functions through which workers claim, commit and renew. Why: one call flushes the steps of many runs and
--       tenants; each is fenced by its run's epoch and version, and a refused one never fails its neighbours.
-- Back: 0002_commit_path.down.sql drops the functions; no data is touched.

/* Starts a run: run row, first event and due time, once per start key. False: that trigger has started a run before. */
create function begin_run(x jsonb) returns boolean
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
begin
  insert into run (tenant_id, run_id, stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id, channel,
      start_key, status, head_seq, head_hash, started_at, updated_at)
    values (tenant, x->>'run_id', (x->>'stream_day')::date, x->>'workflow_id', x->>'pack_id', x->>'pack_digest',
      x->>'correlation_id', x->>'principal_id', x->>'channel', x->>'start_key', 'PENDING', 1, x->'event'->>'hash',
      (x->>'started_at')::timestamptz, (x->>'started_at')::timestamptz)
    on conflict do nothing;
  if not found then
    return false;
  end if;
  insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, causation, actor,
      channel, epoch, step, severity, dedup_key, payload_sha256, prev_hash, hash, payload)
    select tenant, (x->>'stream_day')::date, e.stream, e.seq, e.event_id, e.type, e.at, e.recorded_at, e.correlation, e.causation,
           e.actor, e.channel, e.epoch, e.step, e.severity, e.dedup_key, e.payload_sha256, e.prev_hash, e.hash, e.payload
      from jsonb_to_record(x->'event') as e(stream text, seq bigint, event_id text, type text, at timestamptz,
           recorded_at timestamptz, correlation text, causation text, actor text, channel text, epoch bigint, step text,
           severity text, dedup_key text, payload_sha256 text, prev_hash text, hash text, payload text);
  insert into due (tenant_id, kind, id, due_at) values (tenant, 'run', x->>'run_id', clock());
  return true;
end
$$;

/* Tells a run something; a run that nobody holds becomes due now. False: this entry is there already. */
create function tell_run(p_run text, p_inbox text, p_kind text, p_payload text, p_actor text, p_at timestamptz) returns boolean
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
begin
  insert into inbox (tenant_id, run_id, inbox_id, kind, payload, actor, at)
    values (tenant, p_run, p_inbox, p_kind, p_payload, p_actor, p_at)
    on conflict do nothing;
  if not found then
    return false;
  end if;
  update due
     set signals = signals + 1,
         due_at = case when worker_id is null then least(coalesce(due_at, clock()), clock()) else due_at end
   where tenant_id = tenant and kind = 'run' and id = p_run;
  return true;
end
$$;

/* Writes one request for approval and its preview. False: another one for the same call is pending, and only one may be. */
create function request_approval(p_run text, x jsonb) returns boolean
  language plpgsql as $$
begin
  insert into artifact (tenant_id, digest, media_type, size_bytes, kept_in, content, created_at)
    values (require_tenant_context(), x->>'preview_sha256', 'application/vnd.countermark.preview+json',
      octet_length(x->>'preview'), 'row', convert_to(x->>'preview', 'UTF8'), clock())
    on conflict do nothing;
  insert into approval (tenant_id, approval_id, run_id, step_id, attempt, correlation_id, tool_name, tool_version, internal_key,
      params_fingerprint, preview_sha256, rule_id, reason, requested_by, status, escalation_level, required_approvers,
      authorized_approvers, token_sha256, base, created_at, timeout_at)
    select require_tenant_context(), a.approval_id, p_run, a.step_id, a.attempt, a.correlation_id, a.tool_name, a.tool_version,
           a.internal_key, a.params_fingerprint, a.preview_sha256, a.rule_id, a.reason, a.requested_by, 'PENDING',
           a.escalation_level, a.required_approvers, a.authorized_approvers, a.token_sha256, a.base, a.created_at, a.timeout_at
      from jsonb_to_record(x) as a(approval_id text, step_id text, attempt int, correlation_id text, tool_name text,
           tool_version text, internal_key text, params_fingerprint text, preview_sha256 text, rule_id text,
           reason text, requested_by text, escalation_level int, required_approvers int, authorized_approvers text[],
           token_sha256 text, base text, created_at timestamptz, timeout_at timestamptz)
    on conflict do nothing;
  return found;
end
$$;

/*
 * Reserves keys under which no call was made yet, for the intents of as many runs. Returns those that lost, and by which claim:
 * control (a guard's facts changed), or reservation (somebody has the key).
 */
create function claim_keys(p_runs text[], p_epochs bigint[], p_intents jsonb[]) returns table (run text, lost text)
  language plpgsql as $$
#variable_conflict use_column
begin
  return query with asked as (
    select i.run, i.epoch, r.*, coalesce((i.intent->>'control_revision')::bigint = t.control_revision, true) as is_current
      from unnest(p_runs, p_epochs, p_intents) as i(run, epoch, intent)
      join tenant t on t.tenant_id = require_tenant_context()
     cross join lateral jsonb_to_record(i.intent->'reservation')
           as r(internal_key text, generation int, params_sha256 text, external_key text, step_id text)
  ), taken as (
    insert into idempotency (tenant_id, internal_key, generation, status, params_sha256, external_key, run_id, step_id, epoch,
        first_seen_at, heartbeat_at, ttl_expires_at)
      select require_tenant_context(), internal_key, generation, 'IN_PROGRESS', params_sha256, external_key, run, step_id, epoch,
             clock(), clock(), clock() + interval '25 hours'
        from asked
       where is_current
       order by internal_key, generation
      on conflict do nothing
      returning run_id
  )
  select run, case when is_current then 'reservation' else 'control' end
    from asked
   where run not in (select run_id from taken);
end
$$;

/* Whether an intent claims a key that nobody took before, and nothing else but that the guards' facts hold. */
create function claims_key_alone(intent jsonb) returns boolean
  language sql immutable as $$
  select intent->'reservation'->>'takes' = 'new' and intent - '{control_revision,reservation}'::text[] = '{}'
$$;

/*
 * Makes an intent's conditional claims, all or none. Null: they hold. Otherwise the name of the claim that was lost:
 * control (a guard's facts changed), request, rate, reservation, approval, base, probe.
 */
create function make_claims(p_run text, p_epoch bigint, x jsonb) returns text
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
  r jsonb := x->'reservation';
  now_ms bigint := (extract(epoch from clock()) * 1000)::bigint;
begin
  if (x->>'control_revision') is not null then
    perform 1 from tenant t where t.tenant_id = tenant and t.control_revision = (x->>'control_revision')::bigint;
    if not found then raise exception 'control' using errcode = 'CM002'; end if;
  end if;

  if x->'request' is not null and not request_approval(p_run, x->'request') then
    raise exception 'request' using errcode = 'CM002';
  end if;

  if x->'rate' is not null then
    insert into rate_window (tenant_id, tool_name, hits) values (tenant, x->'rate'->>'tool', array[now_ms])
      on conflict (tenant_id, tool_name) do update
        set hits = (select coalesce(array_agg(h order by h), '{}') from unnest(rate_window.hits) h where h > now_ms - 60000) || now_ms
      where (select count(*) from unnest(rate_window.hits) h where h > now_ms - 60000) < (x->'rate'->>'limit')::int;
    if not found then raise exception 'rate' using errcode = 'CM002'; end if;
  end if;

  if r is not null then
    if r->>'takes' = 'new' then
      if exists (select from claim_keys(array[p_run], array[p_epoch], array[x])) then
        raise exception 'reservation' using errcode = 'CM002';
      end if;
    elsif r->>'takes' = 'released' then
      update idempotency
         set status = 'IN_PROGRESS', run_id = p_run, step_id = r->>'step_id', epoch = p_epoch, heartbeat_at = clock(),
             -- Nothing happened before: what happens now answers for duplicates from now on.
             first_seen_at = clock(), ttl_expires_at = clock() + interval '25 hours'
       where tenant_id = tenant and internal_key = r->>'internal_key' and generation = (r->>'generation')::int
         and status = 'FAILED_NO_EFFECT';
      if not found then raise exception 'reservation' using errcode = 'CM002'; end if;
    else
      -- An open attempt is taken over only as it was read: whoever else showed a sign of life since keeps it.
      update idempotency
         set status = 'IN_PROGRESS', run_id = p_run, step_id = r->>'step_id', epoch = p_epoch, heartbeat_at = clock()
       where tenant_id = tenant and internal_key = r->>'internal_key' and generation = (r->>'generation')::int
         and status = r->>'read_status' and floor(extract(epoch from heartbeat_at) * 1000) = (r->>'read_heartbeat_ms')::numeric;
      if not found then raise exception 'reservation' using errcode = 'CM002'; end if;
    end if;
  end if;

  if x->>'approval_id' is not null then
    -- Lock the entities first: nobody may move the base between this check and the commit.
    perform 1
       from approval a, jsonb_to_recordset(a.base::jsonb) as b(entity_type text, entity_id text, version int)
       join entity e on e.tenant_id = tenant and e.entity_type = b.entity_type and e.entity_id = b.entity_id
      where a.tenant_id = tenant and a.approval_id = x->>'approval_id'
      order by e.entity_type, e.entity_id
        for share of e;
    perform 1
       from approval a, jsonb_to_recordset(a.base::jsonb) as b(entity_type text, entity_id text, version int)
       left join entity e on e.tenant_id = tenant and e.entity_type = b.entity_type and e.entity_id = b.entity_id
      where a.tenant_id = tenant and a.approval_id = x->>'approval_id' and coalesce(e.version, 0) <> b.version;
    if found then raise exception 'base' using errcode = 'CM002'; end if;
    update approval set consumed_at = clock()
     where tenant_id = tenant and approval_id = x->>'approval_id' and status = 'APPROVED' and consumed_at is null;
    if not found then raise exception 'approval' using errcode = 'CM002'; end if;
  end if;

  if x->'probe' is not null then
    update breaker set state = 'HALF_OPEN', probe_count = (x->'probe'->>'probe_count')::int,
           success_count = (x->'probe'->>'success_count')::int, revision = revision + 1,
           expires_at = (x->'probe'->>'expires_at')::timestamptz
     where tenant_id = tenant and breaker_id = x->'probe'->>'breaker_id' and revision = (x->'probe'->>'revision')::bigint;
    if not found then raise exception 'probe' using errcode = 'CM002'; end if;
  end if;
  return null;
exception
  when sqlstate 'CM002' then
    return sqlerrm;
end
$$;

/*
 * Writes what became of calls, for as many runs at once: their records, receipts, and what is said of those. One statement of a
 * kind, whatever their number: a statement for each row was half of what a flush of calls that write took.
 */
create function write_records(p_runs text[], p_epochs bigint[], p_extras jsonb[]) returns void
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
begin
  with said as (
    select i.run, i.nth, s.*
      from unnest(p_runs, p_extras) with ordinality as i(run, x, nth)
     cross join lateral jsonb_to_recordset(i.x->'settle')
           as s(internal_key text, generation int, status text, result text, receipt_id text)
  ), settled as (
    -- Of several that speak of one record, whoever knows that the effect happened, else the last.
    select distinct on (s.internal_key, s.generation) s.*
      from said s
      join idempotency k on k.tenant_id = tenant and k.internal_key = s.internal_key and k.generation = s.generation
     where k.run_id = s.run or s.status = 'COMPLETED'
     order by s.internal_key, s.generation, s.status = 'COMPLETED' desc, s.nth desc
  )
  update idempotency
     set status = s.status, result = s.result, receipt_id = s.receipt_id, heartbeat_at = clock()
    from settled s
   where idempotency.tenant_id = tenant and idempotency.internal_key = s.internal_key and idempotency.generation = s.generation
     and idempotency.status <> 'COMPLETED'
     -- Another run may have taken the key over meanwhile. A late holder can tell it that the effect happened, and no more:
     -- "nothing happened" would open the key to a third call while the second is being made.
     and (idempotency.run_id = s.run or s.status = 'COMPLETED');

  insert into receipt (tenant_id, receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id,
      correlation_id, epoch, external_key, external_provider, external_transaction_id, provider_request_id, amount_minor,
      currency, result, result_sha256, created_at, confirm_by)
    select tenant, r.receipt_id, r.tool_name, r.tool_version, r.internal_key, r.generation, i.run, r.step_id,
           r.correlation_id, i.epoch, r.external_key, r.external_provider, r.external_transaction_id, r.provider_request_id,
           r.amount_minor, r.currency, r.result, r.result_sha256, r.created_at, r.confirm_by
      from unnest(p_runs, p_epochs, p_extras) as i(run, epoch, x)
     cross join lateral jsonb_to_recordset(i.x->'receipts')
           as r(receipt_id text, tool_name text, tool_version text, internal_key text, generation int, step_id text,
             correlation_id text, external_key text, external_provider text, external_transaction_id text,
             provider_request_id text, amount_minor bigint, currency text, result text, result_sha256 text,
             created_at timestamptz, confirm_by timestamptz)
    on conflict (tenant_id, internal_key, generation) do nothing;

  insert into receipt_event (tenant_id, receipt_id, status, at, source, detail)
    select tenant, r.receipt_id, r.status, r.at, r.source, r.detail
      from unnest(p_extras) as i(x)
     cross join lateral jsonb_to_recordset(i.x->'receipt_events')
           as r(receipt_id text, status text, at timestamptz, source text, detail text)
    on conflict do nothing;
end
$$;

/*
 * Writes what one commit carries besides its run row, its events and `write_records`. Returns the entities whose version had
 * moved, or null: what was to change of them stays open in entity_change. Each statement is run only for rows that are there:
 * starting one costs more than most have to do.
 */
create function write_outcome(p_run text, p_epoch bigint, x jsonb) returns text
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
  s jsonb;
  moved boolean;
  conflicts text[] := '{}';
begin
  for s in select * from jsonb_array_elements(x->'entities') loop
    -- What builds on a change that was not made is not made either.
    moved := ((s->>'entity_type') || ' ' || (s->>'entity_id')) = any(conflicts);
    if not moved then
      insert into entity (tenant_id, entity_type, entity_id, version, state, state_sha256, updated_at)
        select tenant, s->>'entity_type', s->>'entity_id', 1, s->>'state', s->>'state_sha256', clock()
         where (s->>'version')::int = 1
        on conflict do nothing;
      if not found and (s->>'version')::int > 1 then
        update entity
           set version = version + 1, state = s->>'state', state_sha256 = s->>'state_sha256', updated_at = clock()
         where tenant_id = tenant and entity_type = s->>'entity_type' and entity_id = s->>'entity_id'
           and version = (s->>'version')::int - 1;
      end if;
      moved := not found;
      if moved then
        conflicts := conflicts || ((s->>'entity_type') || ' ' || (s->>'entity_id'));
      end if;
    end if;
    if moved then
      insert into entity_change (tenant_id, run_id, entity_type, entity_id, version, members, correlation_id, step_id, at)
        values (tenant, p_run, s->>'entity_type', s->>'entity_id', (s->>'version')::int, s->>'members', s->>'correlation_id',
          s->>'step_id', clock());
    else
      insert into entity_version (tenant_id, entity_type, entity_id, version, state_patch, state_sha256, correlation_id, run_id, step_id, at)
        values (tenant, s->>'entity_type', s->>'entity_id', (s->>'version')::int, s->>'patch', s->>'state_sha256',
          s->>'correlation_id', p_run, s->>'step_id', clock());
    end if;
  end loop;

  if x ? 'approvals' then
    perform request_approval(p_run, a) from jsonb_array_elements(x->'approvals') as a;
  end if;
  -- Terminal states never change: only a pending approval closes or escalates, only an approved unconsumed one is voided.
  if x ? 'close_approvals' then
    update approval a
       set status = c.status, decided_at = clock(), void_reason = c.void_reason
      from jsonb_to_recordset(x->'close_approvals') as c(approval_id text, status text, void_reason text)
     where a.tenant_id = tenant and a.approval_id = c.approval_id
       and (a.status = 'PENDING' or (a.status = 'APPROVED' and a.consumed_at is null and c.status = 'VOIDED'));
  end if;
  if x ? 'escalate_approvals' then
    update approval a
       set escalation_level = c.escalation_level, authorized_approvers = c.authorized_approvers, timeout_at = c.timeout_at,
           token_sha256 = c.token_sha256
      from jsonb_to_recordset(x->'escalate_approvals') as c(approval_id text, escalation_level int, authorized_approvers text[],
           timeout_at timestamptz, token_sha256 text)
     where a.tenant_id = tenant and a.approval_id = c.approval_id and a.status = 'PENDING';
  end if;

  if x ? 'folded' then
    update inbox set folded = true
     where tenant_id = tenant and run_id = p_run
       and inbox_id in (select jsonb_array_elements_text(x->'folded'));
  end if;

  for s in select * from jsonb_array_elements(x->'breakers') loop
    insert into breaker (tenant_id, breaker_id, state, failure_times, success_count, probe_count, opened_at, expires_at, revision)
      select tenant, b.breaker_id, b.state, b.failure_times, b.success_count, b.probe_count, b.opened_at, b.expires_at, 1
        from jsonb_to_record(s) as b(breaker_id text, state text, failure_times bigint[], success_count int, probe_count int,
             opened_at timestamptz, expires_at timestamptz)
      on conflict (tenant_id, breaker_id) do update
        set state = excluded.state, failure_times = excluded.failure_times, success_count = excluded.success_count,
            probe_count = excluded.probe_count, opened_at = excluded.opened_at, expires_at = excluded.expires_at,
            revision = breaker.revision + 1
      -- A result from before a state change is ignored.
      where breaker.revision = (s->>'revision')::bigint;
  end loop;

  if x ? 'start_runs' then
    perform begin_run(c) from jsonb_array_elements(x->'start_runs') as c;
  end if;
  return case when conflicts = '{}' then null else array_to_string(conflicts, ', ') end;
end
$$;

/*
 * Writes what commits carry besides run rows and events, and makes their claims. Tells of each commit, by its run, the claim
 * that was lost and the entities whose version had moved; null where there is nothing to tell. Most calls that write bring a
 * record with a receipt and claim one key for the next: these are written for all commits at once.
 */
create function write_extras(p_runs text[], p_epochs bigint[], p_extras jsonb[]) returns jsonb
  language plpgsql as $$
declare
  told jsonb;
  conflict text;
  claim text;
  keys_runs text[];
  keys_epochs bigint[];
  keys_intents jsonb[];
  lost record;
begin
  perform write_records(p_runs, p_epochs, p_extras);
  for k in 1 .. cardinality(p_runs) loop
    conflict := null;
    claim := null;
    if p_extras[k] - '{settle,receipts,receipt_events,intent}'::text[] <> '{}' then
      conflict := write_outcome(p_runs[k], p_epochs[k], p_extras[k]);
    end if;
    if claims_key_alone(p_extras[k]->'intent') then
      keys_runs := keys_runs || p_runs[k];
      keys_epochs := keys_epochs || p_epochs[k];
      keys_intents := keys_intents || (p_extras[k]->'intent');
    elsif p_extras[k] ? 'intent' then
      claim := make_claims(p_runs[k], p_epochs[k], p_extras[k]->'intent');
    end if;
    if conflict is not null or claim is not null then
      told := coalesce(told, '{}') || jsonb_build_object(p_runs[k], jsonb_build_object('claim', claim, 'conflict', conflict));
    end if;
  end loop;
  for lost in select * from claim_keys(keys_runs, keys_epochs, keys_intents) loop
    told := coalesce(told, '{}')
      || jsonb_build_object(lost.run, jsonb_build_object('claim', lost.lost, 'conflict', told->lost.run->'conflict'));
  end loop;
  return told;
end
$$;

/*
 * Commits the steps of many runs at once, tenant by tenant. One row comes back for each tenant: how many commits were held,
 * the runs of the others, which were fenced off and wrote nothing, and what is to be told of a commit that was held: the
 * claim of the intent that rode along and was lost, the entities whose version had moved.
 *
 * `p_commits` and `p_more` are lines that end in U+001E, of fields that end in U+001F; an empty field is null. Neither occurs
 * in JSON text. A commit's line carries its last event, the one that becomes the stream's head; `p_more` has those before it.
 * Split so, a line costs half of what one array for each column does, and its writer a third.
 */
create function commit_flush(p_tenants text[], p_commit_ends int[], p_more_ends int[], p_commits text, p_more text)
  returns table (tenant_id text, control_revision bigint, held int, fenced text[], told jsonb)
  language plpgsql as $$
#variable_conflict use_column
declare
  commits text[] := string_to_array(p_commits, E'\x1e');
  more text[] := string_to_array(p_more, E'\x1e');
  tenant text;
  kept text[];
  x_run text[];
  x_epoch bigint[];
  x_rest jsonb[];
  x_extras jsonb[];
  lo int := 1;
  hi int;
  mlo int := 1;
  mhi int;
begin
  for part in 1 .. cardinality(p_tenants) loop
    tenant := p_tenants[part];
    hi := p_commit_ends[part];
    mhi := p_more_ends[part];
    perform set_config('app.current_tenant_id', tenant, true);
    with i as (
      select f[1] as run, f[2]::bigint as epoch, f[3]::bigint as version, f[4] as status, f[5]::bigint as cost,
             f[6]::bigint as seq, f[7] as id, f[8] as type, f[9]::timestamptz as at, f[10]::timestamptz as recorded,
             f[11] as actor, f[12] as step, f[13] as severity, f[14] as payload_sha256, f[15] as prev, f[16] as hash,
             f[17] as payload, rest
        -- Parsed once: named where it is asked, it was parsed again for each of its members, a fifth of a commit that writes.
        from (select f, f[18]::jsonb as rest
                from (select string_to_array(line, E'\x1f', '') as f
                        from unnest(commits[lo:hi]) as line
                       -- Always true, and taken for one row: so the plan goes from the lines to the key of `run`, also when it
                       -- was made while `run` was empty. The other way round it scanned every run of the tenant for each commit.
                       where octet_length(line) * 0 = 0
                      offset 0) as split
              offset 0) as parsed
    ), u as (
      update run
         set version = run.version + 1, status = i.status, outcome = i.rest->>'outcome', code = i.rest->>'code',
             head_seq = coalesce(i.seq, run.head_seq), head_hash = coalesce(i.hash, run.head_hash),
             snapshot = coalesce(i.rest->>'snapshot', run.snapshot),
             snapshot_seq = case when i.rest->>'snapshot' is null then run.snapshot_seq else coalesce(i.seq, run.head_seq) end,
             document_sha256 = coalesce(i.rest->>'document_sha256', run.document_sha256),
             cost_micros = run.cost_micros + i.cost, updated_at = clock(),
             ended_at = case when i.rest->>'outcome' is null then null else clock() end
        from i
       where run.tenant_id = tenant and run.run_id = i.run and run.version = i.version and run.epoch = i.epoch
      returning i.*, run.stream_day, run.correlation_id, run.channel
    ), e as (
      insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, actor, channel,
          epoch, step, severity, payload_sha256, prev_hash, hash, payload)
        select tenant, u.stream_day, u.run, u.seq, u.id, u.type, u.at, u.recorded, u.correlation_id, u.actor, u.channel,
               u.epoch, u.step, u.severity, u.payload_sha256, u.prev, u.hash, u.payload
          from u
         where u.seq is not null
    )
    select coalesce(array_agg(u.run), '{}'), array_agg(u.run) filter (where u.rest is not null),
           array_agg(u.epoch) filter (where u.rest is not null), array_agg(u.rest) filter (where u.rest is not null)
      into kept, x_run, x_epoch, x_rest
      from u;

    if mhi >= mlo then
      insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, actor, channel,
          epoch, step, severity, payload_sha256, prev_hash, hash, payload)
        select tenant, run.stream_day, run.run_id, f[2]::bigint, f[3], f[4], f[5]::timestamptz, f[6]::timestamptz,
               run.correlation_id, f[7], run.channel, run.epoch, f[8], f[9], f[10], f[11], f[12], f[13]
          from (select string_to_array(line, E'\x1f', '') as f
                  from unnest(more[mlo:mhi]) as line
                 where octet_length(line) * 0 = 0
                offset 0) as split
          join run on run.tenant_id = tenant and run.run_id = f[1]
         where run.run_id = any(kept);
    end if;

    tenant_id := tenant;
    held := cardinality(kept);
    fenced := case when held <= hi - lo then
      (select array_agg(split_part(line, E'\x1f', 1)) from unnest(commits[lo:hi]) as line
        where split_part(line, E'\x1f', 1) <> all(kept)) end;
    told := null;

    if x_run is not null then
      update due
         set worker_id = null, claims = 0,
             due_at = clock() + make_interval(secs =>
               case when due.signals > (i.rest->>'folded')::int then 0 else (i.rest->>'due_in_ms')::bigint / 1000.0 end)
        from unnest(x_run, x_rest) as i(run, rest)
       where due.tenant_id = tenant and due.kind = 'run' and due.id = i.run and i.rest ? 'folded';

      select array_agg(i.rest->'extras' order by i.nth) into x_extras from unnest(x_rest) with ordinality as i(rest, nth);
      if num_nulls(variadic x_extras) < cardinality(x_extras) then
        told := write_extras(x_run, x_epoch, x_extras);
      end if;
    end if;

    select t.control_revision into control_revision from tenant t where t.tenant_id = tenant;
    return next;
    lo := hi + 1;
    mlo := mhi + 1;
  end loop;
end
$$;

/*
 * Claims what is due: raises the epoch of the lease and of the run in one transaction, so that an old holder's commit is
 * fenced from then on. Locked rows are skipped, never waited for. Only the worker role may look across tenants.
 */
create function claim_due(p_worker text, p_limit int, p_lease_ms int)
  returns table (tenant_id text, kind text, id text, epoch bigint, claims int, previous_worker text, due_since timestamptz)
  language plpgsql as $$
#variable_conflict use_column
declare
  r record;
begin
  for r in
    select d.tenant_id, d.kind, d.id, d.epoch, d.claims, d.worker_id, d.due_at
      from due d
     where d.due_at <= clock()
     order by d.due_at
     limit p_limit
       for update skip locked
  loop
    perform set_config('app.current_tenant_id', r.tenant_id, true);
    if r.kind = 'run' then
      perform 1 from run where run.tenant_id = r.tenant_id and run.run_id = r.id for no key update skip locked;
      continue when not found;
      update run set epoch = r.epoch + 1 where run.tenant_id = r.tenant_id and run.run_id = r.id;
    end if;
    update due
       set worker_id = p_worker, epoch = r.epoch + 1, claims = r.claims + 1,
           due_at = clock() + make_interval(secs => p_lease_ms / 1000.0)
     where due.tenant_id = r.tenant_id and due.kind = r.kind and due.id = r.id;
    tenant_id := r.tenant_id;
    kind := r.kind;
    id := r.id;
    epoch := r.epoch + 1;
    claims := r.claims + 1;
    previous_worker := r.worker_id;
    due_since := r.due_at;
    return next;
  end loop;
end
$$;

/* Extends leases that are still held; what does not come back was lost. */
create function renew_leases(p_worker text, p_tenants text[], p_ids text[], p_epochs bigint[], p_lease_ms int)
  returns table (tenant_id text, id text, signals int)
  language sql as $$
  update due d
     set due_at = clock() + make_interval(secs => p_lease_ms / 1000.0)
    from unnest(p_tenants, p_ids, p_epochs) as l(tenant_id, id, epoch)
   where d.tenant_id = l.tenant_id and d.kind = 'run' and d.id = l.id and d.epoch = l.epoch and d.worker_id = p_worker
  returning d.tenant_id, d.id, d.signals
$$;

revoke execute on function claim_due(text, int, int), renew_leases(text, text[], text[], bigint[], int) from public;
grant execute on function claim_due(text, int, int), renew_leases(text, text[], text[], bigint[], int) to countermark_worker;
