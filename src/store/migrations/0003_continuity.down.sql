-- Undoes 0003_continuity.up.sql. Which takeovers were reported stays in the events.
drop function epoch_violations(text);
drop view takeover_effect_outcome;
drop index event_dedup;
drop trigger due_taken_over on due;
drop function note_takeover();
drop table worker, takeover_effect, takeover, lease;
drop function keep_lease_closed();
