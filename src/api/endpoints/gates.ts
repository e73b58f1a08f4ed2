import { z } from "@hono/zod-openapi";
import { parseInstant, type Refusal, rejected } from "../../contracts/index.ts";
import {
  countEvaluations,
  type EvaluationRow,
  findEvaluation,
  listEvaluations,
  rebuildUnits,
} from "../../gate/index.ts";
import { lineageOfEvaluation, packetIn, storedPacket, storedPage, tracedPage } from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { backtestPolicy, evaluatePolicy } from "../evaluate-policy.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { recountLedger } from "../recount.ts";
import { digest, limit, name, nextOf, time, timeOf } from "../wire/parts.ts";

export const evaluation = z
  .strictObject({
    evaluation_id: name,
    policy_id: name,
    policy_version: name,
    policy_sha256: digest,
    profile: z.string().nullable(),
    subject: z.string().nullable(),
    source: z.enum(["ledger", "imported"]),
    verdict: z.enum(["GO", "NO-GO"]),
    cause: z.enum(["failed", "missing"]).nullable(),
    decision_sha256: digest,
    evidence_sha256: digest,
    packet_sha256: digest,
    decided_at: time,
    valid_until: time,
    /** Waivers that it rests on. */
    waivers: z.array(name).readonly(),
    recorded_at: time,
    recorded_by: name,
  })
  .openapi("GateEvaluation");

export const evaluationView = ({
  decided_at,
  valid_until,
  recorded_at,
  ...rest
}: EvaluationRow): z.output<typeof evaluation> => ({
  ...rest,
  decided_at: timeOf(decided_at),
  valid_until: timeOf(valid_until),
  recorded_at: timeOf(recorded_at),
});

/** A decision's own shape is in its `schema`; the reference describes it. */
const decision = z.record(z.string(), z.unknown()).openapi("Decision");

const recorded = z.strictObject({
  evaluation,
  /** Evaluations of this policy about this subject so far, this one with them. */
  count: z.int().positive(),
  decision,
});

const place = z.string().min(1).max(200).nullable().default(null);

const EVALUATION_FILE = z.strictObject({ name: z.string().min(1).max(200), text: z.string() });

export const evaluateGateEndpoint = endpoint({
  method: "post",
  path: "/v1/gates/evaluations",
  summary: "Evaluate a gate policy on what the ledger holds, or on evidence that is brought, and record it",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({
      policy: z.string().min(1),
      profile: z.string().nullable().default(null),
      subject: z.string().min(1).max(200).nullable().default(null),
      /** Judge only what ran on this version of a pack. */
      pack_digest: digest.nullable().default(null),
      evidence: z.array(EVALUATION_FILE).min(1).nullable().default(null),
      at: z.string().nullable().default(null),
      /** What waivers have to be for; one that is not given is not asked of them. */
      branch: place,
      environment: place,
      commit: place,
    }),
  },
  statuses: { 201: "the decision, GO or NO-GO, and how often this was evaluated" },
  answer: recorded,
  async handle({ installation, caller }, { body }) {
    const decidedAt = body.at === null ? null : parseInstant(body.at);
    if (decidedAt === undefined)
      return rejected({ code: "REQUEST_INVALID", message: "`$.at`: is no instant", field_path: "$.at" });
    const { at: _, pack_digest: packDigest, ...rest } = body;
    const asked = { ...rest, tenantId: caller.tenantId, by: caller.principalId, packDigest, decidedAt };
    const result = await evaluatePolicy(installation, asked);
    if (!result.ok) return result;
    const { evaluation: row, decision: made, count } = result.value;
    return reply({ evaluation: evaluationView(row), count, decision: { ...made } }, 201);
  },
});

export const listEvaluationsEndpoint = endpoint({
  method: "get",
  path: "/v1/gates/evaluations",
  summary: "List recorded evaluations, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      policy: z.string().optional(),
      /** What they are about, such as a bundle's root digest. */
      subject: z.string().optional(),
      before: z.string().optional(),
      limit,
    }),
  },
  statuses: { 200: "a page of evaluations; `next` is the `before` of the next page" },
  answer: z.strictObject({ evaluations: z.array(evaluation).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { policy = null, subject = null, before = null } = query;
    const rows = await inTenant(installation.database, caller.tenantId, (sql) =>
      listEvaluations(sql, { policy, subject, before, limit: query.limit }),
    );
    return reply({
      evaluations: rows.map(evaluationView),
      next: nextOf(rows, query.limit, ({ evaluation_id }) => evaluation_id),
    });
  },
});

