import { z } from "zod";
import { isJsonObject, parseJson, type Result, readYaml, rejected } from "../../../contracts/index.ts";
import { checkedOf, type ReportCheck } from "../made-report.ts";

/** Checks that every release waits for; the canonical list may ask for more. */
export const CANONICAL_CHECKS = [
  "cognitive-quality-gates",
  "policy-bundle-governance",
  "runtime_canary",
  "release_readiness_gate",
  "release_lineage",
] as const;

const text = z.string().min(1);

const CANONICAL = z.looseObject({
  required_status_checks: z.array(text).min(1),
  check_job_mapping: z.record(text, z.looseObject({ workflow: text, job_id: text })),
});

/** `required_status_checks.json`: the checks that are required, and the job of which workflow each of them is. */
export type CanonicalChecks = z.infer<typeof CANONICAL>;

/** Refused with EVIDENCE_ANSWER_UNKNOWN. */
export function readCanonicalChecks(source: string): Result<CanonicalChecks> {
  const parsed = parseJson(source);
  if (!parsed.ok) return parsed;
  const read = CANONICAL.safeParse(parsed.value);
  if (read.success) return { ok: true, value: read.data };
  const [issue] = read.error.issues;
  return rejected({
    code: "EVIDENCE_ANSWER_UNKNOWN",
    message: `the list of required checks: ${issue?.path.join(".") || "the document"} is not as it has to be`,
  });
}

/** What the list is held against. */
export interface Ground {
  /** The document in which people read which checks are required. */
  readonly policyDocument: string;
  /** Texts of workflows, by file name. */
  readonly workflows: ReadonlyMap<string, string>;
}

/** Whether the document that people read names every check that is required (report R20). */
export const documentChecks = (
  { required_status_checks }: CanonicalChecks,
  { policyDocument }: Ground,
): readonly ReportCheck[] =>
  required_status_checks.map((name) =>
    checkOf(`policy_document:${name}`, isNamed(policyDocument, name), "the policy document does not name it"),
  );

/** Whether the list, its mapping and the workflows agree (report R21). */
export function consistencyChecks(canonical: CanonicalChecks, ground: Ground): readonly ReportCheck[] {
  const { required_status_checks: names, check_job_mapping: mapping } = canonical;
  return [
    ...CANONICAL_CHECKS.map((name) =>
      checkOf(`listed:${name}`, names.includes(name), "`required_status_checks` does not have it"),
    ),
    ...names.map((name) =>
      checkOf(`documented:${name}`, isNamed(ground.policyDocument, name), "the policy document does not name it"),
    ),
    ...names.map((name) => {
      const job = Object.hasOwn(mapping, name) ? mapping[name] : undefined;
      const problem = job === undefined ? "it is mapped to no job" : jobProblem(job, ground.workflows);
      return checkOf(`mapped:${name}`, problem === null, problem ?? "");
    }),
  ];
}

const checkOf = (check_id: string, passed: boolean, problem: string): ReportCheck =>
  checkedOf(check_id, passed ? null : problem);

/** A whole word of the document: `runtime_canary_v2` does not name `runtime_canary`. */
const isNamed = (document: string, name: string): boolean =>
  document.split(/[^A-Za-z0-9_.-]+/).some((word) => word === name || word.replace(/[.-]+$/, "") === name);

function jobProblem(
  { workflow, job_id }: CanonicalChecks["check_job_mapping"][string],
  workflows: ReadonlyMap<string, string>,
): string | null {
  const source = workflows.get(workflow.split("/").at(-1) ?? "");
  if (source === undefined) return `there is no workflow ${workflow}`;
  const jobs = jobsIn(source);
  if (jobs === null) return `${workflow} cannot be read`;
  return jobs.includes(job_id) ? null : `${workflow} has no job ${job_id}`;
}

/** Ids of a workflow's jobs, parsed; null where it is none. */
function jobsIn(source: string): readonly string[] | null {
  const [parsed] = readYaml(source) ?? [];
  const jobs = isJsonObject(parsed) ? parsed.jobs : undefined;
  return isJsonObject(jobs) ? Object.keys(jobs) : null;
}
