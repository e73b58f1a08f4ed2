-- What: canaries of environments, what each environment asks of those who move it, approvals, and what state a bundle can read. Why: a
--       bundle comes into an environment with those who agree to it, on a share of the new runs first, and stays only if what ran on
--       it is good. Back: 0011_canary.down.sql drops them; the streams of environments keep what happened.

-- A bundle that is, or was, tried in an environment beside the one before it. `seq` is its promotion's, in the environment's stream.
create table canary (
  tenant_id text not null,
  environment text not null,
  seq bigint not null,
  bundle_id text not null,
  baseline_bundle_id text not null,
  status text not null check (status in ('running', 'passed', 'aborted', 'ended')),
  -- The policy that judges it, as it was written when it began, with its steps.
  policy text not null,
  steps text not null,
  step integer not null check (step >= 0),
  step_since timestamptz not null,
  started_at timestamptz not null,
  -- When it is judged next: on schedule, and for what must not wait for that.
  next_look_at timestamptz not null,
  next_glance_at timestamptz not null,
  looks integer not null default 0,
  -- It got too few runs for too long; the environment is held since.
  stalled_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, environment, seq),
  foreign key (tenant_id, environment, bundle_id) references environment_bundle on delete restrict,
  foreign key (tenant_id, environment, baseline_bundle_id) references environment_bundle on delete restrict,
  check (bundle_id <> baseline_bundle_id),
  check ((status = 'running') = (ended_at is null))
);
create unique index canary_running on canary (tenant_id, environment) where status = 'running';

-- What an environment asks, where it is not what every environment of its kind does.
create table environment_setting (
  tenant_id text not null references tenant on delete restrict,
  environment text not null check (environment in ('dev', 'staging', 'prod')),
  settings text not null,
  set_by text not null,
  set_at timestamptz not null,
  primary key (tenant_id, environment)
);

-- Somebody's word that a bundle may come into an environment: of exactly this root digest, for seven days at most.
create table promotion_approval (
  tenant_id text not null,
  approval_id text not null,
  environment text not null check (environment in ('dev', 'staging', 'prod')),
  bundle_id text not null,
  root_digest text not null check (root_digest ~ '^[0-9a-f]{64}$'),
  approver text not null,
  role text not null,
  statement text not null check (statement <> ''),
  approved_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, approval_id),
  foreign key (tenant_id, bundle_id) references bundle on delete restrict,
  check (expires_at > approved_at and expires_at <= approved_at + interval '7 days')
);
create index promotion_approval_subject on promotion_approval (tenant_id, root_digest, environment);

-- Who built a bundle, and what of earlier state it can read; null in one that says nothing of state.
alter table bundle add column built_by text not null default '';
alter table bundle add column compat text;

do $$
declare
  table_name text;
begin
  foreach table_name in array array['canary', 'environment_setting', 'promotion_approval'] loop
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format($policy$create policy own_tenant on %I to countermark_app
      using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
      with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))$policy$, table_name);
    execute format('grant select, insert on %I to countermark_app', table_name);
  end loop;
end
$$;
grant update (status, step, step_since, next_look_at, next_glance_at, looks, stalled_at, ended_at) on canary to countermark_app;
grant update (settings, set_by, set_at) on environment_setting to countermark_app;

/* A canary goes on by steps, and what has ended stays so. */
create function keep_canary_ended() returns trigger language plpgsql as $$
begin
  raise exception 'a canary goes on by steps, and ends once' using errcode = 'CM003';
end
$$;
create trigger canary_ended before update on canary
  for each row when (old.status <> 'running' or new.step < old.step) execute function keep_canary_ended();

-- That a tenant's canary runs, for workers of every tenant: a row without a time, so that nobody claims it as a run.
alter table due drop constraint due_kind_check;
alter table due add constraint due_kind_check check (kind in ('run', 'sweep', 'canary'));
alter table due add constraint due_canary_idle check (kind <> 'canary' or (due_at is null and worker_id is null));
create index due_canary on due (tenant_id, id) where kind = 'canary';
grant delete on due to countermark_app;
create function keep_due() returns trigger language plpgsql as $$
begin
  raise exception 'a run stays in the list of what is due' using errcode = 'CM003';
end
$$;
create trigger due_kept before delete on due for each row when (old.kind <> 'canary') execute function keep_due();

create function tell_of_canary() returns trigger language plpgsql as $$
begin
  if new.status = 'running' then
    insert into due (tenant_id, kind, id) values (new.tenant_id, 'canary', new.environment);
  else
    delete from due where due.tenant_id = new.tenant_id and due.kind = 'canary' and due.id = new.environment;
  end if;
  return null;
end
$$;
create trigger canary_begins after insert on canary for each row execute function tell_of_canary();
create trigger canary_ends after update of status on canary
  for each row when (old.status is distinct from new.status) execute function tell_of_canary();
