-- What: tenants, principals and keys, packs, runs and their due times, the hash-chained ledger, idempotency, receipts,
--       entities, artifacts, approvals, inbound events. Why: one database in which a step's state, event, receipt and idempotency
--       record become true together. Back: 0001_spine.down.sql drops the schema with everything in it.

-- Roles belong to the cluster and may be shared by several databases, so they are made once and never dropped.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['countermark_app', 'countermark_worker', 'countermark_resolver'] loop
    begin
      execute format('create role %I nologin', role_name);
    exception
      when duplicate_object or unique_violation then null; -- another database or a concurrent migration made it
    end;
    execute format('grant %I to current_user', role_name);
  end loop;
end
$$;

grant usage on schema countermark to countermark_app, countermark_worker, countermark_resolver;
-- The resolver owns its functions only while this is granted; it creates nothing else.
grant create on schema countermark to countermark_resolver;

-- Time. Production's clock cannot be set; only simulation databases replace this function.
create function clock() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

-- Tenant context: transaction-local, called first in every transaction.
create function set_tenant_context(tenant text) returns text
  language sql volatile as $$ select set_config('app.current_tenant_id', tenant, true) $$;

create function require_tenant_context() returns text
  language plpgsql stable as $$
declare
  tenant text := nullif(current_setting('app.current_tenant_id', true), '');
begin
  if tenant is null then
    raise exception 'tenant context not set' using errcode = 'CM001';
  end if;
  return tenant;
end
$$;

-- ---------------------------------------------------------------------------------------------------------- tenants

create table tenant (
  tenant_id text primary key check (tenant_id ~ '^[a-z0-9][a-z0-9-]*(_[a-z0-9-]+)*$' and length(tenant_id) <= 63),
  name text not null,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'PAUSED', 'CLOSED')),
  mode text not null default 'sandbox' check (mode in ('sandbox', 'live')),
  metadata text not null default '{}',
  -- Raised by every change that guards must see at once: packs, revocations, credentials, mode.
  control_revision bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index tenant_status on tenant (status);

create table principal (
  tenant_id text not null references tenant on delete restrict,
  principal_id text not null check (principal_id ~ '^[A-Za-z0-9@._-]+$'),
  kind text not null check (kind in ('person', 'service', 'agent')),
  name text not null,
  created_at timestamptz not null,
  primary key (tenant_id, principal_id)
);

create table api_key (
  tenant_id text not null references tenant on delete restrict,
  key_id text not null,
  principal_id text not null,
  key_sha256 text not null unique,
  role text not null check (role in ('viewer', 'operator', 'approver', 'admin', 'installer')),
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, key_id),
  foreign key (tenant_id, principal_id) references principal on delete restrict
);

create table credential (
  tenant_id text not null references tenant on delete restrict,
  service text not null,
  slot text not null check (slot in ('current', 'previous')),
  origin text not null,
  -- Encrypted under the tenant's key; never stored or logged in clear.
  sealed_secret text not null,
  -- Encrypted too: webhook secrets are among them.
  settings text not null,
  valid_until timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, service, slot)
);

create table tenant_key (
  tenant_id text not null references tenant on delete restrict,
  key_id text not null,
  -- The tenant's key, encrypted under the installation's key. Destroying the row erases what it sealed.
  wrapped_key text not null,
  created_at timestamptz not null,
  primary key (tenant_id, key_id)
);

create table webhook_endpoint (
  tenant_id text not null references tenant on delete restrict,
  endpoint_id text not null,
  token_sha256 text not null unique,
  provider text not null check (provider in ('stripe', 'shopify', 'printful', 'sendgrid', 'slack')),
  created_at timestamptz not null,
  disabled_at timestamptz,
  primary key (tenant_id, endpoint_id)
);

create table pack (
  tenant_id text not null references tenant on delete restrict,
  pack_id text not null,
  digest text not null,
  version text not null,
  document text not null,
  state text not null check (state in ('DRAFT', 'VALIDATING', 'SHADOW', 'ACTIVE', 'PAUSED', 'SUNSET')),
  installed_at timestamptz not null,
  primary key (tenant_id, pack_id, digest)
);
-- New runs start on the one active version; runs in flight keep theirs.
create unique index pack_active on pack (tenant_id, pack_id) where state in ('ACTIVE', 'PAUSED');

