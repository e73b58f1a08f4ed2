import { z } from "@hono/zod-openapi";
import { type LintFinding, waivedMax } from "../../gate/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { findPolicy, knownPolicies, type ReadPolicy, readPolicyText } from "../known-policies.ts";
import { digest, name } from "../wire/parts.ts";
import { evaluation, evaluationView } from "./gates.ts";

const finding = z
  .strictObject({
    level: z.enum(["error", "warning", "info"]),
    code: z.string().nullable(),
    gate: z.string(),
    /** Null where it holds whatever the profile. */
    profile: z.string().nullable(),
    message: z.string(),
  })
  .openapi("LintFinding");

const findings = z.array(finding).readonly();
const findingsOf = (found: readonly LintFinding[]): z.output<typeof findings> => found.map((one) => ({ ...one }));

const known = z
  .strictObject({
    id: name,
    version: name,
    digest,
    title: z.string().nullable(),
    /** What lint says of it; null until it is asked for. */
    findings: findings.nullable(),
    /** Whether it comes with the program. */
    is_ours: z.boolean(),
    /** Its newest evaluation. */
    last: evaluation.nullable(),
  })
  .openapi("KnownPolicy");

export const listPoliciesEndpoint = endpoint({
  method: "get",
  path: "/v1/gates/policies",
  summary: "List the policies that were evaluated, with what each said last, and those that come with the program",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "by id, the newest version first" },
  answer: z.strictObject({ policies: z.array(known).readonly() }),
  async handle({ installation, caller }) {
    const policies = await knownPolicies(installation, caller.tenantId);
    return reply({
      policies: policies.map(({ findings: found, isOurs, last, ...rest }) => ({
        ...rest,
        findings: found === null ? null : findingsOf(found),
        is_ours: isOurs,
        last: last === null ? null : evaluationView(last),
      })),
    });
  },
});

const policy = z
  .strictObject({
    id: name,
    version: name,
    digest,
    title: z.string().nullable(),
    /** As it is written. */
    text: z.string(),
    findings,
    profiles: z.array(z.string()).readonly(),
    /** How many gates of one decision may be waived, by profile; none where the profile bears no conditions. */
    waived_max: z.record(z.string(), z.int()).readonly(),
    gates: z
      .array(
        z.strictObject({
          id: z.string(),
          title: z.string().nullable(),
          metrics: z.array(z.string()).readonly(),
          waivable: z.boolean(),
          remedy: z.string(),
        }),
      )
      .readonly(),
  })
  .openapi("GatePolicy");

function policyView({ policy: { text: written, digest: sha256 }, text, findings: found }: ReadPolicy) {
  const { id, version, title = null, profiles, gates } = written;
  return {
    id,
    version,
    digest: sha256,
    title,
    text,
    findings: findingsOf(found),
    profiles: Object.keys(profiles),
    waived_max: Object.fromEntries(Object.entries(profiles).map(([id, profile]) => [id, waivedMax(profile)])),
    gates: gates.map((gate) => ({
      id: gate.id,
      title: gate.title ?? null,
      metrics: typeof gate.metric === "string" ? [gate.metric] : [...gate.metric],
      waivable: gate.waivable,
      remedy: gate.remedy,
    })),
  };
}

export const showPolicyEndpoint = endpoint({
  method: "get",
  path: "/v1/gates/policies/{policy}",
  summary: "Show a policy by its digest: its text, its gates, and what lint says of it",
  needs: ["read"],
  request: { ...NOTHING, params: z.strictObject({ policy: digest }) },
  statuses: { 200: "the policy" },
  answer: policy,
  async handle({ installation, caller }, { params }) {
    const found = await findPolicy(installation, caller.tenantId, params.policy);
    return found.ok ? reply(policyView(found.value)) : found;
  },
});

export const lintPolicyEndpoint = endpoint({
  method: "post",
  path: "/v1/gates/lint",
  summary: "Lint a policy: gates that nothing could pass, or that nothing could fail",
  needs: ["read"],
  request: { ...NOTHING, body: z.strictObject({ policy: z.string().min(1) }) },
  statuses: { 200: "the policy, and what lint says of it" },
  answer: policy,
  handle: async (_, { body }) => {
    const read = readPolicyText(body.policy);
    return read.ok ? reply(policyView(read.value)) : read;
  },
});
