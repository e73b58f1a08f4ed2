import { z } from "@hono/zod-openapi";
import { type Result, rejected } from "../../contracts/index.ts";
import {
  type Lineage,
  lineageOfDecision,
  type OpenedBundle,
  openBundle,
  recordedLineage,
  STAGES,
  storedBundle,
} from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { name } from "../wire/parts.ts";

/** A lineage's own shape is in its `contract`; the reference describes it. */
const lineage = z.record(z.string(), z.unknown()).openapi("Lineage");

export const lineageEndpoint = endpoint({
  method: "post",
  path: "/v1/lineage",
  summary: "Trace what a bundle or a decision came from, from nothing but the record",
  description:
    "Name a bundle by its text, its id or its root digest, or a recorded decision. Changes nothing. What has to be there and was " +
    "not seen stands in the lineage as missing: that it is not complete is an answer here, not an error.",
  needs: ["read"],
  request: {
    ...NOTHING,
    body: z.strictObject({
      /** The bundle's text, where it was not promoted yet. */
      bundle: z.string().min(1).optional(),
      bundle_id: name.optional(),
      /** An evaluation's id, or its decision's digest. */
      decision: name.optional(),
      /** As far as the bundle came, unless told. */
      stage: z.enum(STAGES).optional(),
    }),
  },
  statuses: { 200: "the lineage, complete or not" },
  answer: z.strictObject({ lineage }),
  async handle({ installation, caller }, { body }) {
    const { bundle, bundle_id, decision, stage = null } = body;
    const asked = [bundle, bundle_id, decision].filter((one) => one !== undefined).length;
    if (asked !== 1)
      return rejected({
        code: "REQUEST_INVALID",
        message: "give one of `bundle`, `bundle_id` and `decision`",
        field_path: "$.bundle",
      });
    const traced = await inTenant(installation.database, caller.tenantId, async (sql): Promise<Result<Lineage>> => {
      if (decision !== undefined) return ofBundle(await lineageOfDecision(installation, sql, decision));
      const opened: Result<OpenedBundle> =
        bundle === undefined
          ? await storedBundle(installation, sql, bundle_id ?? "")
          : openBundle(new TextEncoder().encode(bundle));
      if (!opened.ok) return opened;
      const made = await recordedLineage(installation, sql, { opened: opened.value, environment: null, stage });
      return { ok: true, value: made };
    });
    return traced.ok ? reply({ lineage: { ...traced.value } }) : traced;
  },
});

const ofBundle = (found: Result<Lineage | null>): Result<Lineage> => {
  if (!found.ok) return found;
  return found.value === null
    ? rejected({ code: "BUNDLE_NOT_FOUND", message: "the decision is about no bundle that was promoted" })
    : { ok: true, value: found.value };
};
