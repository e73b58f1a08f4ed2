-- What: checkpoints of agents' graphs and the writes that wait on them, and their place in a commit. Why: a graph goes on
--       where it stopped, under another worker too, and nobody without the run's epoch can move it.
-- Back: 0005_agent_checkpoints.down.sql drops both tables; agents that wait then begin again.

create table agent_checkpoint (
  tenant_id text not null references tenant on delete restrict,
  thread_id text not null check (length(thread_id) between 1 and 500),
  checkpoint_ns text not null check (length(checkpoint_ns) <= 2000),
  checkpoint_id text not null check (length(checkpoint_id) between 1 and 200),
  parent_checkpoint_id text,
  run_id text not null,
  step_id text not null,
  graph_id text not null,
  graph_version text not null,
  source text not null check (source in ('input', 'loop', 'update', 'fork')),
  graph_step integer not null,
  -- Checkpoint and metadata, encrypted under the tenant's key together with the names above.
  content text not null,
  payload_sha256 text not null,
  -- Under which lease it was written; a commit with an older epoch writes nothing.
  epoch bigint not null,
  created_at timestamptz not null,
  primary key (tenant_id, thread_id, checkpoint_ns, checkpoint_id),
  foreign key (tenant_id, run_id) references run on delete restrict
);

create table agent_write (
  tenant_id text not null references tenant on delete restrict,
  thread_id text not null,
  checkpoint_ns text not null,
  checkpoint_id text not null,
  lg_task_id text not null check (length(lg_task_id) between 1 and 200),
  -- The position among the task's writes; below zero: error -1, scheduled -2, interrupt -3, resume -4.
  idx integer not null,
  channel text not null,
  run_id text not null,
  content text not null,
  payload_sha256 text not null,
  epoch bigint not null,
  primary key (tenant_id, thread_id, checkpoint_ns, checkpoint_id, lg_task_id, idx),
  foreign key (tenant_id, run_id) references run on delete restrict
);

do $$
declare
  t text;
begin
  foreach t in array array['agent_checkpoint', 'agent_write'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy own_tenant on %I to countermark_app using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))'
      ' with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))', t);
    execute format('grant select, insert on %I to countermark_app', t);
  end loop;
end
$$;
-- Only an error, an interrupt and a resume are ever replaced.
grant update (content, payload_sha256, epoch) on agent_write to countermark_app;

/* Writes what an agent's graph stored, and marks the decision that it was resumed with as used. */
create function write_agent_rows(p_run text, p_epoch bigint, x jsonb) returns void
  language plpgsql as $$
declare
  tenant text := require_tenant_context();
begin
  if x ? 'checkpoints' then
    insert into agent_checkpoint (tenant_id, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, run_id, step_id,
        graph_id, graph_version, source, graph_step, content, payload_sha256, epoch, created_at)
      select tenant, c.thread_id, c.checkpoint_ns, c.checkpoint_id, c.parent_checkpoint_id, p_run, c.step_id, c.graph_id,
             c.graph_version, c.source, c.graph_step, c.content, c.payload_sha256, p_epoch, clock()
        from jsonb_to_recordset(x->'checkpoints') as c(thread_id text, checkpoint_ns text, checkpoint_id text,
             parent_checkpoint_id text, step_id text, graph_id text, graph_version text, source text, graph_step int,
             content text, payload_sha256 text)
      on conflict do nothing;
  end if;
  if x ? 'writes' then
    insert into agent_write (tenant_id, thread_id, checkpoint_ns, checkpoint_id, lg_task_id, idx, channel, run_id, content,
        payload_sha256, epoch)
      select tenant, w.thread_id, w.checkpoint_ns, w.checkpoint_id, w.lg_task_id, w.idx, w.channel, p_run, w.content,
             w.payload_sha256, p_epoch
        from jsonb_to_recordset(x->'writes') as w(thread_id text, checkpoint_ns text, checkpoint_id text, lg_task_id text,
             idx int, channel text, content text, payload_sha256 text)
      on conflict (tenant_id, thread_id, checkpoint_ns, checkpoint_id, lg_task_id, idx) do update
        set content = excluded.content, payload_sha256 = excluded.payload_sha256, epoch = excluded.epoch
      where agent_write.idx < 0;
  end if;
  if x ? 'consume' then
    update approval set consumed_at = clock()
     where tenant_id = tenant and approval_id = x->>'consume' and status = 'APPROVED' and consumed_at is null;
  end if;
end
$$;

-- Most commits carry nothing of an agent: they pass on to what they called before.
alter function write_outcome(text, bigint, jsonb) rename to write_step_outcome;

/* Writes what one commit carries besides its run row and events; see `write_step_outcome` for the result. */
create function write_outcome(p_run text, p_epoch bigint, x jsonb) returns text
  language plpgsql as $$
begin
  if x ? 'agent' then
    perform write_agent_rows(p_run, p_epoch, x->'agent');
  end if;
  return write_step_outcome(p_run, p_epoch, x);
end
$$;
