-- Undoes 0010_waivers.up.sql.
alter table gate_evaluation drop column waivers;
drop table waiver;
drop function keep_waiver_ended();
