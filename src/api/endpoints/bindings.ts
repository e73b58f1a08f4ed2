import { z } from "@hono/zod-openapi";
import { assert, type Refusal, rejected } from "../../contracts/index.ts";
import {
  type BindingRow,
  insertBinding,
  insertPrincipal,
  knownAs,
  listBindings,
  principalKind,
  revokeBinding,
} from "../../guard/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { audit } from "../administer.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { name, said, time, timeOf, timeOrNull } from "../wire/parts.ts";
import { principalName, role } from "../wire/principal.ts";
import { givingBar } from "./administration.ts";
import { KEEPERS } from "./keys.ts";

/* What lets people in who sign in at the issuer. Nothing is bound until somebody who makes keys binds it. */

const binding = z
  .strictObject({
    binding_id: name,
    issuer: z.string(),
    claim: z.enum(["subject", "email", "group"]),
    value: z.string(),
    /** Null for a group: each of its people is a principal of their own. */
    principal_id: name.nullable(),
    role,
    created_at: time,
    created_by: name,
    /** Null: it counts. */
    revoked_at: time.nullable(),
  })
  .openapi("SignInBinding");

const bindingView = (row: BindingRow): z.output<typeof binding> => ({
  ...row,
  created_at: timeOf(row.created_at),
  revoked_at: timeOrNull(row.revoked_at),
});

const NOT_CONFIGURED = rejected({ code: "OIDC_NOT_CONFIGURED", message: "this server knows no issuer to bind" });

export const listBindingsEndpoint = endpoint({
  method: "get",
  path: "/v1/bindings",
  summary: "List what lets people in who sign in at the issuer, in the order in which it counts",
  needs: KEEPERS,
  request: NOTHING,
  statuses: { 200: "the bindings of subjects, of addresses, of groups; those that ended last" },
  answer: z.strictObject({ bindings: z.array(binding).readonly() }),
  async handle({ installation, caller }) {
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) => [...(await listBindings(sql))]);
    return reply({ bindings: rows.map(bindingView) });
  },
});

export const addBindingEndpoint = endpoint({
  method: "post",
  path: "/v1/bindings",
  summary: "Let a subject, a verified address or a group of the issuer in",
  description:
    "A subject or an address becomes the principal named, who may have keys too and stays one person; each of a group's people becomes a " +
    "principal of their own. Of several bindings that fit somebody the subject's counts, then the address's, then the oldest group's.",
  needs: KEEPERS,
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({
      tenant_id: name.optional(),
      claim: z.enum(["subject", "email", "group"]),
      value: z.string().min(1).max(255),
      principal_id: principalName.optional(),
      role,
    }),
  },
  statuses: { 201: "whoever signs in with this claim is let in" },
  answer: binding,
  async handle(call, { body }) {
    const { installation, caller, issuer } = call;
    if (issuer === null) return NOT_CONFIGURED;
    const { tenant_id: tenantId = caller.tenantId, claim, principal_id = null, role } = body;
    if ((claim === "group") !== (principal_id === null)) return rejected(OF_ONE_PERSON);
    const bar = await givingBar(installation, caller, { tenantId, role, request: "POST /v1/bindings" });
    if (bar !== null) return bar;
    const row: BindingRow = {
      binding_id: installation.host.ids.next(),
      issuer: issuer.settings.issuer,
      claim,
      value: claim === "email" ? body.value.toLowerCase() : body.value,
      principal_id,
      role,
      created_at: installation.host.clock.now(),
      created_by: caller.principalId,
      revoked_at: null,
    };
    const refusal = await inTenant(installation.database, tenantId, (sql) => bind(call, sql, { row, tenantId }));
    return refusal === null ? reply(bindingView(row), 201) : rejected(refusal);
  },
});

const OF_ONE_PERSON: Refusal = {
  code: "REQUEST_INVALID",
  message: "`$.principal_id`: a subject and an address are one principal's, a group is nobody's",
  field_path: "$.principal_id",
};

interface Bound {
  readonly row: BindingRow;
  readonly tenantId: string;
}

/** Why a binding was not made; null where it was. */
async function bind(
  { installation, caller }: Call,
  sql: TenantQuery,
  { row, tenantId }: Bound,
): Promise<Refusal | null> {
  const { binding_id, issuer, claim, value, principal_id: principalId, role, created_at: at } = row;
  if (principalId !== null) {
    const bar = await personBar(sql, row, principalId);
    if (bar !== null) return bar;
    await insertPrincipal(sql, { principalId, kind: "person", name: principalId, at });
  }
  if ((await insertBinding(sql, row)).length === 0)
    return { code: "BINDING_EXISTS", message: `${claim} \`${value}\` is bound already` };
  const payload = { binding_id, issuer, claim, value, principal_id: principalId, role };
  await audit(installation, sql, { tenantId, by: caller.principalId, type: "binding.added", payload });
  return null;
}

/** Only people sign in, and one subject is one of them. */
async function personBar(
  sql: TenantQuery,
  { issuer, claim, value }: BindingRow,
  principalId: string,
): Promise<Refusal | null> {
  const kind = (await principalKind(sql, principalId)) ?? "person";
  if (kind !== "person")
    return {
      code: "REQUEST_INVALID",
      message: `\`${principalId}\` is a ${kind}: only people sign in`,
      field_path: "$.principal_id",
    };
  if (claim !== "subject") return null;
  const other = (await knownAs(sql, { issuer, subject: value }, principalId)).find(
    (known) => known.subject !== value || known.principal_id !== principalId,
  );
  if (other === undefined) return null;
  return { code: "OIDC_IDENTITY_TAKEN", message: `\`${other.subject}\` is known as \`${other.principal_id}\`` };
}

export const removeBindingEndpoint = endpoint({
  method: "post",
  path: "/v1/bindings/{binding_id}/remove",
  summary: "Let nobody in by a binding any more",
  description:
    "The next request of every browser that signed in by it is refused; what its people did stays theirs, and they stay known.",
  needs: KEEPERS,
  idempotent: true,
  request: {
    ...NOTHING,
    params: z.strictObject({ binding_id: name }),
    body: z.strictObject({ reason: said.default("") }),
  },
  statuses: { 200: "the binding has ended; asked again, nothing changes" },
  answer: binding,
  async handle({ installation, caller }, { params: { binding_id }, body: { reason } }) {
    const { tenantId, principalId: by } = caller;
    const removed = await inTenant(installation.database, tenantId, async (sql) => {
      const ended = await revokeBinding(sql, binding_id, installation.host.clock.now());
      const payload = { binding_id, reason };
      if (ended.count > 0) await audit(installation, sql, { tenantId, by, type: "binding.removed", payload });
      return (await listBindings(sql)).find((one) => one.binding_id === binding_id);
    });
    if (removed === undefined)
      return rejected({ code: "BINDING_NOT_FOUND", message: `there is no binding \`${binding_id}\`` });
    assert(removed.revoked_at !== null, "a binding that was ended has ended");
    return reply(bindingView(removed));
  },
});
