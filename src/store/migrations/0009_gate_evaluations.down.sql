-- Undoes 0009_gate_evaluations.up.sql.
drop index receipt_created;
drop index run_ended;
drop table gate_evaluation;