export const showEvaluationEndpoint = endpoint({
  method: "get",
  path: "/v1/gates/evaluations/{evaluation}",
  summary: "Show a recorded evaluation, by its id or its decision's digest, with its packet",
  needs: ["read"],
  request: {
    ...NOTHING,
    params: z.strictObject({ evaluation: name }),
    /** A packet holds all the evidence: whoever only looks at the decision need not fetch it. */
    query: z.strictObject({ packet: z.enum(["whole", "none"]).default("whole") }),
  },
  statuses: { 200: "the decision, and the page from which it is decided again anywhere" },
  answer: recorded.extend({ packet: z.string().nullable() }),
  async handle({ installation, caller }, { params, query }) {
    const found = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findEvaluation(sql, params.evaluation);
      if (row === undefined) return undefined;
      const page = await storedPage(installation.artifacts, sql, row);
      const count = await countEvaluations(sql, { policy: row.policy_id, subject: row.subject });
      const lineage = query.packet === "none" ? null : await lineageOfEvaluation(installation, sql, row);
      return { row, count, packet: lineage === null ? page : tracedPage(page, lineage) };
    });
    if (found === undefined) return rejected(notFound(params.evaluation));
    const packet = packetIn(found.packet);
    if (!packet.ok) return packet;
    const { row, count } = found;
    return reply({
      evaluation: evaluationView(row),
      count,
      decision: { ...packet.value.decision },
      packet: query.packet === "none" ? null : found.packet,
    });
  },
});

const DAY_SECONDS = 86_400;

export const backtestGateEndpoint = endpoint({
  method: "post",
  path: "/v1/gates/backtests",
  summary: "See what a policy would have decided on the ledger at instants of the past; nothing is recorded",
  needs: ["read"],
  request: {
    ...NOTHING,
    body: z.strictObject({
      policy: z.string().min(1),
      profile: z.string().nullable().default(null),
      pack_digest: digest.nullable().default(null),
      since: z.string(),
      every_seconds: z.int().min(60).default(DAY_SECONDS),
    }),
  },
  statuses: { 200: "a decision an instant, oldest first" },
  answer: z.strictObject({ decisions: z.array(decision).readonly() }),
  async handle({ installation, caller }, { body }) {
    const since = parseInstant(body.since);
    if (since === undefined)
      return rejected({ code: "REQUEST_INVALID", message: "`$.since`: is no instant", field_path: "$.since" });
    const { policy, profile, pack_digest: packDigest, every_seconds } = body;
    const asked = { tenantId: caller.tenantId, policy, profile, packDigest, since, everyMs: every_seconds * 1000 };
    const result = await backtestPolicy(installation, asked);
    return result.ok ? reply({ decisions: result.value.map((one) => ({ ...one })) }) : result;
  },
});

export const rebuildEvidenceEndpoint = endpoint({
  method: "post",
  path: "/v1/gates/evidence/rebuild",
  summary: "Make the units that gates count again, from the runs and receipts of the ledger",
  needs: ["administer"],
  request: { ...NOTHING, body: z.strictObject({}) },
  statuses: { 200: "how many units there are, and how many were not as the ledger says" },
  answer: z.strictObject({ units: z.int(), differing: z.int() }),
  handle: async ({ installation, caller }) =>
    reply(await inTenant(installation.database, caller.tenantId, rebuildUnits)),
});

export const recountEvaluationEndpoint = endpoint({
  method: "get",
  path: "/v1/gates/evaluations/{evaluation}/recount",
  summary:
    "Count the ledger again as a recorded evaluation counted it: whether it is that ledger, and what says otherwise since",
  needs: ["read"],
  request: { ...NOTHING, params: z.strictObject({ evaluation: name }) },
  statuses: { 200: "it is; the metrics that come to something else now" },
  answer: z.strictObject({ units: z.record(z.string(), z.int()), changed: z.array(z.string()).readonly() }),
  async handle({ installation, caller }, { params }) {
    const packet = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findEvaluation(sql, params.evaluation);
      return row === undefined ? rejected(notFound(params.evaluation)) : storedPacket(installation.artifacts, sql, row);
    });
    if (!packet.ok) return packet;
    const result = await recountLedger(installation, caller.tenantId, packet.value);
    return result.ok ? reply({ ...result.value }) : result;
  },
});

const notFound = (evaluationId: string): Refusal => ({
  code: "GATE_EVALUATION_NOT_FOUND",
  message: `there is no evaluation \`${evaluationId}\``,
});
