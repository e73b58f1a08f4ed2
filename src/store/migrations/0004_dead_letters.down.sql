drop function upgrade_run(text, bigint, text, jsonb);
drop trigger run_status on run;
drop function keep_run_status();
drop trigger inbound_event_dead_letter on inbound_event;
drop function keep_webhook_letter();
drop trigger event_dead_letter on event;
drop function keep_run_letter();
drop table dead_letter;
drop function keep_review();