create table revocation (
  tenant_id text not null references tenant on delete restrict,
  tool_name text not null,
  revoked_by text not null,
  reason text not null,
  revoked_at timestamptz not null,
  primary key (tenant_id, tool_name)
);

-- ------------------------------------------------------------------------------------------------------------- runs

create table run (
  tenant_id text not null references tenant on delete restrict,
  run_id text not null,
  -- Partition key of the run's stream.
  stream_day date not null,
  workflow_id text not null,
  pack_id text not null,
  pack_digest text not null,
  correlation_id text not null,
  principal_id text not null,
  channel text not null check (channel in ('prod_traffic', 'controlled_fixture', 'ci')),
  -- Makes a start idempotent: the same trigger starts one run.
  start_key text not null,
  status text not null check (status in ('PENDING', 'RUNNING', 'SUSPENDED_HITL', 'SUSPENDED_WAIT', 'COMPENSATING', 'BLOCKED',
    'SUCCEEDED', 'FAILED_EXPECTED', 'FAILED_UNEXPECTED', 'CANCELLED')),
  outcome text check (outcome in ('SUCCESS', 'EXPECTED_FAILURE', 'UNEXPECTED_FAILURE', 'CANCELLED')),
  code text,
  -- Fence: a commit names both, and raises the version by one.
  epoch bigint not null default 0,
  version bigint not null default 0,
  head_seq bigint not null,
  head_hash text not null,
  -- The fold of the events up to snapshot_seq; what follows is folded from the events.
  snapshot text,
  snapshot_seq bigint not null default 0,
  document_sha256 text,
  cost_micros bigint not null default 0,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, run_id),
  unique (tenant_id, correlation_id),
  unique (tenant_id, start_key),
  check (snapshot_seq <= head_seq),
  check ((ended_at is null) = (outcome is null))
) with (fillfactor = 60);
create index run_status on run (tenant_id, status);
create index run_started on run (tenant_id, started_at desc, run_id);

-- When something wants attention. No payloads, so that the worker role may read it across tenants. While leased,
-- due_at is the lease's expiry: an expired lease is due like everything else.
create table due (
  tenant_id text not null references tenant on delete restrict,
  kind text not null check (kind in ('run', 'sweep')),
  id text not null,
  due_at timestamptz,
  worker_id text,
  epoch bigint not null default 0,
  -- Claims since the last commit that moved the run: a poison run is blocked after too many.
  claims integer not null default 0,
  -- Inbox entries ever written for the run; the holder compares it with what it has folded.
  signals integer not null default 0,
  primary key (tenant_id, kind, id)
) with (fillfactor = 60);
create index due_next on due (due_at) where due_at is not null;

-- What outsiders want to tell a run; only its lease holder folds it into the stream.
create table inbox (
  tenant_id text not null,
  run_id text not null,
  inbox_id text not null,
  kind text not null check (kind in ('signal', 'approval', 'cancel', 'resume', 'resolve')),
  payload text not null,
  actor text not null,
  at timestamptz not null,
  folded boolean not null default false,
  primary key (tenant_id, run_id, inbox_id),
  foreign key (tenant_id, run_id) references run on delete restrict
);
create index inbox_waiting on inbox (tenant_id, run_id, at) where not folded;

-- ----------------------------------------------------------------------------------------------------------- ledger

-- Partitioned by the day of the stream's creation, so that (tenant, stream, seq) can be unique.
create table event (
  tenant_id text not null,
  stream_day date not null,
  stream text not null,
  seq bigint not null check (seq > 0),
  event_id text not null,
  type text not null,
  at timestamptz not null,
  recorded_at timestamptz not null,
  correlation text not null,
  causation text,
  actor text not null,
  channel text not null,
  epoch bigint not null,
  step text,
  severity text not null check (severity in ('info', 'warning', 'error')),
  dedup_key text,
  payload_sha256 text not null,
  prev_hash text not null,
  hash text not null,
  -- Canonical text; null once erased. The chain holds its digest only.
  payload text,
  -- For the change feed: readers stay below the oldest running transaction.
  xid xid8 not null default pg_current_xact_id(),
  primary key (tenant_id, stream_day, stream, seq)
) partition by range (stream_day);
create table event_default partition of event default;
create index event_at on event using brin (at);

-- Streams that no run owns (audit): their head is locked by whoever appends.
create table stream_head (
  tenant_id text not null references tenant on delete restrict,
  stream text not null,
  stream_day date not null,
  seq bigint not null,
  hash text not null,
  primary key (tenant_id, stream)
);

