import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCode } from "../../contracts/index.ts";
import { readBundle } from "../bundle/container.ts";
import { NOTES_FILE } from "../bundle/notes.ts";
import { builtOf, REMARKS } from "../bundle/testing/shop.ts";
import { lineageProblem } from "../environment/lineage-check.ts";
import { buildLineage } from "./build.ts";
import { releasedTraces } from "./deployments.ts";
import type { Claim, StageFacts } from "./facts.ts";
import { fileDigest } from "./judged.ts";
import { edgeKey, lineageText, parseLineage, STAGES, sealLineage } from "./model.ts";
import { diff, findNode, impact, why } from "./query.ts";
import { factsOf, lineageAt } from "./testing/candidate.ts";
import { verifyLineage } from "./verify.ts";

const FACTS = factsOf();

const whereStated = (change: (claim: Claim) => Claim): StageFacts => ({
  ...FACTS.deployment,
  claims: FACTS.deployment.claims.map(change),
});

describe("LIN-01: an edge is seen only where what is stated is so", () => {
  const stated = FACTS.deployment.claims.flatMap((claim) =>
    Object.keys(claim.stated).map((name) => [`${edgeKey(claim)}: ${name}`, claim, name] as const),
  );

  test.each(stated)("%s", (_, claim, name) => {
    const facts = {
      ...FACTS,
      deployment: whereStated((one) =>
        one === claim ? { ...one, stated: { ...one.stated, [name]: "otherwise" } } : one,
      ),
    };
    const edge = buildLineage(facts, "deployment").lineage.edges.find((one) => edgeKey(one) === edgeKey(claim));

    expect(edge?.status ?? "missing").toBe("missing");
  });

  test("that an edge is expected proves nothing: without a word about it, it is missing", () => {
    const edges = buildLineage({ ...FACTS, deployment: { ...FACTS.deployment, claims: [] } }, "deployment").lineage
      .edges;

    expect(edges.length).toBeGreaterThan(0);
    expect(edges.every(({ status }) => status === "missing")).toBe(true);
  });

  test("a decision that does not come out again of its packet was fed by nobody knows what", () => {
    const facts = factsOf((judged) => ({
      ...judged,
      decided: judged.decided === null ? null : { ...judged.decided, isDecidedAgain: false },
    }));

    const missing = lineageAt("final", facts).lineage.edges.filter(({ status }) => status === "missing");
    expect(missing.map(edgeKey)).toContain("artifact.slo.runs feeds check.slo.correctness");
  });
});

test("REL-03: the notes of a release are an artifact that was packaged in its bundle, and quote its final lineage; others are not seen", () => {
  const final = lineageAt("final");
  const input = {
    label: "release",
    sbom: "{}",
    remarks: REMARKS,
    carried: { lineage: lineageText(final), evidence: [] },
  } as const;
  const { manifest, bytes } = builtOf(input);
  const bundle = readBundle(bytes);
  const files = bundle.ok ? bundle.value.files : [];
  const traced = (there: typeof files) =>
    releasedTraces({ manifest, keyId: "k", files: there, moves: [], evaluations: [], decisions: new Map() });
  const seen = (there: typeof files) => {
    const { nodes, claims, required, stored } = traced(there);
    const own = { nodes, claims, required, stored: Object.fromEntries(stored) };
    const lineage = buildLineage({ ...FACTS, deployment: { ...FACTS.final, ...own } }, "deployment");
    return lineage.completeness_checks.find(({ check_id }) => check_id === "LC-10")?.detail;
  };
  const notes = files.find(({ path }) => path === NOTES_FILE)?.text ?? "";
  const others = files.map((file) => (file.path === NOTES_FILE ? { ...file, text: "nothing to tell" } : file));

  expect(traced(files).nodes).toContainEqual(
    expect.objectContaining({ id: "artifact.RELEASE_NOTES.md", contract: "release_notes", digest: fileDigest(notes) }),
  );
  expect(traced(files).required).toContainEqual({
    source: "artifact.RELEASE_NOTES.md",
    target: `bundle.${manifest.bundle_id}`,
    relation: "packaged_in",
  });
  expect(notes).toContain(`- lineage ${final.digest}`);
  expect(seen(files)).not.toContain("RELEASE_NOTES");
  expect(seen(others)).toContain("artifact.RELEASE_NOTES.md is stored as");
});

