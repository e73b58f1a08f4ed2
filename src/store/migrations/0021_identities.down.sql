-- Undoes 0021_identities.up.sql.
drop function resolve_identity(text, text, text, text[]);
create or replace function resolve_api_key(sha256 text)
  returns table (tenant_id text, key_id text, principal_id text, role text)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select k.tenant_id, k.key_id, k.principal_id, k.role
    from api_key k join tenant t using (tenant_id)
   where k.key_sha256 = sha256 and k.revoked_at is null and t.status <> 'CLOSED'
$$;
-- Of every tenant: the owner is held by row security too, while it is forced.
alter table api_key no force row level security;
delete from api_key where binding_id is not null;
alter table api_key force row level security;
alter table api_key drop column binding_id, drop column subject;
drop table identity;
drop table sign_in_binding;