create table idempotency (
  tenant_id text not null references tenant on delete restrict,
  internal_key text not null,
  generation integer not null check (generation >= 0),
  status text not null check (status in ('IN_PROGRESS', 'COMPLETED', 'FAILED_NO_EFFECT', 'UNKNOWN')),
  params_sha256 text not null,
  external_key text,
  run_id text not null,
  step_id text not null,
  epoch bigint not null,
  first_seen_at timestamptz not null,
  heartbeat_at timestamptz not null,
  ttl_expires_at timestamptz not null,
  result text,
  receipt_id text,
  primary key (tenant_id, internal_key, generation),
  check ((status = 'COMPLETED') = (result is not null))
);
create index idempotency_open on idempotency (tenant_id, run_id) where status in ('IN_PROGRESS', 'UNKNOWN');

create table receipt (
  tenant_id text not null references tenant on delete restrict,
  receipt_id text not null,
  tool_name text not null,
  tool_version text not null,
  internal_key text not null,
  generation integer not null,
  execution_id text not null,
  step_id text not null,
  correlation_id text not null,
  epoch bigint not null,
  external_key text,
  external_provider text,
  external_transaction_id text,
  provider_request_id text,
  amount_minor bigint,
  currency text check (currency ~ '^[A-Z]{3}$'),
  result text not null,
  result_sha256 text not null,
  created_at timestamptz not null,
  confirm_by timestamptz not null,
  primary key (tenant_id, receipt_id),
  unique (tenant_id, internal_key, generation),
  check ((amount_minor is null) = (currency is null))
);
create index receipt_external on receipt (tenant_id, external_provider, external_transaction_id)
  where external_transaction_id is not null;
create index receipt_execution on receipt (tenant_id, execution_id);
create index receipt_external_key on receipt (tenant_id, external_key) where external_key is not null;

-- A receipt's status changes are rows, never updates.
create table receipt_event (
  tenant_id text not null,
  receipt_id text not null,
  status text not null check (status in ('claimed', 'confirmed', 'contradicted', 'unknown')),
  at timestamptz not null,
  source text not null,
  detail text,
  primary key (tenant_id, receipt_id, status),
  foreign key (tenant_id, receipt_id) references receipt on delete restrict
);

create table entity (
  tenant_id text not null references tenant on delete restrict,
  entity_type text not null,
  entity_id text not null check (starts_with(entity_id, tenant_id || '_')),
  version integer not null check (version > 0),
  state text not null,
  state_sha256 text not null,
  updated_at timestamptz not null,
  primary key (tenant_id, entity_type, entity_id)
);

create table entity_version (
  tenant_id text not null,
  entity_type text not null,
  entity_id text not null,
  version integer not null check (version > 0),
  state_patch text not null,
  state_sha256 text not null,
  correlation_id text not null,
  run_id text,
  step_id text,
  at timestamptz not null,
  primary key (tenant_id, entity_type, entity_id, version)
);
create index entity_version_correlation on entity_version (correlation_id) where run_id is not null;

-- What a step's outcome changes of an entity that had moved when the outcome committed. Whoever writes it into the entity
-- deletes it in the same transaction: it happens once, and a crash before that leaves it to the run's next holder.
create table entity_change (
  tenant_id text not null,
  run_id text not null,
  entity_type text not null,
  entity_id text not null check (starts_with(entity_id, tenant_id || '_')),
  -- The version that the change was to make.
  version integer not null check (version > 0),
  -- The members it sets, as JSON text.
  members text not null,
  correlation_id text not null,
  step_id text not null,
  at timestamptz not null,
  primary key (tenant_id, run_id, entity_type, entity_id, version),
  foreign key (tenant_id, run_id) references run on delete restrict
);

create table breaker (
  tenant_id text not null references tenant on delete restrict,
  breaker_id text not null,
  state text not null check (state in ('CLOSED', 'OPEN', 'HALF_OPEN')),
  failure_times bigint[] not null,
  success_count integer not null,
  probe_count integer not null,
  opened_at timestamptz,
  expires_at timestamptz not null,
  revision bigint not null,
  primary key (tenant_id, breaker_id)
);

create table rate_window (
  tenant_id text not null references tenant on delete restrict,
  tool_name text not null,
  -- Epoch milliseconds of the calls of the last 60 s.
  hits bigint[] not null,
  primary key (tenant_id, tool_name)
);

