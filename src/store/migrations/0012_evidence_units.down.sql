-- Undoes 0012_evidence_units.up.sql.
drop trigger receipt_evidence on receipt_event;
drop trigger run_evidence_inserted on run;
drop trigger run_evidence on run;
drop function project_receipts(), project_run();
drop view evidence_source;
drop table evidence_unit;
alter function require_tenant_context() parallel unsafe;
