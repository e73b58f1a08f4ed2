import { formatInstant, parseInstant } from "../../contracts/index.ts";
import { escaped } from "./escaped.ts";
import {
  ARC,
  BOX_HEIGHT,
  BOX_WIDTH,
  type Box,
  fitted,
  HEAD,
  type Layout,
  type Line,
  layoutOf,
  MARGIN,
  type Point,
  TEXT_WIDTH,
} from "./layout.ts";
import type { Lineage, LineageNode } from "./model.ts";
import { inOrder } from "./summary.ts";
import { toneOf } from "./tone.ts";

/** A lineage as a picture that stands alone, in a page or a file, light or dark as its reader prefers. */
export function lineageSvg(lineage: Lineage): string {
  const layout = layoutOf(lineage);
  const { width, height, columns, boxes, lines } = layout;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="lineage" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(titleOf(lineage))}">`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="${MARGIN}" y="32">${escaped(titleOf(lineage))}</text>`,
    `<text class="state ${lineage.status}" x="${MARGIN}" y="50">${escaped(stateOf(lineage))}</text>`,
    ...columns.map(({ title, x }) => `<text class="column" x="${x}" y="${HEAD - 12}">${title}</text>`),
    ...[...lines].sort(missingLast).map(lineOf),
    ...[...boxes.values()].map(boxOf),
    ...labelsOf(layout),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function titleOf({ candidate, stage, lineage: { nodes } }: Lineage): string {
  const bundle = nodes.find(({ type }) => type === "bundle");
  return `${bundle === undefined ? `commit ${candidate.commit.slice(0, 12)}` : String(bundle.bundle_id)} · ${STAGE_WORDS[stage]}`;
}

const STAGE_WORDS = {
  pre: "before the decision",
  final: "up to the decision",
  deployment: "up to where it runs",
} as const;

function stateOf({ status, lineage: { edges }, completeness_checks }: Lineage): string {
  if (status === "passed") return "complete: every edge was seen";
  const missing = edges.filter((edge) => edge.status === "missing").length;
  const failed = completeness_checks.filter(({ passed }) => !passed).map(({ check_id }) => check_id);
  return `not complete: ${missing} ${missing === 1 ? "edge" : "edges"} missing; ${failed.join(", ")}`;
}

const missingLast = (a: Line, b: Line): number =>
  Number(a.edge.status === "missing") - Number(b.edge.status === "missing");

/** Curves from point to point, straight along a lane; beside the column where both ends are in it. */
function lineOf({ edge: { source, target, relation, status }, points }: Line): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const steps = rest.map((to, index) => stepTo(points[index] ?? first, to));
  const path = `M${first.x} ${first.y}${steps.join("")}`;
  return `<path class="edge ${status} ${relation}" d="${path}"><title>${escaped(`${source} ${relation} ${target}: ${status}`)}</title></path>`;
}

function stepTo(from: Point, to: Point): string {
  if (from.y === to.y && from.x !== to.x) return `L${to.x} ${to.y}`;
  const isBeside = to.x <= from.x;
  const bend = isBeside ? ARC : (to.x - from.x) / 2;
  return `C${from.x + bend} ${from.y} ${isBeside ? to.x + bend : to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

function boxOf({ id, x, y, node }: Box): string {
  const [name, note] = [id.slice(id.indexOf(".") + 1), node === null ? "not there" : noteOf(node)];
  return [
    `<g class="node ${node === null ? "absent" : toneOf(node)}"><title>${escaped(id)}</title>`,
    `<rect class="box" x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="6"/>`,
    `<rect class="tone" x="${x}" y="${y + 6}" width="3" height="${BOX_HEIGHT - 12}"/>`,
    `<text class="name" x="${x + 12}" y="${y + 16}">${escaped(fitted(name, TEXT_WIDTH))}</text>`,
    `<text class="note" x="${x + 12}" y="${y + 30}">${escaped(fitted(note, TEXT_WIDTH))}</text></g>`,
  ].join("");
}

/** One word on each node: how it came out, or the beginning of its digest. */
function noteOf(node: LineageNode): string {
  const { type, digest, sha256, root_digest, ref, result, outcome, value, at, rollback } = node;
  if (type === "source") return short(ref);
  if (type === "job") return String(result);
  if (type === "check") return String(outcome);
  if (type === "decision") return String(value);
  if (type === "bundle") return short(root_digest);
  if (type === "deployment") return `${rollback === true ? "back " : ""}${dayOf(at)}`;
  return short(digest ?? sha256);
}

const short = (value: unknown): string =>
  String(value ?? "no digest")
    .replace(/^sha256:/, "")
    .slice(0, 16);

function dayOf(value: unknown): string {
  const at = parseInstant(String(value));
  return at === undefined ? String(value) : formatInstant(at).slice(0, 16).replace("T", " ");
}

/** What is missing, in the gutter before each box that it is missing at. */
function labelsOf({ boxes, lines, gutter }: Layout): readonly string[] {
  const missing = new Map<string, Set<string>>();
  for (const {
    edge: { target, relation, status },
  } of lines)
    if (status === "missing") missing.set(target, (missing.get(target) ?? new Set()).add(relation));
  return [...missing]
    .sort(([a], [b]) => inOrder(a, b))
    .flatMap(([target, relations]) => {
      const box = boxes.get(target);
      if (box === undefined) return [];
      const text = fitted(`missing: ${[...relations].join(", ")}`, gutter - 12);
      return [`<text class="label" x="${box.x - 8}" y="${box.y + BOX_HEIGHT / 2 - 5}">${escaped(text)}</text>`];
    });
}

const STYLE = `
svg.lineage{--paper:#fff;--ink:#1b1d21;--soft:#6a707a;--line:#c3c8d0;--box:#f6f7f9;--good:#0a7d43;--bad:#b3261e;--between:#8a5a00;max-width:none;font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (prefers-color-scheme:dark){svg.lineage{--paper:#15171a;--ink:#e6e8eb;--soft:#9aa1ac;--line:#454b55;--box:#1f2227;--good:#4cc38a;--bad:#ff8a80;--between:#e2b340}}
.lineage .paper{fill:var(--paper)}.lineage text{fill:var(--ink)}.lineage .title{font:600 15px system-ui,sans-serif}
.lineage .state{font:12px system-ui,sans-serif}.lineage .state.passed{fill:var(--good)}.lineage .state.failed{fill:var(--bad)}
.lineage .column{fill:var(--soft);font:600 11px system-ui,sans-serif;letter-spacing:.04em}
.lineage .box{fill:var(--box);stroke:var(--line)}.lineage .note{fill:var(--soft)}.lineage .tone{fill:var(--line)}
.lineage .good .tone{fill:var(--good)}.lineage .bad .tone{fill:var(--bad)}.lineage .between .tone{fill:var(--between)}
.lineage .bad .note{fill:var(--bad)}.lineage .absent .box{fill:none;stroke:var(--bad);stroke-dasharray:4 3}.lineage .absent .note{fill:var(--bad)}
.lineage .edge{fill:none;stroke:var(--line);stroke-width:1.2}.lineage .edge.governs,.lineage .edge.consumes{stroke-dasharray:1 3}
.lineage .edge.missing{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:6 4}
.lineage .label{fill:var(--bad);text-anchor:end;paint-order:stroke;stroke:var(--paper);stroke-width:4px}
`.trim();
