-- Undoes 0006_claim_run.up.sql.
drop function claim_run(text, text, text, int);
