-- What: bundles, environments with what they hold and held, holds on promotions. Why: what a tenant's runtime may do is what was
--       promoted; a move is an entry of the environment's stream, and these rows say where it came to. Back:
--       0008_environment.down.sql drops them; the streams with every move stay.

-- A release, as it was promoted the first time: written once. Its file is an artifact.
create table bundle (
  tenant_id text not null references tenant on delete restrict,
  bundle_id text not null,
  root_digest text not null check (root_digest ~ '^[0-9a-f]{64}$'),
  label text not null check (label in ('pr-preview', 'candidate', 'release', 'hotfix')),
  artifact_digest text not null,
  pack_id text not null,
  pack_digest text not null,
  -- Digests of its tools' contracts: what the guards let through.
  contract_digests text[] not null,
  added_by text not null,
  added_at timestamptz not null,
  primary key (tenant_id, bundle_id),
  foreign key (tenant_id, artifact_digest) references artifact on delete restrict,
  foreign key (tenant_id, pack_id, pack_digest) references pack on delete restrict
);

-- A bundle in an environment that holds or held it. `last_seq` is its last move in the environment's stream.
create table environment_bundle (
  tenant_id text not null,
  environment text not null check (environment in ('dev', 'staging', 'prod')),
  bundle_id text not null,
  health text not null check (health in ('pending', 'good', 'bad')),
  last_seq bigint not null check (last_seq > 0),
  primary key (tenant_id, environment, bundle_id),
  unique (tenant_id, environment, last_seq),
  foreign key (tenant_id, bundle_id) references bundle on delete restrict
);

-- The pointer: which of them the environment holds, as of which entry of its stream.
create table environment (
  tenant_id text not null references tenant on delete restrict,
  environment text not null,
  bundle_id text not null,
  seq bigint not null,
  moved_at timestamptz not null,
  primary key (tenant_id, environment),
  foreign key (tenant_id, environment, bundle_id) references environment_bundle on delete restrict
);

-- Nothing is promoted into an environment that is held, or into any where all are. A hold that was lifted stays as it was.
create table hold (
  tenant_id text not null references tenant on delete restrict,
  hold_id text not null,
  scope text not null check (scope in ('all', 'dev', 'staging', 'prod')),
  reason text not null check (reason <> ''),
  placed_by text not null,
  placed_at timestamptz not null,
  lifted_by text,
  lifted_at timestamptz,
  lift_reason text,
  primary key (tenant_id, hold_id),
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
);
create index hold_active on hold (tenant_id, scope) where lifted_at is null;

do $$
declare
  table_name text;
begin
  foreach table_name in array array['bundle', 'environment_bundle', 'environment', 'hold'] loop
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format($policy$create policy own_tenant on %I to countermark_app
      using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
      with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))$policy$, table_name);
    execute format('grant select, insert on %I to countermark_app', table_name);
  end loop;
end
$$;
grant update (health, last_seq) on environment_bundle to countermark_app;
grant update (bundle_id, seq, moved_at) on environment to countermark_app;
grant update (lifted_by, lifted_at, lift_reason) on hold to countermark_app;

/* A bundle that was marked bad stays so, wherever it is moved; a pointer only goes on along its stream; a lifted hold is over. */
create function keep_bundle_bad() returns trigger language plpgsql as $$
begin
  raise exception 'a bundle that is bad cannot become %', new.health using errcode = 'CM003';
end
$$;
create trigger environment_bundle_health before update on environment_bundle
  for each row when (old.health = 'bad' and new.health <> 'bad') execute function keep_bundle_bad();

create function keep_pointer_order() returns trigger language plpgsql as $$
begin
  raise exception 'a move of an environment comes after those before it' using errcode = 'CM003';
end
$$;
create trigger environment_order before update on environment
  for each row when (new.seq <= old.seq) execute function keep_pointer_order();

create function keep_hold_lifted() returns trigger language plpgsql as $$
begin
  raise exception 'a hold that was lifted stays so' using errcode = 'CM003';
end
$$;
create trigger hold_lifted before update on hold
  for each row when (old.lifted_at is not null) execute function keep_hold_lifted();
