import { accepted, assert, type Refusal, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import { type PrincipalKind, principalKind, type Role, resolveKey } from "../../guard/index.ts";
import { asFault, type Database, inTenant } from "../../store/index.ts";

/** Who asks, as the key says. Nothing else in a request has a say in it. */
export interface Caller {
  readonly tenantId: string;
  readonly principalId: string;
  readonly kind: PrincipalKind;
  readonly role: Role;
}

const BEARER = /^Bearer (cmk_[A-Za-z0-9_-]{16,200})$/i;

/** Whose key an `Authorization` header carries. Refused with UNAUTHENTICATED, which never says what was wrong with it. */
export async function authenticate(
  database: Pick<Database, "app">,
  header: string | undefined,
): Promise<Result<Caller>> {
  const key = BEARER.exec(header ?? "")?.[1];
  if (key === undefined) return rejected(UNAUTHENTICATED);
  const owner = await ownerOf(database, key);
  if (owner === undefined) return rejected(UNAUTHENTICATED);
  const { tenant_id: tenantId, principal_id: principalId, role } = owner;
  const kind = await inTenant(database, tenantId, (sql) => principalKind(sql, principalId));
  assert(kind !== undefined, "a key belongs to a principal");
  return accepted({ tenantId, principalId, kind, role });
}

const UNAUTHENTICATED: Refusal = { code: "UNAUTHENTICATED", message: "no valid key was given" };

async function ownerOf({ app }: Pick<Database, "app">, key: string) {
  try {
    return await resolveKey(app, sha256Hex(key));
  } catch (error) {
    throw asFault(error);
  }
}
