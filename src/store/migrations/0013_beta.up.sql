-- What: holds on what extensions apply, with what has to be mended before they are lifted; where the beta of extensions stands.
-- Why:  a signoff that says NO-GO holds the beta by itself, and a GO alone does not end that. Back: 0013_beta.down.sql drops both
--       and the holds of this scope; the streams with every word of the beta stay.

alter table hold drop constraint hold_scope_check;
alter table hold add constraint hold_scope_check check (scope in ('all', 'dev', 'staging', 'prod', 'beta'));
-- Canonical JSON text; null where a person's word lifts the hold.
alter table hold add column basis text;

-- What the last signoff of the beta said, and whether the beta is on. It can be on only where that was GO.
create table beta (
  tenant_id text primary key references tenant on delete restrict,
  enabled boolean not null,
  verdict text not null check (verdict in ('GO', 'NO-GO')),
  evaluation_id text not null,
  report_sha256 text not null check (report_sha256 ~ '^[0-9a-f]{64}$'),
  window_start timestamptz not null,
  decided_at timestamptz not null,
  valid_until timestamptz not null,
  changed_by text not null,
  changed_at timestamptz not null,
  foreign key (tenant_id, evaluation_id) references gate_evaluation on delete restrict,
  check (verdict = 'GO' or not enabled)
);
alter table beta enable row level security;
alter table beta force row level security;
create policy own_tenant on beta to countermark_app
  using (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.current_tenant_id', true), ''));
grant select, insert, update on beta to countermark_app;
