import { describe, expect, test } from "vitest";
import { buildLineage } from "./build.ts";
import type { LineageFacts, StageFacts } from "./facts.ts";
import { edgeKey, edgeText, type Lineage, type LineageNode, STAGES, sealLineage } from "./model.ts";
import { factsOf, lineageAt } from "./testing/candidate.ts";
import { verifyDocument } from "./verify.ts";

const FACTS = factsOf();
const STAGED = FACTS.deployment;

const failing = (facts: LineageFacts): readonly string[] =>
  buildLineage(facts, "deployment")
    .completeness_checks.filter(({ passed }) => !passed)
    .map(({ check_id, detail }) => `${check_id} ${detail}`);

const changed = (change: Partial<StageFacts>): LineageFacts => ({ ...FACTS, deployment: { ...STAGED, ...change } });

const withNode = (id: string, change: Partial<LineageNode>): LineageFacts =>
  changed({
    nodes: STAGED.nodes.map((node): LineageNode => (node.id === id ? Object.assign({}, node, change) : node)),
  });

const withoutClaim = (edge: string): LineageFacts =>
  changed({ claims: STAGED.claims.filter((claim) => edgeKey(claim) !== edge) });

const without = (id: string): LineageFacts =>
  changed({
    nodes: STAGED.nodes.filter((node) => node.id !== id),
    claims: STAGED.claims.filter(({ source, target }) => source !== id && target !== id),
  });

