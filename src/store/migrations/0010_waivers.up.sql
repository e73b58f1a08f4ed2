-- What: waivers as they stand, and which of them a recorded evaluation rests on. Why: a decision looks up what is in force for it, and a
--       promotion whether that still is. Back: 0010_waivers.down.sql drops both; what became of each waiver stays in its stream, and
--       which decision used it in that decision's packet.

create table waiver (
  tenant_id text not null references tenant on delete restrict,
  waiver_id text not null check (waiver_id ~ '^W-\d{4}-\d{4,}$'),
  policy_id text not null,
  -- The row of the decision that it covers.
  gate text not null,
  -- What the decision is about, such as a bundle's root digest.
  subject text,
  state text not null check (state in ('requested', 'approved', 'revoked', 'expired')),
  -- As it stands in a waiver file: with its approvals, and these with what was signed.
  entry text not null,
  approvals_needed integer not null check (approvals_needed > 0),
  roles_needed text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  in_force_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, waiver_id),
  check (state <> 'approved' or in_force_at is not null),
  check (state <> 'requested' or in_force_at is null),
  check ((state in ('revoked', 'expired')) = (ended_at is not null))
);
create index waiver_policy on waiver (tenant_id, policy_id, created_at);
create index waiver_open on waiver (tenant_id, expires_at) where state in ('requested', 'approved');
alter table waiver enable row level security;
alter table waiver force row level security;
create policy own_tenant on waiver to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert on waiver to countermark_app;
grant update (state, entry, in_force_at, ended_at) on waiver to countermark_app;

/* What is over stays as it was. */
create function keep_waiver_ended() returns trigger language plpgsql as $$
begin
  raise exception 'a waiver that is % stays so', old.state using errcode = 'CM003';
end
$$;
create trigger waiver_ended before update on waiver
  for each row when (old.ended_at is not null) execute function keep_waiver_ended();

alter table gate_evaluation add column waivers text[] not null default '{}';
