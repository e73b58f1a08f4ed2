import type { Lineage, LineageDiff, LineageEdge, LineageNode, Part } from "../release/index.ts";
import { visible } from "./document.ts";
import type { Paint } from "./output.ts";

/** A lineage for a person: how it stands, what came from what as a tree, and every rule that does not hold. */
export function lineageLines(lineage: Lineage, paint: Paint): readonly string[] {
  const { stage, candidate, status, summary, completeness_checks, digest } = lineage;
  const isWhole = status === "passed";
  return [
    `${isWhole ? paint.green(paint.bold("complete")) : paint.red(paint.bold("not complete"))}  commit ${candidate.commit.slice(0, 12)}, stage ${stage}: ${summary.nodes_total} nodes, ${summary.edges_total} edges`,
    ...treeLines(lineage.lineage, paint),
    ...completeness_checks
      .filter(({ passed }) => !passed)
      .map(({ check_id, detail }) => `${paint.red(check_id)}  ${visible(detail)}`),
    paint.dim(`lineage ${digest}`),
  ];
}

/** From what nothing more came, back to what it came from; what was told above is named again and not unfolded. */
function treeLines({ nodes, edges }: Part, paint: Paint): readonly string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const into = new Map<string, LineageEdge[]>();
  for (const edge of edges) into.set(edge.target, [...(into.get(edge.target) ?? []), edge]);
  const ids = new Set([...byId.keys(), ...edges.flatMap(({ source, target }) => [source, target])]);
  for (const { source } of edges) ids.delete(source);
  const told = new Set<string>();
  const lines: string[] = [];
  const tell = (id: string, prefix: string, edge: LineageEdge | null): void => {
    const isTold = told.has(id) && (into.get(id)?.length ?? 0) > 0;
    lines.push(`${prefix}${lineOf({ id, node: byId.get(id), edge, isTold }, paint)}`);
    if (told.has(id)) return;
    told.add(id);
    for (const one of into.get(id) ?? []) tell(one.source, `${prefix}  `, one);
  };
  for (const id of [...ids].sort(byStage)) tell(id, "", null);
  return lines;
}

const ORDER = ["deployment", "bundle", "decision", "artifact"];

/** What lies furthest on first. */
function byStage(a: string, b: string): number {
  const place = (id: string): number => (ORDER.indexOf(id.split(".")[0] ?? "") + ORDER.length + 1) % (ORDER.length + 1);
  return place(a) - place(b) || (a < b ? -1 : 1);
}

interface Told {
  readonly id: string;
  readonly node: LineageNode | undefined;
  readonly edge: LineageEdge | null;
  readonly isTold: boolean;
}

function lineOf({ id, node, edge, isTold }: Told, paint: Paint): string {
  const note = node === undefined ? paint.red("not there") : noteOf(node, paint);
  const how =
    edge === null
      ? ""
      : edge.status === "missing"
        ? `${paint.red(`MISSING ${edge.relation}`)} `
        : paint.dim(`${edge.relation} `);
  return `${how}${visible(id)}  ${note}${isTold ? paint.dim("  (above)") : ""}`;
}

const GOOD: readonly unknown[] = ["success", "pass", "go", "promoted"];
const BAD: readonly unknown[] = ["failure", "cancelled", "fail", "no-go"];

function noteOf({ type, value, outcome, result, digest, sha256, root_digest, at }: LineageNode, paint: Paint): string {
  const word = value ?? outcome ?? result;
  if (word !== undefined) {
    const text = visible(String(word));
    return GOOD.includes(word) ? paint.green(text) : BAD.includes(word) ? paint.red(text) : paint.yellow(text);
  }
  const told = type === "deployment" ? at : (root_digest ?? digest ?? sha256);
  return paint.dim(visible(String(told ?? "")).slice(0, 24));
}

export function partLines(part: Part, paint: Paint): readonly string[] {
  const missing = part.edges.filter(({ status }) => status === "missing").length;
  return [...treeLines(part, paint), ...(missing === 0 ? [] : [paint.red(`${missing} edges were not seen`)])];
}

export function diffLines({ nodes, edges, checks }: LineageDiff, paint: Paint): readonly string[] {
  const lines = [
    ...[...nodes.added, ...edges.added].map((one) => paint.green(`+ ${visible(one)}`)),
    ...[...nodes.removed, ...edges.removed].map((one) => paint.red(`- ${visible(one)}`)),
    ...nodes.changed.map(({ id, attributes }) => paint.yellow(`~ ${visible(id)}: ${attributes.join(", ")}`)),
    ...edges.changed.map((one) => paint.yellow(`~ ${visible(one)}`)),
    ...checks.map((one) => `  ${visible(one)}`),
  ];
  return lines.length === 0 ? ["no difference"] : lines;
}