test.each(STAGES)("LC-01 to LC-14: a lineage of which everything was seen is complete at stage %s", (stage) => {
  const lineage = lineageAt(stage, FACTS);

  expect(lineage.completeness_checks.map(({ check_id }) => check_id)).toEqual(
    Array.from({ length: 14 }, (_, index) => `LC-${String(index + 1).padStart(2, "0")}`),
  );
  expect(lineage.completeness_checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(lineage.status).toBe("passed");
  expect(verifyDocument(lineage).refusal).toBeNull();
});

describe("each rule fails alone, and names what is wrong", () => {
  const loneInput: LineageNode = { id: "input.config.lonely", type: "input", digest: "sha256:0" };
  const second: LineageNode = {
    id: "waiver.W-2026-0002",
    type: "waiver",
    digest: "sha256:1",
    expires_at: "2026-02-01T00:00:00Z",
  };
  const waives = {
    source: second.id,
    target: "check.slo.correctness",
    relation: "waives",
    stated: { digest: "sha256:1", check_id: "correctness" },
    evidence: {},
  } as const;
  const canary = "artifact.canary.prod.3";
  const noCanary = without(canary).deployment;

  test.each<[string, LineageFacts, string]>([
    ["LC-01 a job that is not there", changed({ jobResults: {} }), "LC-01 job.import.slo is not there"],
    [
      "LC-01 a result that nobody knows",
      changed({ jobResults: { "import.slo": "ok" } }),
      "LC-01 job.import.slo ended as ok",
    ],
    ["LC-01 jobs that cannot be read", changed({ jobResults: null }), "LC-01 how the jobs ended cannot be read"],
    [
      "LC-02 a report that is not there",
      changed({ reports: [...STAGED.reports, "artifact.slo.other"] }),
      "LC-02 artifact.slo.other is not there",
    ],
    [
      "LC-03 a file that nobody saw being made",
      withoutClaim("job.import.slo produces artifact.slo.runs"),
      "LC-03 nobody saw job.import.slo -produces-> artifact.slo.runs",
    ],
    [
      "LC-04 a node that belongs to nothing",
      changed({ nodes: [...STAGED.nodes, loneInput] }),
      "LC-04 input.config.lonely belongs to nothing",
    ],
    [
      "LC-05 no source",
      withNode(`source.commit.${FACTS.candidate.commit}`, { type: "external" }),
      "LC-05 there is no source",
    ],
    [
      "LC-06 a check that no policy governs",
      withoutClaim("input.policy.slo governs check.slo.speed"),
      "LC-06 no policy governs check.slo.speed",
    ],
    [
      "LC-07 a check that two waivers waive",
      changed({ nodes: [...STAGED.nodes, second], claims: [...STAGED.claims, waives] }),
      "LC-07 check.slo.correctness is waived by several waivers",
    ],
    [
      "LC-07 a check that nobody vouched for",
      without("evidence.slo.record"),
      "LC-07 nothing attests check.slo.attested",
    ],
    [
      "LC-08 a decision whose status is another's",
      withNode("decision.slo", { status: "passed" }),
      "LC-08 decision.slo is conditional-go and passed",
    ],
    ["LC-08 a word that no gate says", withNode("decision.slo", { value: "maybe" }), "LC-08 decision.slo says maybe"],
    [
      "LC-08 a go in spite of what was waived",
      withNode("decision.slo", { value: "go", status: "passed" }),
      "LC-08 decision.slo is go in spite of check.slo.correctness, check.slo.exceptions_entry_issue:W-2026-0009",
    ],
    [
      "LC-09 a report about another commit",
      withNode("artifact.slo.runs", { subject_commit: "c0ffee" }),
      "LC-09 artifact.slo.runs is about c0ffee",
    ],
    [
      "LC-10 a file that is stored as another",
      changed({ stored: { ...STAGED.stored, "artifact.slo.runs": "sha256:other" } }),
      "LC-10 artifact.slo.runs is stored as sha256:other",
    ],
    [
      "LC-11 a bundle that carries another lineage",
      withNode(bundleId(), { lineage_digest: "sha256:other" }),
      `LC-11 ${bundleId()} carries another lineage, sha256:other`,
    ],
    [
      "LC-11 a release that carries none",
      withNode(bundleId(), { label: "release" }),
      `LC-11 ${bundleId()} carries no lineage, and is a release`,
    ],
    [
      "LC-12 a bundle that the environment before did not hold",
      withNode("decision.promotion.prod.1", { source_root_digest: null }),
      "LC-12 decision.promotion.prod.1: staging held nothing",
    ],
    [
      "LC-13 a rollback that no canary looked at",
      changed({ ...noCanary, required: STAGED.required.filter(({ target }) => target !== canary) }),
      "LC-13 no canary looked at deployment.prod.3",
    ],
    [
      "LC-13 a rollback to nobody knows what",
      withoutClaim("deployment.prod.3 rolls_back_to deployment.prod.1"),
      "LC-13 nothing says what deployment.prod.3 went back to",
    ],
  ])("%s", (_, facts, told) => {
    expect(failing(facts)).toEqual([told]);
    expect(buildLineage(facts, "deployment").status).toBe("failed");
    expect(verifyDocument(buildLineage(facts, "deployment")).refusal).toMatchObject({
      code: "RELEASE_LINEAGE_COMPLETE",
    });
  });
});

function bundleId(): string {
  return STAGED.nodes.find(({ type }) => type === "bundle")?.id ?? "";
}

test("LC-11, LIN-05: a release is chained to the very lineage that it carries, which has to be complete", () => {
  const final = lineageAt("final", FACTS);
  const carrying = (carried: Lineage) => ({
    ...withNode(bundleId(), { label: "release", lineage_digest: carried.digest }),
    carried,
  });
  const incomplete = sealLineage({ ...final, status: "failed" });

  expect(failing(carrying(final))).toEqual([]);
  expect(buildLineage(carrying(final), "deployment").prev_digest).toBe(final.digest);
  expect(failing(carrying(incomplete))).toEqual([`LC-11 ${bundleId()} carries a lineage that is not complete`]);
});

test("LC-04 a circle, an edge into nowhere and an id that is there twice are each named", () => {
  const lineage = lineageAt("final", FACTS);
  const edges = [
    ...lineage.lineage.edges,
    { source: "check.slo.speed", target: "artifact.slo.runs", relation: "feeds", status: "observed", evidence: {} },
    { source: "check.slo.speed", target: "nobody", relation: "feeds", status: "observed", evidence: {} },
  ] as const;
  const [first] = lineage.lineage.nodes;
  const nodes = first === undefined ? [] : [...lineage.lineage.nodes, first];
  const { report } = verifyDocument(sealLineage({ ...lineage, lineage: { nodes, edges } }));

  const detail = report.checks.find(({ check_id }) => check_id === "LC-04")?.detail;
  expect(detail).toContain(`${first?.id} is there twice`);
  expect(detail).toContain("check.slo.speed -feeds-> nobody has an end that is no node");
  expect(detail).toContain("comes from itself");
});

test("LC-14 counters that are not what there is are found by the file alone", () => {
  const lineage = lineageAt("final", FACTS);
  const { report } = verifyDocument(
    sealLineage({ ...lineage, summary: { ...lineage.summary, nodes_total: lineage.summary.nodes_total + 1 } }),
  );

  expect(report.checks.filter(({ passed }) => !passed)).toEqual([
    { check_id: "LC-14", passed: false, detail: "the counters are not what there is" },
  ]);
});

describe("any one edge that there has to be, unproven, makes the lineage fail and is named", () => {
  const edges = [...new Map(STAGED.required.map((edge) => [edgeKey(edge), edge])).values()];

  test.each(edges.map((edge) => [edgeKey(edge), edge] as const))("LIN-01, LIN-03: %s", (key, edge) => {
    const lineage = buildLineage(withoutClaim(key), "deployment");
    const { refusal } = verifyDocument(lineage);

    expect(lineage.status).toBe("failed");
    expect(lineage.lineage.edges.filter(({ status }) => status === "missing").map(edgeKey)).toEqual([key]);
    expect(lineage.lineage.edges.find((one) => edgeKey(one) === key)?.evidence).toEqual({});
    expect(refusal).toEqual({
      code: "RELEASE_LINEAGE_COMPLETE",
      message: `the lineage is not complete: nobody saw ${edgeText(edge)}`,
    });
  });

  test("every kind of edge that leads from a commit to where it runs is among them", () => {
    expect([...new Set(edges.map(({ relation }) => relation))].sort()).toEqual([
      "attests",
      "authorizes",
      "consumes",
      "deploys",
      "drives",
      "feeds",
      "governs",
      "produces",
      "records",
      "rolls_back_to",
      "triggers",
      "waives",
    ]);
  });
});
