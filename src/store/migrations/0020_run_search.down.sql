-- Undoes 0020_run_search.up.sql.
drop index run_workflow;
drop index run_code_begins;
drop index run_principal_begins;
drop index run_correlation_begins;
drop index run_id_begins;
