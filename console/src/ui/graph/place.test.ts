import { expect, test } from "vitest";
import { lineOf, neighbour, placed, widthMinOf } from "./place.ts";

const node = (id: string) => ({ id, width: 100, height: 40 });

const xOf = (id: string, found: ReturnType<typeof placed>): number => found.nodes.get(id)?.x ?? Number.NaN;
const yOf = (id: string, found: ReturnType<typeof placed>): number => found.nodes.get(id)?.y ?? Number.NaN;

test("arrows lead one way, and nothing stands outside the picture", () => {
  const nodes = ["a", "b", "c", "d"].map(node);
  const arrows = [
    { from: "a", to: "b" },
    { from: "a", to: "c" },
    { from: "b", to: "d" },
    { from: "c", to: "d" },
  ];
  const right = placed(nodes, arrows, "right");
  const down = placed(nodes, arrows, "down");

  expect(xOf("a", right)).toBeLessThan(xOf("b", right));
  expect(xOf("c", right)).toBeLessThan(xOf("d", right));
  expect(yOf("a", down)).toBeLessThan(yOf("b", down));
  for (const { x, y } of right.nodes.values()) {
    expect(x).toBeGreaterThanOrEqual(50);
    expect(x).toBeLessThanOrEqual(right.width - 50);
    expect(y).toBeLessThanOrEqual(right.height - 20);
  }
});

test("an arrow back, two between the same nodes, one to itself and one to nowhere leave the rest in place", () => {
  const found = placed(
    ["a", "b"].map(node),
    [
      { from: "a", to: "b" },
      { from: "a", to: "b" },
      { from: "b", to: "a" },
      { from: "a", to: "a" },
      { from: "a", to: "nowhere" },
    ],
    "right",
  );

  expect(found.arrows.map((points) => points.length > 0)).toEqual([true, true, true, false, false]);
  expect(found.arrows[0]).not.toEqual(found.arrows[1]);
  expect(found.labels).toEqual([null, null, null, null, null]);
});

test("what is as long as its longest way is known before it is placed, unless arrows lead back", () => {
  const nodes = ["a", "b", "c", "d"].map(node);
  const arrows = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "a", to: "c", label: "a very long way to go" },
    { from: "d", to: "d" },
    { from: "c", to: "nowhere" },
  ];

  expect(widthMinOf(nodes, arrows.toSpliced(2, 1))).toBe(placed(nodes, arrows.toSpliced(2, 1), "right").width);
  expect(widthMinOf(nodes, arrows)).toBeLessThan(placed(nodes, arrows, "right").width);
  expect(widthMinOf(nodes, [...arrows, { from: "c", to: "a" }])).toBe(0);
});

test("a label stands between the nodes of its arrow, and room is left for it", () => {
  const nodes = ["a", "b"].map(node);
  const bare = placed(nodes, [{ from: "a", to: "b" }], "right");
  const labelled = placed(nodes, [{ from: "a", to: "b", label: "a very long way to go" }], "right");
  const [label] = labelled.labels;

  expect(label?.x).toBeGreaterThan(xOf("a", labelled) + 50);
  expect(label?.x).toBeLessThan(xOf("b", labelled) - 50);
  expect(labelled.width).toBeGreaterThan(bare.width);
});

test("a line begins and ends where its arrow does, and is round where it bends", () => {
  const line = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 20, y: 10 },
    { x: 30, y: 10 },
  ];

  expect(lineOf(line)).toBe("M0 0 Q10 0 15 5 Q20 10 30 10");
  expect(lineOf(line.slice(0, 2))).toBe("M0 0 L10 0");
  expect(lineOf([])).toBe("");
});

test("an arrow key leads to the nearest node that way, and nowhere where there is none", () => {
  const nodes = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 100, y: 10 }],
    ["far", { x: 200, y: 0 }],
    ["below", { x: 0, y: 100 }],
  ]);

  expect(neighbour(nodes, "a", "ArrowRight")).toBe("b");
  expect(neighbour(nodes, "far", "ArrowLeft")).toBe("b");
  expect(neighbour(nodes, "a", "ArrowDown")).toBe("below");
  expect(neighbour(nodes, "a", "ArrowUp")).toBeNull();
  expect(neighbour(nodes, "a", "Enter")).toBeNull();
});
