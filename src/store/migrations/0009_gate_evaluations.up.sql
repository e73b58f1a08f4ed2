-- What: every recorded evaluation of a gate policy, and an index by which ended runs are read as evidence. Why: what was decided is
--       looked up by what it was about, and evaluating again until it pleases shows. Back: 0009_gate_evaluations.down.sql drops
--       both; each evaluation stays an event of its policy's stream, and its packet an artifact.

create table gate_evaluation (
  tenant_id text not null references tenant on delete restrict,
  -- Ordered by time.
  evaluation_id text not null,
  policy_id text not null,
  policy_version text not null,
  policy_sha256 text not null check (policy_sha256 ~ '^[0-9a-f]{64}$'),
  profile text,
  -- What it was about, such as a bundle's digest; null where it was about the tenant's runs as they are.
  subject text,
  source text not null check (source in ('ledger', 'imported')),
  verdict text not null check (verdict in ('GO', 'NO-GO')),
  cause text check (cause in ('failed', 'missing')),
  decision_sha256 text not null check (decision_sha256 ~ '^[0-9a-f]{64}$'),
  evidence_sha256 text not null check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  -- The artifact from which it is decided again.
  packet_sha256 text not null,
  decided_at timestamptz not null,
  valid_until timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (tenant_id, evaluation_id),
  foreign key (tenant_id, packet_sha256) references artifact on delete restrict,
  check ((verdict = 'GO') = (cause is null))
);
create index gate_evaluation_policy on gate_evaluation (tenant_id, policy_id, evaluation_id);
create index gate_evaluation_decision on gate_evaluation (tenant_id, decision_sha256);
alter table gate_evaluation enable row level security;
alter table gate_evaluation force row level security;
create policy own_tenant on gate_evaluation to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert on gate_evaluation to countermark_app;

create index run_ended on run (tenant_id, ended_at) where ended_at is not null;
create index receipt_created on receipt (tenant_id, created_at);
