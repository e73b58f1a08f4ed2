import { formatInstant, type Instant } from "../../../contracts/index.ts";
import { digestOfTexts } from "../../long-text.ts";
import type { SourceState } from "../../unit.ts";
import type { Manifest } from "../evidence/manifest.ts";
import type { Row } from "../evidence/row.ts";
import { SOURCES, type Source } from "../evidence/vocabulary.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { byText } from "./chain.ts";
import { type Finding, missing } from "./finding.ts";

/** IF-13: the manifest's window is the decision's, and its counts and hashes are those of the rows. */
export function wrongDeclarations(rows: readonly Row[], manifest: Manifest, window: SignoffWindow): readonly Finding[] {
  const edges: readonly [string, Instant, Instant][] = [
    ["windowStart", manifest.windowStart, window.start],
    ["windowEnd", manifest.windowEnd, window.end],
    ["cutoff", manifest.cutoff, window.cutoff],
  ];
  return [
    ...edges
      .filter(([, declared, actual]) => declared !== actual)
      .map(([name, , actual]) => missing("IF-13", `${name} is not ${formatInstant(actual)}`)),
    ...(manifest.isHashed ? [] : [missing("IF-13", "`bundleHash` is not the manifest's")]),
    ...manifest.sources.flatMap((declared) => wrongRows(rows, declared)),
  ];
}

function wrongRows(rows: readonly Row[], declared: Manifest["sources"][number]): readonly Finding[] {
  const { source, rowCount, rowsHash } = declared;
  const own = rows.filter((row) => row.source === source);
  return [
    ...(own.length === rowCount ? [] : [missing("IF-13", `${source} has ${own.length} rows, not ${rowCount}`)]),
    ...(rowsHashOf(own) === rowsHash ? [] : [missing("IF-13", `${source}: \`rowsHash\` is not that of its rows`)]),
  ];
}

/** The hash of a source's rows, in the order of ids and payloads. */
export const rowsHashOf = (rows: readonly Row[]): string =>
  digestOfTexts(
    [...rows]
      .sort(
        (left, right) =>
          byText(left.rowId, right.rowId) ||
          byText(left.payloadHash ?? "", right.payloadHash ?? "") ||
          byText(left.text, right.text),
      )
      .map(({ text }) => text),
  );

/** A source is complete where it was seen alive from the beginning of the window to the cutoff, without a gap. */
export const sourceStates = (manifest: Manifest, window: SignoffWindow): { readonly [source: string]: SourceState } => {
  const coverage = new Map(manifest.sources.map((declared) => [declared.source, declared.coverage]));
  const stateOf = (source: Source): SourceState => {
    const spans = coverage.get(source);
    if (spans === undefined) return { state: "incomplete", detail: "the manifest does not name the source" };
    const gap = firstGap(spans, window);
    if (gap === undefined) return { state: "complete", detail: "" };
    return { state: "incomplete", detail: `nothing was seen from ${formatInstant(gap)} on` };
  };
  return Object.fromEntries(SOURCES.map((source) => [source, stateOf(source)]));
};

type Span = Manifest["sources"][number]["coverage"][number];

function firstGap(spans: readonly Span[], { start, cutoff }: SignoffWindow): Instant | undefined {
  let reached = start;
  for (const { from, to } of [...spans].sort((left, right) => left.from - right.from)) {
    if (from > reached) break;
    if (to > reached) reached = to;
  }
  return reached < cutoff ? reached : undefined;
}