-- Content-addressed and immutable: previews, sealed values. Erasing takes the content and leaves the digest. What is too
-- large for a row lies in the installation's folder.
create table artifact (
  tenant_id text not null references tenant on delete restrict,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  media_type text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  kept_in text not null check (kept_in in ('row', 'folder')),
  content bytea,
  created_at timestamptz not null,
  erased_at timestamptz,
  primary key (tenant_id, digest),
  constraint artifact_content check (encode(sha256(content), 'hex') = digest and octet_length(content) = size_bytes),
  check ((content is not null) = (kept_in = 'row' and erased_at is null))
);

-- -------------------------------------------------------------------------------------------------------- approvals

create table approval (
  tenant_id text not null references tenant on delete restrict,
  approval_id text not null,
  run_id text not null,
  step_id text not null,
  attempt integer not null,
  correlation_id text not null,
  tool_name text not null,
  tool_version text not null,
  internal_key text not null,
  params_fingerprint text not null,
  -- The artifact that is shown.
  preview_sha256 text not null,
  rule_id text not null,
  reason text not null,
  requested_by text not null,
  status text not null check (status in ('PENDING', 'APPROVED', 'DENIED', 'TIMED_OUT', 'VOIDED', 'CANCELLED')),
  escalation_level integer not null default 0,
  required_approvers integer not null check (required_approvers > 0),
  authorized_approvers text[] not null,
  token_sha256 text not null,
  -- Entities and versions that the preview was made on: [{entity_type, entity_id, version}].
  base text not null,
  created_at timestamptz not null,
  timeout_at timestamptz not null,
  decided_at timestamptz,
  consumed_at timestamptz,
  -- What changed, when a drifted base voided it.
  void_reason text,
  primary key (tenant_id, approval_id),
  foreign key (tenant_id, run_id) references run on delete restrict,
  foreign key (tenant_id, preview_sha256) references artifact on delete restrict,
  check (consumed_at is null or status = 'APPROVED')
);
create index approval_status on approval (tenant_id, status, created_at);
create unique index approval_pending on approval (tenant_id, internal_key) where status = 'PENDING';
create index approval_timeout on approval (timeout_at) where status = 'PENDING';

create table approval_decision (
  tenant_id text not null,
  approval_id text not null,
  escalation_level integer not null,
  approver text not null,
  decision text not null check (decision in ('APPROVE', 'DENY')),
  reason text,
  at timestamptz not null,
  primary key (tenant_id, approval_id, escalation_level, approver),
  foreign key (tenant_id, approval_id) references approval on delete restrict
);

-- ---------------------------------------------------------------------------------------------------------- ingress

create table inbound_event (
  tenant_id text not null references tenant on delete restrict,
  event_id text not null,
  source text not null check (source in ('STRIPE', 'SHOPIFY', 'PRINTFUL', 'SENDGRID', 'SLACK', 'INTERNAL')),
  source_event_id text not null,
  event_type text not null,
  type text not null,
  entity_type text not null,
  entity_id text not null,
  received_at timestamptz not null,
  seq bigint not null,
  predecessor_source_event_id text,
  signature_valid boolean not null,
  payload_json text,
  payload_sha256 text not null,
  processing_status text not null check (processing_status in ('RECEIVED', 'HELD_ORDERING', 'APPLIED', 'RECONCILE_QUEUED', 'REJECTED')),
  status_reason text,
  run_id text,
  correlation_id text,
  applied_at timestamptz,
  held_since timestamptz,
  timeout_released_at timestamptz,
  ordering_incomplete boolean not null default false,
  duplicates integer not null default 0,
  primary key (tenant_id, event_id),
  check (signature_valid or source = 'INTERNAL')
);
create unique index idx_events_tenant_source on inbound_event (tenant_id, source, source_event_id);
create index idx_events_tenant_status on inbound_event (tenant_id, processing_status, received_at);
create index idx_events_tenant_payload on inbound_event (tenant_id, payload_sha256);
create index inbound_event_entity on inbound_event (tenant_id, entity_type, entity_id, seq);
create index inbound_event_awaited on inbound_event (tenant_id, received_at) where status_reason = 'RECEIPT_AWAITED';

