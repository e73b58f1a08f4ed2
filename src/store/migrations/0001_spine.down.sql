-- Undoes 0001_spine.up.sql: drops everything in the schema. Roles stay, since other databases of the cluster may use them.
drop owned by countermark_app, countermark_worker, countermark_resolver;
drop view audit_log, state_version, receipt_current;
drop table request_record, inbound_event, approval_decision, approval, artifact, rate_window, breaker, entity_change, entity_version, entity,
  receipt_event, receipt, idempotency, stream_head, event, inbox, due, run, revocation, pack, webhook_endpoint, tenant_key,
  credential, api_key, principal, tenant;
drop function if exists require_tenant_context(), set_tenant_context(text), clock();
