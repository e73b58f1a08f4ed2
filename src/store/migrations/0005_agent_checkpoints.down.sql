drop function write_outcome(text, bigint, jsonb);
alter function write_step_outcome(text, bigint, jsonb) rename to write_outcome;
drop function write_agent_rows(text, bigint, jsonb);
drop table agent_write;
drop table agent_checkpoint;