-- Stored answers of HTTP requests that carried an Idempotency-Key.
create table request_record (
  tenant_id text not null references tenant on delete restrict,
  principal_id text not null,
  request_key text not null check (length(request_key) <= 255),
  fingerprint text not null,
  status integer,
  body text,
  created_at timestamptz not null,
  primary key (tenant_id, principal_id, request_key)
);

-- ------------------------------------------------------------------------------------------------------------ views

create view receipt_current with (security_invoker = true) as
  select r.*, s.status, s.at as status_at, s.source as status_source
    from receipt r
    join lateral (
      select e.status, e.at, e.source
        from receipt_event e
       where e.tenant_id = r.tenant_id and e.receipt_id = r.receipt_id
       order by case e.status when 'contradicted' then 3 when 'confirmed' then 2 when 'unknown' then 1 else 0 end desc
       limit 1
    ) s on true;

create view audit_log with (security_invoker = true) as
  select tenant_id, stream, seq, at, actor, type, severity, correlation, payload, hash
    from event
   where stream = 'audit' or type in ('call.refused', 'approval.requested', 'approval.decided', 'bound.reached', 'lease.taken_over');

create view state_version with (security_invoker = true) as
  select tenant_id, entity_type, entity_id, version, state_patch, state_sha256, correlation_id, step_id, at
    from entity_version;

-- -------------------------------------------------------------------------------------------------- row level security

do $$
declare
  t text;
begin
  foreach t in array array['tenant', 'principal', 'api_key', 'credential', 'tenant_key', 'webhook_endpoint', 'pack', 'revocation',
    'run', 'due', 'inbox', 'event', 'event_default', 'stream_head', 'idempotency', 'receipt', 'receipt_event', 'entity',
    'entity_version', 'entity_change', 'breaker', 'rate_window', 'artifact', 'approval', 'approval_decision', 'inbound_event',
    'request_record'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy own_tenant on %I to countermark_app using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))'
      ' with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))', t);
  end loop;
end
$$;

grant select on all tables in schema countermark to countermark_app;
grant insert on all tables in schema countermark to countermark_app;
grant update on tenant, api_key, credential, webhook_endpoint, pack, run, due, inbox, stream_head, idempotency, entity, breaker,
  rate_window, approval, request_record to countermark_app;
grant update (processing_status, status_reason, run_id, correlation_id, applied_at, held_since, timeout_released_at,
  ordering_incomplete, duplicates) on inbound_event to countermark_app;
grant update (content, erased_at) on artifact to countermark_app;
grant delete on revocation, credential, entity_change, request_record to countermark_app;

-- The worker sees due times of every tenant, and nothing else of them.
grant select, update on due to countermark_worker;
create policy every_tenant on due to countermark_worker using (true) with check (true);
grant countermark_app to countermark_worker;

-- Keys and endpoints arrive before their tenant is known: three questions, answered across tenants, and nothing more.
grant select on api_key, webhook_endpoint, tenant to countermark_resolver;
create policy resolve on api_key for select to countermark_resolver using (true);
create policy resolve on webhook_endpoint for select to countermark_resolver using (true);
create policy resolve on tenant for select to countermark_resolver using (true);

create function resolve_api_key(sha256 text)
  returns table (tenant_id text, key_id text, principal_id text, role text)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select k.tenant_id, k.key_id, k.principal_id, k.role
    from api_key k join tenant t using (tenant_id)
   where k.key_sha256 = sha256 and k.revoked_at is null and t.status <> 'CLOSED'
$$;

create function resolve_endpoint(sha256 text)
  returns table (tenant_id text, endpoint_id text, provider text)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select e.tenant_id, e.endpoint_id, e.provider
    from webhook_endpoint e join tenant t using (tenant_id)
   where e.token_sha256 = sha256 and e.disabled_at is null and t.status = 'ACTIVE'
$$;

-- For installers: which tenants exist.
create function list_tenants()
  returns table (tenant_id text, name text, status text, mode text, created_at timestamptz)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select t.tenant_id, t.name, t.status, t.mode, t.created_at from tenant t order by t.tenant_id
$$;

-- The worker role knows the tenants anyway, by what is due; the application's does not.
revoke execute on function list_tenants() from public;
grant execute on function list_tenants() to countermark_worker;

alter function resolve_api_key(text) owner to countermark_resolver;
alter function resolve_endpoint(text) owner to countermark_resolver;
alter function list_tenants() owner to countermark_resolver;
revoke create on schema countermark from countermark_resolver;
