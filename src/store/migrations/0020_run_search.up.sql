-- What: ways to find runs by how an id or a code begins, and by workflow. Why: a search read every run of its tenant. An index of a
--       prefix is in the order of bytes, whatever order the database has otherwise.
--       Back: 0020_run_search.down.sql drops them; searches find the same, slower.

create index run_id_begins on run (tenant_id, run_id collate "C");
create index run_correlation_begins on run (tenant_id, correlation_id collate "C");
create index run_principal_begins on run (tenant_id, principal_id collate "C");
create index run_code_begins on run (tenant_id, code collate "C") where code is not null;
create index run_workflow on run (tenant_id, workflow_id, run_id);
