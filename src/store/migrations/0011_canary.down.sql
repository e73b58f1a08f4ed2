-- Undoes 0011_canary.up.sql. The streams of environments stay.
drop trigger due_kept on due;
drop function keep_due();
revoke delete on due from countermark_app;
delete from due where kind = 'canary';
alter table due drop constraint due_canary_idle;
alter table due drop constraint due_kind_check;
alter table due add constraint due_kind_check check (kind in ('run', 'sweep'));
drop index due_canary;
alter table bundle drop column compat;
alter table bundle drop column built_by;
drop table promotion_approval;
drop table environment_setting;
drop table canary;
drop function keep_canary_ended();
drop function tell_of_canary();
