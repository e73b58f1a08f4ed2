-- Undoes 0007_handoffs.up.sql. What was applied of handoffs stays in the events.
create or replace function keep_lease_closed() returns trigger
  language plpgsql as $$
begin
  raise exception 'a lease that is % stays so', old.status using errcode = 'check_violation';
end
$$;
drop index due_by_token;
drop table handoff;
