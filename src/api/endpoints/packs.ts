import { z } from "@hono/zod-openapi";
import { assert, isCode, rejected } from "../../contracts/index.ts";
import { restoreTool, revokeTool } from "../../guard/index.ts";
import { activePacks } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { activatePack, audit } from "../administer.ts";
import { currentControl } from "../control.ts";
import { type Call, endpoint, NOTHING, type Reply, reply } from "../http/endpoint.ts";
import { checkPack } from "../pack-check.ts";
import { jsonObject, name, reason } from "../wire/parts.ts";

const DOCUMENT = z.strictObject({ document: z.string().min(1) });

const finding = z
  .strictObject({
    code: z.string(),
    message: z.string(),
    path: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    check_id: z.string().nullable(),
  })
  .openapi("CheckFinding");

export const checkPackEndpoint = endpoint({
  method: "post",
  path: "/v1/check",
  summary: "Run the compile checks on a pack's text",
  needs: ["read"],
  request: { ...NOTHING, body: DOCUMENT },
  statuses: { 200: "what was found; errors are an answer here" },
  answer: z.strictObject({
    ok: z.boolean(),
    digest: z.string().nullable(),
    errors: z.array(finding).readonly(),
    warnings: z.array(finding).readonly(),
    text: z.string(),
  }),
  async handle(_call, { body }) {
    const { compiled, errors, warnings, text } = checkPack(body.document);
    return reply({ ok: compiled !== null, digest: compiled?.config_hash ?? null, errors, warnings, text });
  },
});

const pack = z
  .strictObject({
    pack_id: name,
    name: z.string(),
    version: z.string(),
    digest: z.string(),
    state: z.string(),
    workflows: z
      .array(z.strictObject({ id: z.string(), name: z.string(), trigger: z.string(), input_schema: jsonObject }))
      .readonly(),
    tools: z
      .array(
        z.strictObject({
          name: z.string(),
          version: z.string(),
          side_effect_level: z.enum(["READ", "SOFT_WRITE", "HARD_WRITE", "FINANCIAL"]),
          revoked: z.boolean(),
          input_schema: jsonObject,
        }),
      )
      .readonly(),
  })
  .openapi("Pack");

export const listPacksEndpoint = endpoint({
  method: "get",
  path: "/v1/packs",
  summary: "List the active packs with their workflows and tools",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "the versions that new runs start on" },
  answer: z.strictObject({ packs: z.array(pack).readonly() }),
  async handle({ installation, caller }) {
    const control = await currentControl(installation, caller.tenantId);
    const states = await inTenant(installation.database, caller.tenantId, async (sql) => [...(await activePacks(sql))]);
    const released = new Set(control.packs);
    const packs = [...control.packs, ...control.unpromoted].map((compiled) => {
      const { pack, config_hash } = compiled;
      const state = states.find(({ digest }) => digest === config_hash)?.state ?? "SUNSET";
      return {
        pack_id: pack.id,
        name: pack.name,
        version: pack.version,
        digest: config_hash,
        state: released.has(compiled) ? state : "UNPROMOTED",
        workflows: pack.workflows.map(({ id, name, trigger }) => ({
          id,
          name,
          trigger: trigger.event_type ?? trigger.kind,
          input_schema: trigger.input_schema,
        })),
        tools: Object.values(pack.tools).map(({ name, version, side_effect_level, input_schema }) => ({
          name,
          version,
          side_effect_level,
          revoked: control.revoked.has(name),
          input_schema,
        })),
      };
    });
    return reply({ packs });
  },
});

export const activatePackEndpoint = endpoint({
  method: "post",
  path: "/v1/packs",
  summary: "Compile a pack and make it the version that new runs start on",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, body: DOCUMENT },
  statuses: { 201: "new runs start on it" },
  answer: z.strictObject({ pack_id: name, version: z.string(), digest: z.string() }),
  async handle({ installation, caller, nudge }, { body }) {
    const { compiled, errors, text } = checkPack(body.document);
    if (compiled === null) {
      const [first] = errors;
      assert(first !== undefined && isCode(first.code), "what does not compile has an error with one of our codes");
      const details = { errors: errors.map((error) => ({ ...error })), text };
      return rejected({ code: first.code, message: first.message, field_path: first.path, details });
    }
    const asked = { tenantId: caller.tenantId, pack: compiled, by: caller.principalId };
    const activated = await activatePack(installation, asked);
    if (!activated.ok) return activated;
    nudge();
    const { id: pack_id, version } = compiled.pack;
    return reply({ pack_id, version, digest: compiled.config_hash }, 201);
  },
});

const TOOL = z.strictObject({ tool: name });
const standing = z.strictObject({ tool: name, revoked: z.boolean() });

export const revokeToolEndpoint = endpoint({
  method: "post",
  path: "/v1/tools/{tool}/revoke",
  summary: "Withdraw a tool at once: its next call is refused, also in running runs",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: TOOL, body: z.strictObject({ reason }) },
  statuses: { 200: "the tool is withdrawn" },
  answer: standing,
  handle: (call, { params, body }) =>
    standingOf(call, params.tool, true, (sql) =>
      revokeTool(sql, {
        tool: params.tool,
        by: call.caller.principalId,
        reason: body.reason,
        at: call.installation.host.clock.now(),
      }),
    ),
});

export const restoreToolEndpoint = endpoint({
  method: "post",
  path: "/v1/tools/{tool}/restore",
  summary: "Give a withdrawn tool back",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: TOOL },
  statuses: { 200: "the tool may be called again" },
  answer: standing,
  handle: (call, { params }) =>
    standingOf(call, params.tool, false, (sql) => restoreTool(sql, params.tool, call.installation.host.clock.now())),
});

/** Only a tool that an active pack has can be withdrawn: a slip of the pen must not look like a success. */
async function standingOf(
  { installation, caller, nudge }: Call,
  tool: string,
  revoked: boolean,
  change: (sql: TenantQuery) => Promise<void>,
): Promise<Reply<z.output<typeof standing>>> {
  const { tenantId, principalId: by } = caller;
  const { packs } = await currentControl(installation, tenantId);
  if (!packs.some(({ pack }) => Object.hasOwn(pack.tools, tool))) {
    return rejected({ code: "TOOL_NOT_FOUND", message: `no active pack has a tool \`${tool}\`` });
  }
  await inTenant(installation.database, tenantId, async (sql) => {
    await change(sql);
    await audit(installation, sql, {
      tenantId,
      by,
      type: revoked ? "tool.revoked" : "tool.restored",
      payload: { tool },
    });
  });
  await installation.control.reread(tenantId);
  nudge();
  return reply({ tool, revoked });
}
