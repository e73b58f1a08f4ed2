-- What: the claim of one named run. Why: a scheduler that calls for runs one by one leases them by the same epochs as the
--       workers that look for what is due. Back: 0006_claim_run.down.sql drops the function; no data is touched.

/* Claims one run if it is due, as claim_due does. No row: it is not due, or somebody else is claiming or writing it. */
create function claim_run(p_worker text, p_tenant text, p_run text, p_lease_ms int)
  returns table (tenant_id text, kind text, id text, epoch bigint, claims int, previous_worker text, due_since timestamptz)
  language plpgsql as $$
#variable_conflict use_column
declare
  r record;
begin
  perform set_config('app.current_tenant_id', p_tenant, true);
  select d.epoch, d.claims, d.worker_id, d.due_at
    into r
    from due d
   where d.tenant_id = p_tenant and d.kind = 'run' and d.id = p_run and d.due_at <= clock()
     for update skip locked;
  if not found then
    return;
  end if;
  perform 1 from run where run.tenant_id = p_tenant and run.run_id = p_run for no key update skip locked;
  if not found then
    return;
  end if;
  update run set epoch = r.epoch + 1 where run.tenant_id = p_tenant and run.run_id = p_run;
  update due
     set worker_id = p_worker, epoch = r.epoch + 1, claims = r.claims + 1,
         due_at = clock() + make_interval(secs => p_lease_ms / 1000.0)
   where due.tenant_id = p_tenant and due.kind = 'run' and due.id = p_run;
  return query select p_tenant, 'run', p_run, r.epoch + 1, r.claims + 1, r.worker_id, r.due_at;
end
$$;

revoke execute on function claim_run(text, text, text, int) from public;
grant execute on function claim_run(text, text, text, int) to countermark_worker;
