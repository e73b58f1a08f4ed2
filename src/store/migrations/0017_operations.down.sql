-- Undoes 0017_operations.up.sql.
drop index event_refused;
drop index takeover_detected;
drop trigger breaker_changed on breaker;
drop trigger breaker_begun on breaker;
drop function note_breaker_change();
drop table breaker_change;
