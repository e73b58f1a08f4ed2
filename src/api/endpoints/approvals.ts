import { z } from "@hono/zod-openapi";
import {
  type ApprovalRow,
  approvalToken,
  decide,
  decisionsOf,
  findApproval,
  listApprovals,
  readPreview,
} from "../../approve/index.ts";
import { rejected } from "../../contracts/index.ts";
import { inTenant } from "../../store/index.ts";
import { currentControl } from "../control.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import {
  approval,
  approvalStatus,
  approvalView,
  decisionBar,
  listedApproval,
  listedApprovals,
} from "../wire/approval.ts";
import { limit, name, reason } from "../wire/parts.ts";

const APPROVAL_ID = z.strictObject({ approval_id: name });

export const listApprovalsEndpoint = endpoint({
  method: "get",
  path: "/v1/approvals",
  summary: "List approvals, oldest first",
  needs: ["read"],
  request: { ...NOTHING, query: z.strictObject({ status: approvalStatus.optional(), limit }) },
  statuses: { 200: "the approvals of that status, or of any" },
  answer: z.strictObject({ approvals: z.array(listedApproval).readonly() }),
  async handle({ installation, caller }, { query }) {
    const approvals = await inTenant(installation.database, caller.tenantId, async (sql) =>
      listedApprovals(sql, await listApprovals(sql, query.status ?? null, query.limit)),
    );
    return reply({ approvals });
  },
});

export const showApprovalEndpoint = endpoint({
  method: "get",
  path: "/v1/approvals/{approval_id}",
  summary: "Show an approval: what exactly is asked, who decided, and what you may do",
  needs: ["read"],
  request: { ...NOTHING, params: APPROVAL_ID },
  statuses: { 200: "the approval, with the token where you may decide it now" },
  answer: approval,
  async handle({ installation, caller }, { params }) {
    const found = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findApproval(sql, params.approval_id);
      if (row === undefined) return undefined;
      const preview = await readPreview(sql, installation.artifacts, row.preview_sha256);
      return { row, preview, decisions: await decisionsOf(sql, row.approval_id) };
    });
    if (found === undefined) {
      return rejected({ code: "APPROVAL_NOT_FOUND", message: `there is no approval \`${params.approval_id}\`` });
    }
    const { row, decisions, preview } = found;
    const { secrets } = await currentControl(installation, caller.tenantId);
    const bar = decisionBar(row, decisions, { caller, now: installation.host.clock.now() });
    const tool = installation.registry.find(row.tool_name, row.tool_version);
    const level = tool.ok ? tool.value.contract.side_effect_level : null;
    return reply(approvalView(row, decisions, { preview, bar, level, token: tokenOf(row, secrets.tokenKey) }));
  },
});

/** The present token of an approval. It is stored nowhere; it follows from what it is bound to. */
const tokenOf = (row: ApprovalRow, secret: Uint8Array): string =>
  approvalToken(
    {
      approval_id: row.approval_id,
      escalation_level: row.escalation_level,
      run_id: row.run_id,
      step_id: row.step_id,
      attempt: row.attempt,
      params_fingerprint: row.params_fingerprint,
      preview_sha256: row.preview_sha256,
      base: JSON.parse(row.base),
    },
    secret,
  );

export const decideEndpoint = endpoint({
  method: "post",
  path: "/v1/approvals/{approval_id}/decision",
  summary: "Approve or deny",
  description: "Echo the token and the preview's hash as they were shown: the decision is about exactly that.",
  needs: ["approve"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: APPROVAL_ID,
    body: z.strictObject({
      decision: z.enum(["APPROVE", "DENY"]),
      token: z.string().min(1).max(200),
      preview_sha256: z.string().min(1).max(200),
      reason: reason.optional(),
    }),
  },
  statuses: { 200: "the decision was taken; `missing` more are needed" },
  answer: z.strictObject({ approval_id: name, status: approvalStatus, missing: z.int() }),
  async handle({ installation, caller, nudge }, { params, body }) {
    const decided = await decide(installation, {
      tenantId: caller.tenantId,
      approvalId: params.approval_id,
      decision: body.decision,
      approver: caller,
      token: body.token,
      previewSha256: body.preview_sha256,
      reason: body.reason ?? null,
    });
    nudge(); // also where a drifted base voided it
    if (!decided.ok) return decided;
    return reply({ approval_id: params.approval_id, status: decided.status, missing: decided.missing });
  },
});
