import { expect, test } from "vitest";
import { buildLineage } from "./build.ts";
import { BOX_HEIGHT, BOX_WIDTH, fitted, layoutOf, type Point } from "./layout.ts";
import type { Lineage } from "./model.ts";
import { lineageSvg } from "./svg.ts";
import { factsOf, lineageAt } from "./testing/candidate.ts";

const FACTS = factsOf();
const WHOLE = lineageAt("deployment", FACTS);
/** Nothing is proven, and a check is named that is not there. */
const BROKEN = buildLineage(
  {
    ...FACTS,
    deployment: {
      ...FACTS.deployment,
      claims: FACTS.deployment.claims.filter(({ relation }) => relation !== "produces" && relation !== "waives"),
      required: [
        ...FACTS.deployment.required,
        { source: "artifact.slo.runs", target: "check.slo.nobody", relation: "feeds" },
      ],
    },
  },
  "deployment",
);

/** A lineage as wide as a release's: many checks, each fed by many files. */
function large(): Lineage {
  const files = Array.from({ length: 12 }, (_, index) => `artifact.slo.report-with-a-very-long-name-${index}`);
  const checks = Array.from({ length: 40 }, (_, index) => `check.slo.gate-${index}`);
  const node = (id: string) => ({ id, type: id.startsWith("check") ? ("check" as const) : ("artifact" as const) });
  const edges = files.flatMap((source) =>
    checks.map((target) => ({ source, target, relation: "feeds" as const, status: "observed" as const, evidence: {} })),
  );
  return {
    ...WHOLE,
    lineage: {
      nodes: [...WHOLE.lineage.nodes, ...[...files, ...checks].map(node)],
      edges: [...WHOLE.lineage.edges, ...edges],
    },
  };
}

test.each([
  ["a whole lineage", WHOLE],
  ["one of which much is missing", BROKEN],
  ["a large one", large()],
])("of %s no two boxes overlap, and all lie within the picture", (_, lineage) => {
  const { boxes, width, height } = layoutOf(lineage);
  const all = [...boxes.values()];

  for (const [index, a] of all.entries()) {
    expect(a.x >= 0 && a.y >= 0 && a.x + BOX_WIDTH <= width && a.y + BOX_HEIGHT <= height).toBe(true);
    for (const b of all.slice(index + 1))
      expect(Math.abs(a.x - b.x) >= BOX_WIDTH || Math.abs(a.y - b.y) >= BOX_HEIGHT).toBe(true);
  }
});

test.each([
  ["a whole lineage", WHOLE],
  ["one of which much is missing", BROKEN],
  ["a large one", large()],
])("of %s no line runs through a box that it has nothing to do with", (_, lineage) => {
  const { boxes, lines } = layoutOf(lineage);
  const along = (points: readonly Point[]) =>
    points.flatMap((from, index) => {
      const to = points[index + 1];
      return to !== undefined && from.y === to.y && to.x - from.x === BOX_WIDTH ? [from] : [];
    });

  for (const { edge, points } of lines) {
    expect(points.length % 2).toBe(0);
    for (const lane of along(points.slice(1, -1)))
      for (const { id, x, y } of boxes.values())
        expect(id !== edge.source && x === lane.x && lane.y >= y && lane.y <= y + BOX_HEIGHT).toBe(false);
  }
});

test("a picture is the same every time, names everything, and marks in red what is missing", () => {
  const svg = lineageSvg(BROKEN);

  expect(lineageSvg(BROKEN)).toBe(svg);
  for (const { id } of BROKEN.lineage.nodes) expect(svg).toContain(`<title>${id}</title>`);
  expect(svg.match(/class="edge missing/g)).toHaveLength(
    BROKEN.lineage.edges.filter(({ status }) => status === "missing").length,
  );
  expect(svg).toContain(">missing: produces</text>");
  expect(svg).toContain(">not there</text>");
  expect(svg).toContain("not complete:");
  expect(svg).toContain("prefers-color-scheme:dark");
  expect(lineageSvg(WHOLE)).toContain("complete: every edge was seen");
  expect(lineageSvg(WHOLE)).not.toContain('class="label"');
});

test("what is too long keeps its end, and nothing that a lineage says becomes markup", () => {
  const [first, ...rest] = WHOLE.lineage.nodes;
  const nodes = first === undefined ? [] : [{ ...first, id: 'artifact.<script>&"x' }, ...rest];
  const svg = lineageSvg({ ...WHOLE, lineage: { ...WHOLE.lineage, nodes } });

  expect(fitted("a-very-long-name-of-a-gate", 67)).toBe("…of-a-gate");
  expect(fitted("short", 67)).toBe("short");
  expect(svg).toContain("&lt;script&gt;&amp;&quot;x");
  expect(svg).not.toContain("<script");
});