test("runs of another version that a decision rests on are inputs, by what their rows say", () => {
  const digest = "ab".repeat(32);
  const text = JSON.stringify({ kind: "run", id: "r", columns: { pack_digest: digest, good: true } });
  const { nodes, edges } = lineageAt(
    "pre",
    factsOf((judged) => ({ ...judged, files: [{ name: "runs.ndjson", text }] })),
  ).lineage;

  expect(nodes.find(({ id }) => id === "input.pack_of_runs.abababababab")?.digest).toBe(`sha256:${digest}`);
  expect(edges.find(({ source }) => source === "input.pack_of_runs.abababababab")).toMatchObject({
    target: "job.import.slo",
    relation: "consumes",
    status: "observed",
  });
});

test("what is wrong with an entry of the waiver file is a check too: that file feeds it, and it drives the decision", () => {
  const { nodes, edges } = lineageAt("final", FACTS).lineage;
  const issue = nodes.find(({ id }) => id.startsWith("check.slo.exceptions_entry_issue:"));

  expect(issue?.id).toContain("W-2026-0009");
  expect(edges.filter(({ source, target }) => source === issue?.id || target === issue?.id).map(edgeKey)).toEqual([
    `${issue?.id} drives decision.slo`,
    `input.policy.slo governs ${issue?.id}`,
    `input.waiver_file.slo.waivers feeds ${issue?.id}`,
  ]);
});

test("LIN-02: each stage is chained to the one before, and the first knows nothing of what was decided", () => {
  const [pre, final, deployment] = STAGES.map((stage) => lineageAt(stage, FACTS));

  expect([pre?.prev_digest, final?.prev_digest, deployment?.prev_digest]).toEqual([null, pre?.digest, final?.digest]);
  expect(pre?.lineage.nodes.filter(({ type }) => type === "decision")).toEqual([]);
  expect(new Set(pre?.lineage.nodes.flatMap(({ outcome = [] }) => outcome))).toEqual(new Set(["planned"]));
  for (const lineage of [pre, final, deployment])
    expect(JSON.stringify({ ...lineage, digest: "" })).not.toContain(lineage?.digest);
});

test("LIN-03: a promotion is refused for a missing edge, and the edge is named", () => {
  const facts = {
    ...FACTS,
    deployment: whereStated((claim) => (claim.relation === "produces" ? { ...claim, stated: {} } : claim)),
  };
  const problem = lineageProblem({ lineage: buildLineage(facts, "deployment") });

  expect(problem?.code).toBe("RELEASE_LINEAGE_COMPLETE");
  expect(isCode(problem?.code ?? "")).toBe(true);
  expect(problem?.message).toContain("job.import.slo -produces-> artifact.slo.runs");
  expect(lineageProblem({ lineage: lineageAt("deployment", FACTS) })).toBeNull();
  expect(lineageProblem({ lineage: null })).toBeNull();
});

