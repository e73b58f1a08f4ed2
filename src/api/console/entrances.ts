import { type Host, type Refusal, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import {
  type Entrance,
  insertIdentity,
  insertPrincipal,
  insertSubjectKey,
  KEY_BYTES,
  knownAs,
  resolveIdentity,
  subjectKey,
} from "../../guard/index.ts";
import { asFault, inTenant, type TenantQuery } from "../../store/index.ts";
import { audit } from "../administer.ts";
import type { Installation } from "../installation.ts";
import type { Claimed } from "./claims.ts";
import { GRANTS_MAX, type Session } from "./session.ts";

/*
 * From claims to grants.
 *
 * E1  Nothing is let in that no binding names: of each tenant, the one binding that counts for the claims decides.
 * E2  One subject is one principal of a tenant, and one principal one subject of an issuer, for ever; a second of either is refused.
 * E3  A principal that exists already is somebody's: only a binding that names it makes a subject that principal.
 * E4  The grant is the SHA-256 of a key that nobody holds, so requests look it up like any other; it counts while its binding does.
 */

type Ports = Pick<Installation, "database" | "host">;

/** The grants that somebody's claims give. Refused with OIDC_UNBOUND, OIDC_EMAIL_UNVERIFIED, OIDC_IDENTITY_TAKEN. */
export async function enter(ports: Ports, claimed: Claimed): Promise<Result<Session["grants"]>> {
  const grants: [string, string][] = [];
  let refusal = claimed.isEmailUnverified ? UNVERIFIED : unbound(claimed);
  for (const entrance of (await entrancesOf(ports, claimed)).slice(0, GRANTS_MAX)) {
    const entered = await inTenant(ports.database, entrance.tenant_id, (sql) =>
      enterTenant(ports, sql, { entrance, claimed }),
    );
    if (entered.ok) grants.push([entrance.tenant_id, entered.value]);
    else refusal = entered.refusal;
  }
  return grants.length === 0 ? rejected(refusal) : { ok: true, value: Object.fromEntries(grants) };
}

const UNVERIFIED: Refusal = {
  code: "OIDC_EMAIL_UNVERIFIED",
  message: "your issuer does not vouch for your e-mail address, and nothing else of you is bound here",
};

const unbound = ({ subject }: Claimed): Refusal => ({
  code: "OIDC_UNBOUND",
  message: `no tenant lets in \`${subject}\``,
});

async function entrancesOf({ database }: Ports, claimed: Claimed): Promise<readonly Entrance[]> {
  try {
    return await resolveIdentity(database.app, claimed);
  } catch (error) {
    throw asFault(error);
  }
}

interface Entering {
  readonly entrance: Entrance;
  readonly claimed: Claimed;
}

async function enterTenant({ host }: Ports, sql: TenantQuery, entering: Entering): Promise<Result<string>> {
  const { binding_id: bindingId, tenant_id: tenantId, role } = entering.entrance;
  const { issuer, subject } = entering.claimed;
  const principalId = await principalOf(host, sql, entering);
  if (principalId === null) return rejected(taken(subject));
  const [at, sha256] = [host.clock.now(), sha256Hex(host.random.bytes(KEY_BYTES))];
  await insertSubjectKey(sql, { keyId: host.ids.next(), bindingId, subject, principalId, sha256, role, at });
  const held = await subjectKey(sql, { bindingId, subject });
  if (held === undefined) return rejected({ code: "OIDC_UNBOUND", message: `\`${subject}\` is let in no more` });
  const payload = { issuer, subject, binding_id: bindingId, role };
  await audit({ host }, sql, { tenantId, by: principalId, type: "identity.signed_in", payload });
  return { ok: true, value: held };
}

/** The principal that a subject is, noted when it first signs in; null where E2 or E3 forbids it. */
async function principalOf(host: Host, sql: TenantQuery, { entrance, claimed }: Entering): Promise<string | null> {
  const { principal_id: bound, tenant_id: tenantId } = entrance;
  const { issuer, subject } = claimed;
  const known = (await knownAs(sql, claimed, bound)).find((one) => one.subject === subject);
  if (known !== undefined) return bound === null || bound === known.principal_id ? known.principal_id : null; // E2
  const principalId = bound ?? newPrincipal(claimed);
  const at = host.clock.now();
  const made = await insertPrincipal(sql, { principalId, kind: "person", name: principalId, at });
  if (bound === null && made.count === 0) return null; // E3
  const noted = await insertIdentity(sql, { issuer, subject, principalId, at });
  if (noted.length === 0) return null; // E2
  await audit({ host }, sql, { tenantId, by: principalId, type: "identity.known", payload: { issuer, subject } });
  return principalId;
}

const PRINCIPAL = /^[A-Za-z0-9@._-]{1,255}$/;
const DIGITS = 16;

/** Somebody of a group by their verified address, else by their subject. */
const newPrincipal = ({ email, issuer, subject }: Claimed): string =>
  email !== null && PRINCIPAL.test(email) ? email : `oidc-${sha256Hex(`${issuer}\n${subject}`).slice(0, DIGITS)}`;

const taken = (subject: string): Refusal => ({
  code: "OIDC_IDENTITY_TAKEN",
  message: `\`${subject}\` cannot be told from somebody who is here already`,
});
