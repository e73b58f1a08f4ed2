import { digestOf, type Json, type JsonObject, type Refusal } from "../../contracts/index.ts";
import { decisionProblems, type Problems, shapeProblems, typeProblems } from "./graph.ts";
import { type Candidate, edgeText, type Lineage, lineageDigest, parseLineage, sha256 } from "./model.ts";
import { checkCounts, countsOf } from "./summary.ts";

/** What looking at a lineage's file alone found. Wire form: `release_lineage_contract_v1`. */
export interface LineageReport {
  readonly contract: "release_lineage_contract_v1";
  readonly schema_version: "1.0";
  readonly report_id: string;
  readonly generated_at: string;
  readonly producer: JsonObject;
  readonly subject: Candidate;
  readonly status: "passed" | "failed";
  readonly completeness: { readonly expected: number; readonly executed: number };
  readonly summary: { readonly total: number; readonly passed: number; readonly failed: number };
  readonly checks: readonly { readonly check_id: string; readonly passed: boolean; readonly detail: string }[];
  readonly digest: string;
}

/** A verification: what the lineage is, where it is one, and the refusal where it is not. */
export type LineageVerification =
  | { readonly lineage: Lineage; readonly report: LineageReport; readonly refusal: Refusal | null }
  | { readonly lineage: null; readonly report: null; readonly refusal: Refusal };

const CHECKS: readonly (readonly [id: string, (lineage: Lineage) => Problems])[] = [
  ["digest", (lineage) => (lineageDigest(lineage) === lineage.digest ? [] : ["it is not that of the contents"])],
  ["LC-04", (lineage) => shapeProblems(graphOf(lineage))],
  ["LC-05", (lineage) => typeProblems(graphOf(lineage))],
  ["LC-08", (lineage) => decisionProblems(graphOf(lineage))],
  ["LC-14", countProblems],
  ["missing_edges", missingProblems],
  ["completeness_checks", completenessProblems],
];

/**
 * Checks a lineage from its file alone: the contract verifier, which believes nothing that it can compute itself. The refusal is
 * LINEAGE_CORRUPT for what is no lineage, RELEASE_LINEAGE_COMPLETE for one that is not complete.
 */
export function verifyLineage(source: string): LineageVerification {
  const parsed = parseLineage(source);
  return parsed.ok ? verifyDocument(parsed.value) : { lineage: null, report: null, refusal: parsed.refusal };
}

/** The same of a lineage that is at hand. */
export function verifyDocument(lineage: Lineage): Extract<LineageVerification, { readonly report: LineageReport }> {
  const checks = CHECKS.map(([check_id, rule]) => {
    const problems = rule(lineage);
    return { check_id, passed: problems.length === 0, detail: problems.join("; ") };
  });
  const failed = checks.filter(({ passed }) => !passed);
  const told = [...failed].sort(
    (a, b) => Number(b.check_id === "missing_edges") - Number(a.check_id === "missing_edges"),
  );
  const [first] = told;
  const refusal: Refusal | null =
    first === undefined
      ? null
      : { code: "RELEASE_LINEAGE_COMPLETE", message: `the lineage is not complete: ${first.detail}` };
  return { lineage, report: reportOf(lineage, checks), refusal };
}

function reportOf(lineage: Lineage, checks: LineageReport["checks"]): LineageReport {
  const passed = checks.filter((check) => check.passed).length;
  const { generator, generator_version, source_workflow } = lineage.provenance;
  const document = {
    contract: "release_lineage_contract_v1",
    schema_version: "1.0",
    report_id: lineage.digest,
    generated_at: lineage.generated_at,
    producer: {
      tool: generator,
      tool_version: generator_version,
      workflow: source_workflow,
      job_id: "release_lineage",
      run_id: lineage.digest,
      attempt: 1,
    },
    subject: lineage.candidate,
    status: passed === checks.length ? "passed" : "failed",
    completeness: { expected: checks.length, executed: checks.length },
    summary: { total: checks.length, passed, failed: checks.length - passed },
    checks,
  } as const;
  return { ...document, digest: sha256(digestOf(plain(document))) };
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

const graphOf = ({ stage, lineage: { nodes, edges } }: Lineage) => ({ stage, nodes, edges });

function countProblems({ summary, lineage: { nodes, edges }, completeness_checks }: Lineage): Problems {
  const counted = { ...countsOf(nodes, edges), ...checkCounts(completeness_checks) };
  return digestOf(plain(counted)) === digestOf(plain(summary)) ? [] : ["the counters are not what there is"];
}

function missingProblems({ lineage: { edges } }: Lineage): Problems {
  return edges.filter(({ status }) => status === "missing").map((edge) => `nobody saw ${edgeText(edge)}`);
}

/** Every rule is there and passed, and the status says so. */
function completenessProblems({ completeness_checks, status }: Lineage): Problems {
  const missing = RULE_IDS.filter((id) => !completeness_checks.some(({ check_id }) => check_id === id));
  const failed = completeness_checks.filter(({ passed }) => !passed);
  const isSaid = (failed.length === 0) === (status === "passed");
  return [
    ...missing.map((id) => `${id} was not looked at`),
    ...failed.map(({ check_id, detail }) => `${check_id}: ${detail}`),
    ...(isSaid ? [] : [`it says ${status}`]),
  ];
}

const RULE_IDS = Array.from({ length: 14 }, (_, index) => `LC-${String(index + 1).padStart(2, "0")}`);