describe("LIN-04: the verifier believes nothing that it can see itself", () => {
  const whole = lineageAt("final", FACTS);

  test("what was written verifies", () => {
    expect(verifyLineage(lineageText(whole))).toMatchObject({
      refusal: null,
      report: { contract: "release_lineage_contract_v1", status: "passed", subject: whole.candidate },
    });
  });

  test("a lineage that says it passed, with an edge missing, does not", () => {
    const [first, ...rest] = whole.lineage.edges;
    const edges = first === undefined ? [] : [{ ...first, status: "missing" as const }, ...rest];
    const said = verifyLineage(lineageText(sealLineage({ ...whole, lineage: { ...whole.lineage, edges } })));

    expect(said.refusal?.code).toBe("RELEASE_LINEAGE_COMPLETE");
    expect(said.refusal?.message).toContain(first?.source);
  });

  test("a rule that was left out, or that failed, is found whatever the status says", () => {
    const [, ...later] = whole.completeness_checks;
    const left = { ...whole.summary, total_checks: 13, passed_checks: 13 };
    const short = sealLineage({ ...whole, summary: left, completeness_checks: later });

    expect(verifyLineage(lineageText(short)).refusal?.message).toContain("LC-01 was not looked at");
    expect(verifyLineage(lineageText(sealLineage({ ...whole, status: "failed" }))).refusal?.message).toContain(
      "it says failed",
    );
  });

  test("LINEAGE_CORRUPT: no altered character passes for the lineage", () => {
    const text = lineageText(whole);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "x", '"', "}"), (at, mark) => {
        fc.pre(text[at] !== mark && !/\s/.test(text[at] ?? ""));
        expect(parseLineage(text.slice(0, at) + mark + text.slice(at + 1))).toMatchObject({
          refusal: { code: "LINEAGE_CORRUPT" },
        });
      }),
      { numRuns: 40 },
    );
  });

  test.each(["", "{}", "[]", '{"contract":"release_lineage_v1"}', "\ufeff{}", "{".repeat(100)])(
    "%j is no lineage",
    (text) => {
      expect(verifyLineage(text)).toMatchObject({ report: null, refusal: { code: "LINEAGE_CORRUPT" } });
    },
  );
});

test("LIN-05: whatever order the facts come in, a candidate has one lineage, to the byte", () => {
  const { deployment } = FACTS;
  const expected = lineageText(lineageAt("deployment", FACTS));
  const shuffled = <T>(all: readonly T[]) => fc.shuffledSubarray([...all], { minLength: all.length });

  fc.assert(
    fc.property(
      shuffled(deployment.nodes),
      shuffled(deployment.claims),
      shuffled(deployment.required),
      (nodes, claims, required) => {
        const facts = { ...FACTS, deployment: { ...deployment, nodes, claims, required } };
        expect(lineageText(buildLineage(facts, "deployment"))).toBe(expected);
      },
    ),
    { numRuns: 20 },
  );
});

describe("LIN-06: a lineage is asked", () => {
  const lineage = lineageAt("deployment", FACTS);

  test("why: a decision came from its checks, their evidence, its job and the commit, and from nothing that came later", () => {
    const types = why(lineage, "decision.slo").nodes.map(({ type }) => type);

    expect(new Set(types)).toEqual(
      new Set(["source", "input", "job", "artifact", "waiver", "evidence", "check", "decision"]),
    );
  });

  test("impact: a file of evidence touches every check that it fed, the decision, and where that let the bundle go", () => {
    const node = findNode(lineage, "artifact.slo.runs");
    const { nodes } = impact(lineage, node?.id ?? "");

    expect(nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["check.slo.correctness", "decision.slo", "deployment.prod.1", "deployment.staging.1"]),
    );
    expect(nodes.some(({ id }) => id === "deployment.dev.1")).toBe(false);
    expect(findNode(lineage, String(node?.digest))?.id).toBe("artifact.slo.runs");
    expect(findNode(lineage, String(node?.digest).slice(7))?.id).toBe("artifact.slo.runs");
    expect(findNode(lineage, "nobody")).toBeUndefined();
  });

  test("diff: what came, what went, what changed, and which rules hold no more", () => {
    const facts = {
      ...FACTS,
      deployment: {
        ...whereStated((claim) => (claim.relation === "produces" ? { ...claim, stated: {} } : claim)),
        nodes: FACTS.deployment.nodes.map((node) => (node.id === "job.import.slo" ? { ...node, attempt: 2 } : node)),
      },
    };
    const found = diff(lineage, buildLineage(facts, "deployment"));

    expect(found.nodes).toEqual({
      added: [],
      removed: [],
      changed: [{ id: "job.import.slo", attributes: ["attempt"] }],
    });
    expect(found.edges.changed).toContain("job.import.slo produces artifact.slo.runs: observed, then missing");
    expect(found.checks[0]).toContain("LC-03 fails now: nobody saw");
    expect(diff(lineage, lineage)).toEqual({
      nodes: { added: [], removed: [], changed: [] },
      edges: { added: [], removed: [], changed: [] },
      checks: [],
    });
    expect(diff(lineageAt("final", FACTS), lineage).nodes.added).toContain("deployment.prod.3");
  });
});
