import { z } from "@hono/zod-openapi";
import { isJsonObject, parseJson, rejected } from "../../contracts/index.ts";
import { readStreamOf } from "../../ledger/index.ts";
import { currentOf, heldBundles, REPORTED, reportSince, streamOf } from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { jsonObject, name, time } from "../wire/parts.ts";
import { ENVIRONMENT, environment } from "./environment-acts.ts";

const status = z.enum(["passed", "failed", "unverified"]);
const pointer = z.strictObject({ bundle_id: name, root_digest: name });

const report = z
  .strictObject({
    contract: z.literal("release_bundle_promotion_v2"),
    generated_at: time,
    status,
    environment,
    source_environment: environment.nullable(),
    bundle_id: name,
    root_digest: name,
    checks: z
      .array(
        z.strictObject({
          check_id: z.string(),
          passed: z.boolean(),
          outcome: z.enum(["pass", "fail", "unknown", "not_applicable"]),
          detail: z.string(),
        }),
      )
      .readonly(),
    gate_decision: z.enum(["go", "conditional-go", "no-go", "unverified"]),
    promotion_readiness_status: z.enum([...status.options, "not_applicable"]),
    approvals: z.array(z.strictObject({ approval_id: name, approver: name, role: name })).readonly(),
    /** That decisions rest on which let it through. */
    waivers: z.array(name).readonly(),
    source: jsonObject.nullable(),
    previous_bundle_id: name.nullable(),
    /** What the environment holds now; null for nothing. */
    current_pointer: pointer.nullable(),
    lineage_digest: z.string().nullable(),
  })
  .openapi("PromotionReport");

/** Entries of an environment's stream that are read; more than anybody makes. */
const ENTRIES_MAX = 10_000;

export const promotionReportEndpoint = endpoint({
  method: "get",
  path: "/v1/environments/{environment}/promotion",
  summary: "Report the last promotion into an environment: what it was decided on, and how the bundle has done since",
  needs: ["read"],
  request: { ...NOTHING, params: ENVIRONMENT },
  statuses: { 200: "the report (`release_bundle_promotion_v2`)" },
  answer: report,
  async handle({ installation, caller }, { params }) {
    const { environment: named } = params;
    return inTenant(installation.database, caller.tenantId, async (sql) => {
      const events = await readStreamOf(sql, {
        stream: streamOf(named),
        types: REPORTED,
        after: 0,
        limit: ENTRIES_MAX,
      });
      const entries = events.map(({ seq, type, payload }) => {
        const parsed = parseJson(payload ?? "{}");
        return { seq, type, payload: parsed.ok && isJsonObject(parsed.value) ? parsed.value : {} };
      });
      const current = currentOf(await heldBundles(sql), named) ?? null;
      const found = reportSince(entries, { current, at: installation.host.clock.now() });
      return found === null
        ? rejected({ code: "PROMOTION_NOT_RECORDED", message: `no promotion into ${named} is recorded with a report` })
        : reply(report.parse(found));
    });
  },
});
