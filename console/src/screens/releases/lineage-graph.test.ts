import { expect, test } from "vitest";
import { pathThrough, pictureOf, placeOf } from "./lineage-graph.ts";

const edge = (source: string, target: string, status: "observed" | "missing" = "observed") => ({
  source,
  target,
  relation: "feeds" as const,
  status,
  evidence: {},
});

const LINEAGE = {
  lineage: {
    nodes: [
      { id: "input.pack.shop", type: "input" as const, digest: "sha256:abcdef0123456789" },
      { id: "check.slo.correct", type: "check" as const, outcome: "fail" },
      { id: "decision.slo", type: "decision" as const, value: "no-go", evaluation_id: "e-1" },
      { id: "input.other", type: "input" as const },
    ],
    edges: [
      edge("input.pack.shop", "check.slo.correct"),
      edge("check.slo.correct", "decision.slo"),
      edge("artifact.report", "check.slo.correct", "missing"),
    ],
  },
};

test("what an edge names and is not there is drawn as missing, and said so in words", () => {
  const { nodes, edges } = pictureOf(LINEAGE, null);

  expect(nodes.find(({ id }) => id === "artifact.report")).toMatchObject({
    tone: "bad",
    says: "artifact.report: named, and not there",
  });
  expect(edges.find(({ isAside }) => isAside === true)).toMatchObject({ label: "missing: feeds" });
  expect(nodes.find(({ id }) => id === "check.slo.correct")).toMatchObject({
    tone: "bad",
    says: "check slo.correct, fail",
  });
});

test("the path of a node is what leads to it and what comes of it, and nothing beside", () => {
  const path = pathThrough(LINEAGE.lineage.edges, "check.slo.correct");

  expect([...path].toSorted()).toEqual(["artifact.report", "check.slo.correct", "decision.slo", "input.pack.shop"]);
  expect(pictureOf(LINEAGE, "decision.slo").nodes.find(({ id }) => id === "input.other")?.isOnPath).toBe(false);
});

test("a decision leads to its evaluation, a deployment to its move, a bundle to itself, an input nowhere", () => {
  const [input, , decision] = LINEAGE.lineage.nodes;
  const deployment = {
    id: "deployment.prod.3",
    type: "deployment" as const,
    environment: "prod",
    seq: 3,
    bundle_id: "b",
  };

  expect([input, decision].map((node) => (node === undefined ? null : placeOf(node)))).toEqual([
    null,
    { kind: "evaluation", id: "e-1" },
  ]);
  expect(placeOf(deployment)).toEqual({ kind: "environment", id: "prod", seq: 3 });
  expect(placeOf({ id: "bundle.b", type: "bundle", bundle_id: "b" })).toEqual({ kind: "bundle", id: "b" });
});
