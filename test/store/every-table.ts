import type { TenantQuery } from "../../src/store/index.ts";

/** Puts one row of the current tenant into every tenant table, as the application. The tenant's own row is there already. */
export async function fillEveryTable(sql: TenantQuery, tenant: string): Promise<void> {
  const entity = `${tenant}_order-1`;
  const sha256 = `sha256-${tenant}`;
  await sql`insert into principal values (${tenant}, 'ann', 'person', 'Ann', clock())`;
  await sql`insert into api_key (tenant_id, key_id, principal_id, key_sha256, role, created_at) values (${tenant}, 'k', 'ann', ${sha256}, 'admin', clock())`;
  await sql`insert into identity values (${tenant}, 'https://issuer.test', ${tenant}, 'ann', clock())`;
  await sql`
    insert into sign_in_binding (tenant_id, binding_id, issuer, claim, value, principal_id, role, created_at, created_by)
    values (${tenant}, 'b', 'https://issuer.test', 'subject', ${tenant}, 'ann', 'viewer', clock(), 'ann')`;
  await sql`insert into credential (tenant_id, service, slot, origin, sealed_secret, settings, created_at) values (${tenant}, 'stripe', 'current', 'o', 's', '{}', clock())`;
  await sql`insert into tenant_key (tenant_id, key_id, wrapped_key, created_at) values (${tenant}, 'k', 'w', clock())`;
  await sql`insert into webhook_endpoint (tenant_id, endpoint_id, token_sha256, provider, created_at) values (${tenant}, 'e', ${sha256}, 'stripe', clock())`;
  await sql`insert into pack (tenant_id, pack_id, digest, version, document, state, installed_at) values (${tenant}, 'p', 'd', '1', '{}', 'ACTIVE', clock())`;
  await sql`insert into revocation (tenant_id, tool_name, revoked_by, reason, revoked_at) values (${tenant}, 't', 'ann', 'r', clock())`;
  await sql`
    insert into run (tenant_id, run_id, stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id, channel, start_key, status, head_seq, head_hash, started_at, updated_at)
    values (${tenant}, 'r', '2026-01-01', 'W', 'p', 'd', 'c', 'ann', 'ci', 'k', 'PENDING', 1, 'h', clock(), clock())`;
  await sql`insert into due (tenant_id, kind, id, due_at) values (${tenant}, 'run', 'r', clock() + interval '1 day')`;
  await sql`insert into inbox (tenant_id, run_id, inbox_id, kind, payload, actor, at) values (${tenant}, 'r', 'i', 'signal', '{}', 'ann', clock())`;
  await sql`
    insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, actor, channel, epoch, severity, payload_sha256, prev_hash, hash, payload)
    values (${tenant}, '2026-01-01', 'r', 1, 'e', 't', clock(), clock(), 'c', 'ann', 'ci', 0, 'info', 'p', 'h', 'h', '{}')`;
  await sql`insert into stream_head (tenant_id, stream, stream_day, seq, hash) values (${tenant}, 'audit', '2026-01-01', 1, 'h')`;
  await sql`
    insert into idempotency (tenant_id, internal_key, generation, status, params_sha256, run_id, step_id, epoch, first_seen_at, heartbeat_at, ttl_expires_at)
    values (${tenant}, 'k', 0, 'IN_PROGRESS', 'p', 'r', 's', 1, clock(), clock(), clock())`;
  await sql`
    insert into receipt (tenant_id, receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id, correlation_id, epoch, result, result_sha256, created_at, confirm_by)
    values (${tenant}, 'rc', 't', '1.0.0', 'k', 0, 'r', 's', 'c', 1, '{}', 'h', clock(), clock())`;
  await sql`insert into receipt_event (tenant_id, receipt_id, status, at, source) values (${tenant}, 'rc', 'claimed', clock(), 'worker')`;
  await sql`insert into entity (tenant_id, entity_type, entity_id, version, state, state_sha256, updated_at) values (${tenant}, 'order', ${entity}, 1, '{}', 'h', clock())`;
  await sql`
    insert into entity_version (tenant_id, entity_type, entity_id, version, state_patch, state_sha256, correlation_id, at)
    values (${tenant}, 'order', ${entity}, 1, '[]', 'h', 'c', clock())`;
  await sql`
    insert into entity_change (tenant_id, run_id, entity_type, entity_id, version, members, correlation_id, step_id, at)
    values (${tenant}, 'r', 'order', ${entity}, 2, '{}', 'c', 's', clock())`;
  await sql`
    insert into breaker (tenant_id, breaker_id, state, failure_times, success_count, probe_count, expires_at, revision)
    values (${tenant}, 'b', 'CLOSED', '{}', 0, 0, clock(), 1)`;
  await sql`insert into breaker_change (tenant_id, breaker_id, revision, state, at) values (${tenant}, 'b', 1, 'OPEN', clock())`;
  await sql`insert into rate_window (tenant_id, tool_name, hits) values (${tenant}, 't', '{}')`;
  await sql`
    insert into artifact (tenant_id, digest, media_type, size_bytes, kept_in, content, created_at)
    values (${tenant}, encode(sha256('{}'), 'hex'), 'm', 2, 'row', '{}', clock())`;
  await sql`
    insert into approval (tenant_id, approval_id, run_id, step_id, attempt, correlation_id, tool_name, tool_version, internal_key, params_fingerprint, preview_sha256, rule_id, reason, requested_by, status, required_approvers, authorized_approvers, token_sha256, base, created_at, timeout_at)
    values (${tenant}, 'a', 'r', 's', 1, 'c', 't', '1.0.0', 'k', 'f', encode(sha256('{}'), 'hex'), 'rule', 'why', 'ann', 'PENDING', 1, '{ann}', 't', '[]', clock(), clock())`;
  await sql`insert into approval_decision (tenant_id, approval_id, escalation_level, approver, decision, at) values (${tenant}, 'a', 0, 'ann', 'APPROVE', clock())`;
  await sql`
    insert into inbound_event (tenant_id, event_id, source, source_event_id, event_type, type, entity_type, entity_id, received_at, seq, signature_valid, payload_sha256, processing_status)
    values (${tenant}, 'e', 'STRIPE', 's', 'x', 'y', 'order', ${entity}, clock(), 1, true, 'h', 'RECEIVED')`;
  await sql`
    insert into lease (tenant_id, run_id, epoch, lane, step_id, thread_id, host_id, pid, token_sha256, ttl_seconds, status, expiry, last_heartbeat_at, created_at, updated_at)
    values (${tenant}, 'r', 1, 'controller', 's', 't', 'h', 1, 'x', 1800, 'ACTIVE', clock(), clock(), clock(), clock())`;
  await sql`
    insert into takeover (tenant_id, run_id, epoch, holder, previous_epoch, previous_holder, stale_since, detected_at)
    values (${tenant}, 'r', 2, 'w2', 1, 'w1', clock() - interval '1 second', clock())`;
  await sql`
    insert into takeover_effect (tenant_id, run_id, epoch, internal_key, generation, step_id, status, effect_epoch)
    values (${tenant}, 'r', 2, 'k', 0, 's', 'IN_PROGRESS', 1)`;
  await sql`
    insert into handoff (tenant_id, run_id, handoff_id, made_for, made_by, event_seq, epoch, document, created_at)
    values (${tenant}, 'r', 'h', 'demand', 'ann', 1, 1, '{}', clock())`;
  await sql`insert into worker (tenant_id, worker_id, host_id, pid, started_at, beat_at) values (${tenant}, 'w', 'h', 1, clock(), clock())`;
  await sql`
    insert into dead_letter (tenant_id, dead_letter_id, kind, run_id, step_id, seq, reason_code, attempts, state, created_at)
    values (${tenant}, 'd', 'retry', 'r', 's', 1, 'x', 1, 'PENDING_REVIEW', clock())`;
  await sql`
    insert into agent_checkpoint (tenant_id, thread_id, checkpoint_ns, checkpoint_id, run_id, step_id, graph_id, graph_version, source, graph_step, content, payload_sha256, epoch, created_at)
    values (${tenant}, 't', '', 'c', 'r', 's', 'g', '1.0.0', 'loop', 1, 'x', 'h', 1, clock())`;
  await sql`
    insert into agent_write (tenant_id, thread_id, checkpoint_ns, checkpoint_id, lg_task_id, idx, channel, run_id, content, payload_sha256, epoch)
    values (${tenant}, 't', '', 'c', 'l', 0, 'm', 'r', 'x', 'h', 1)`;
  await sql`
    insert into gate_evaluation (tenant_id, evaluation_id, policy_id, policy_version, policy_sha256, source, verdict, decision_sha256, evidence_sha256, packet_sha256, decided_at, valid_until, recorded_at, recorded_by)
    values (${tenant}, 'g', 'p', '1.0.0', repeat('0', 64), 'ledger', 'GO', repeat('0', 64), repeat('0', 64), encode(sha256('{}'), 'hex'), clock(), clock(), clock(), 'ann')`;
  await sql`insert into request_record (tenant_id, principal_id, request_key, fingerprint, created_at) values (${tenant}, 'ann', 'k', 'f', clock())`;
  await sql`
    insert into bundle (tenant_id, bundle_id, root_digest, label, artifact_digest, pack_id, pack_digest, contract_digests, added_by, added_at)
    values (${tenant}, 'b', ${"a".repeat(64)}, 'candidate', encode(sha256('{}'), 'hex'), 'p', 'd', '{c}', 'ann', clock())`;
  await sql`insert into environment_bundle (tenant_id, environment, bundle_id, health, last_seq) values (${tenant}, 'dev', 'b', 'good', 1)`;
  await sql`insert into environment (tenant_id, environment, bundle_id, seq, moved_at) values (${tenant}, 'dev', 'b', 1, clock())`;
  await sql`
    insert into promotion_approval (tenant_id, approval_id, environment, bundle_id, root_digest, approver, role, statement, approved_at, expires_at)
    values (${tenant}, 'pa', 'prod', 'b', ${"a".repeat(64)}, 'ann', 'admin', 's', clock(), clock() + interval '6 days')`;
  await sql`insert into environment_setting (tenant_id, environment, settings, set_by, set_at) values (${tenant}, 'dev', '{}', 'ann', clock())`;
  await sql`
    insert into bundle (tenant_id, bundle_id, root_digest, label, artifact_digest, pack_id, pack_digest, contract_digests, added_by, added_at)
    values (${tenant}, 'b0', ${"b".repeat(64)}, 'candidate', encode(sha256('{}'), 'hex'), 'p', 'd', '{c}', 'ann', clock())`;
  await sql`insert into environment_bundle (tenant_id, environment, bundle_id, health, last_seq) values (${tenant}, 'dev', 'b0', 'good', 2)`;
  await sql`
    insert into canary (tenant_id, environment, seq, bundle_id, baseline_bundle_id, status, policy, steps, step, step_since, started_at, next_look_at, next_glance_at)
    values (${tenant}, 'dev', 1, 'b', 'b0', 'running', 'p', '[]', 0, clock(), clock(), clock(), clock())`;
  await sql`insert into hold (tenant_id, hold_id, scope, reason, placed_by, placed_at) values (${tenant}, 'h', 'all', 'r', 'ann', clock())`;
  await sql`
    insert into waiver (tenant_id, waiver_id, policy_id, gate, state, entry, approvals_needed, roles_needed, created_at, expires_at)
    values (${tenant}, 'W-2026-0001', 'p', 'g', 'requested', '{}', 1, '{}', clock(), clock() + interval '1 day')`;
  await sql`
    insert into beta (tenant_id, enabled, verdict, evaluation_id, report_sha256, window_start, decided_at, valid_until, changed_by, changed_at)
    values (${tenant}, false, 'NO-GO', 'g', ${"0".repeat(64)}, clock(), clock(), clock(), 'ann', clock())`;
}
