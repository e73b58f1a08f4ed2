import { z } from "@hono/zod-openapi";
import { type Refusal, rejected } from "../../contracts/index.ts";
import { type KeyRow, listKeys, lockKeys, type Role, revokeKey } from "../../guard/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { audit } from "../administer.ts";
import type { Caller } from "../http/caller.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { hasRight, type Right } from "../http/rights.ts";
import { name, said, time, timeOf, timeOrNull } from "../wire/parts.ts";
import { kind, role } from "../wire/principal.ts";

/* Keys as they are known after they were made: by their ids. */

export const KEEPERS: readonly Right[] = ["administer", "install"];

const key = z
  .strictObject({
    key_id: name,
    principal_id: name,
    kind: kind,
    role,
    created_at: time,
    /** Null: it counts. */
    revoked_at: time.nullable(),
    /** The binding by which its holder signs in; null: it was handed out. */
    binding_id: name.nullable(),
    /** Whether the request was made with it. */
    is_yours: z.boolean(),
  })
  .openapi("ApiKey");

const keyView = ({ key_sha256, ...row }: KeyRow, { keySha256 }: Caller): z.output<typeof key> => ({
  ...row,
  created_at: timeOf(row.created_at),
  revoked_at: timeOrNull(row.revoked_at),
  is_yours: key_sha256 === keySha256,
});

export const listKeysEndpoint = endpoint({
  method: "get",
  path: "/v1/keys",
  summary: "List the tenant's keys, whose they are and what they may do",
  needs: KEEPERS,
  request: NOTHING,
  statuses: { 200: "the keys by principal, the newest of each first; no answer holds a key itself" },
  answer: z.strictObject({ keys: z.array(key).readonly() }),
  async handle({ installation, caller }) {
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) => [...(await listKeys(sql))]);
    return reply({ keys: rows.map((row) => keyView(row, caller)) });
  },
});

export const revokeKeyEndpoint = endpoint({
  method: "post",
  path: "/v1/keys/{key_id}/revoke",
  summary: "End a key for ever",
  description:
    "Its next request is refused, and so is that of every browser that signed in with it; what its principal did stays theirs. The last key " +
    "that could make others is refused with KEY_IS_LAST.",
  needs: KEEPERS,
  idempotent: true,
  request: {
    ...NOTHING,
    params: z.strictObject({ key_id: name }),
    body: z.strictObject({ reason: said.default("") }),
  },
  statuses: { 200: "the key has ended; asked again, nothing changes" },
  answer: key,
  async handle(call, { params: { key_id }, body: { reason } }) {
    const { installation, caller } = call;
    const done = await inTenant(installation.database, caller.tenantId, (sql) => revoke(call, sql, { key_id, reason }));
    return "message" in done ? rejected(done) : reply(keyView(done, caller));
  },
});

/** The key after it was revoked, or why it was not. */
async function revoke(
  { installation, caller }: Call,
  sql: TenantQuery,
  { key_id, reason }: { readonly key_id: string; readonly reason: string },
): Promise<KeyRow | Refusal> {
  const counting = await lockKeys(sql);
  const find = async () => (await listKeys(sql)).find((one) => one.key_id === key_id);
  const found = await find();
  if (found === undefined) return { code: "KEY_NOT_FOUND", message: `there is no key \`${key_id}\`` };
  if (found.revoked_at !== null) return found;
  if (keeps(found.role) && !counting.some((one) => one.key_id !== key_id && keeps(one.role)))
    return { code: "KEY_IS_LAST", message: `\`${key_id}\` is the last key that can make others` };
  const at = installation.host.clock.now();
  await revokeKey(sql, key_id, at);
  const payload = { key_id, principal_id: found.principal_id, role: found.role, reason };
  await audit(installation, sql, { tenantId: caller.tenantId, by: caller.principalId, type: "key.revoked", payload });
  return { ...found, revoked_at: at };
}

const keeps = (role: Role): boolean => hasRight(role, KEEPERS);
