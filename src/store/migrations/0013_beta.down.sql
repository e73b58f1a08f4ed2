-- Undoes 0013_beta.up.sql.
drop table beta;
delete from hold where scope = 'beta';
alter table hold drop column basis;
alter table hold drop constraint hold_scope_check;
alter table hold add constraint hold_scope_check check (scope in ('all', 'dev', 'staging', 'prod'));
