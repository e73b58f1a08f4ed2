-- Undoes 0002_commit_path.up.sql.
drop function renew_leases(text, text[], text[], bigint[], int);
drop function claim_due(text, int, int);
drop function commit_flush;
drop function write_extras(text[], bigint[], jsonb[]);
drop function write_outcome(text, bigint, jsonb);
drop function write_records(text[], bigint[], jsonb[]);
drop function make_claims(text, bigint, jsonb);
drop function claim_keys(text[], bigint[], jsonb[]);
drop function claims_key_alone(jsonb);
drop function request_approval(text, jsonb);
drop function tell_run(text, text, text, text, text, timestamptz);
drop function begin_run(jsonb);
