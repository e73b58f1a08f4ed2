-- Undoes 0008_environment.up.sql. The streams of environments stay.
drop table hold;
drop table environment;
drop table environment_bundle;
drop table bundle;
drop function keep_bundle_bad();
drop function keep_pointer_order();
drop function keep_hold_lifted();
