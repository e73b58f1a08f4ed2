-- What: identities of an OpenID issuer, and what in their claims gives whom a role. Why: people sign in without a key, and what they
--       may do ends at once with the binding that gave it.
--       Back: 0021_identities.down.sql drops them, and every key that such a sign-in made.

create table sign_in_binding (
  tenant_id text not null references tenant on delete restrict,
  binding_id text not null,
  issuer text not null,
  claim text not null check (claim in ('subject', 'email', 'group')),
  value text not null check (value <> ''),
  -- Of one person; a group has many, each of whom is a principal by their identity.
  principal_id text check ((principal_id is null) = (claim = 'group')),
  role text not null check (role in ('viewer', 'operator', 'approver', 'admin', 'installer')),
  created_at timestamptz not null,
  created_by text not null,
  revoked_at timestamptz,
  primary key (tenant_id, binding_id),
  foreign key (tenant_id, principal_id) references principal on delete restrict,
  check (claim <> 'email' or value = lower(value))
);
create unique index binding_counts on sign_in_binding (issuer, claim, value, tenant_id) where revoked_at is null;

-- Who a subject is here, for ever: one subject of an issuer is one principal, and one principal is one subject of an issuer.
create table identity (
  tenant_id text not null references tenant on delete restrict,
  issuer text not null,
  subject text not null check (subject <> ''),
  principal_id text not null,
  known_at timestamptz not null,
  primary key (tenant_id, issuer, subject),
  unique (tenant_id, issuer, principal_id),
  foreign key (tenant_id, principal_id) references principal on delete restrict
);

-- A key that no person holds: browsers that signed in by the binding, as this subject, stand for it.
alter table api_key
  add column binding_id text,
  add column subject text,
  add constraint api_key_of_binding check ((binding_id is null) = (subject is null)),
  add constraint api_key_binding foreign key (tenant_id, binding_id) references sign_in_binding on delete restrict;
create unique index api_key_of_subject on api_key (tenant_id, binding_id, subject) where binding_id is not null;

do $$
declare
  t text;
begin
  foreach t in array array['sign_in_binding', 'identity'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy own_tenant on %I to countermark_app using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))'
      ' with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), ''''))', t);
    execute format('grant select, insert on %I to countermark_app', t);
  end loop;
end
$$;
grant update (revoked_at) on sign_in_binding to countermark_app;
grant select on sign_in_binding to countermark_resolver;
create policy resolve on sign_in_binding for select to countermark_resolver using (true);

/* A key counts while the binding that made it does. */
create or replace function resolve_api_key(sha256 text)
  returns table (tenant_id text, key_id text, principal_id text, role text)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select k.tenant_id, k.key_id, k.principal_id, k.role
    from api_key k
    join tenant t using (tenant_id)
    left join sign_in_binding b using (tenant_id, binding_id)
   where k.key_sha256 = sha256 and k.revoked_at is null and b.revoked_at is null and t.status <> 'CLOSED'
$$;

/* The one binding by which claims count in each tenant: of the subject before the address before a group, then the oldest. */
create function resolve_identity(of_issuer text, of_subject text, of_email text, of_groups text[])
  returns table (tenant_id text, binding_id text, claim text, principal_id text, role text)
  language sql stable security definer set search_path = countermark, pg_temp as $$
  select distinct on (b.tenant_id) b.tenant_id, b.binding_id, b.claim, b.principal_id, b.role
    from sign_in_binding b join tenant t using (tenant_id)
   where b.issuer = of_issuer and b.revoked_at is null and t.status <> 'CLOSED'
     and (   (b.claim = 'subject' and b.value = of_subject)
          or (b.claim = 'email' and b.value = of_email)
          or (b.claim = 'group' and b.value = any(of_groups)))
   order by b.tenant_id, array_position(array['subject', 'email', 'group'], b.claim), b.created_at, b.binding_id
$$;
grant create on schema countermark to countermark_resolver;
alter function resolve_identity(text, text, text, text[]) owner to countermark_resolver;
revoke create on schema countermark from countermark_resolver;
