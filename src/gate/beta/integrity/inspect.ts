import type { SourceState } from "../../unit.ts";
import type { Manifest } from "../evidence/manifest.ts";
import type { Row } from "../evidence/row.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { brokenChains, byText } from "./chain.ts";
import { sourceStates, wrongDeclarations } from "./declared.ts";
import { unpreviewedAttempts } from "./drafts.ts";
import { type Finding, hit } from "./finding.ts";
import { changedInputs, missedRefusals, strayFixtures, unexercisedCases } from "./fixtures.ts";
import { ambiguousRows, dividedAttempts, strayTracks } from "./identity.ts";
import { wrongTags } from "./tags.ts";

/*
 * What may be measured, and every rule that was broken.
 *
 * I1  Every row is valid, broken, or older than the window; none is dropped.
 * I2  A row that breaks a rule is measured nowhere. Rows older than the window break none and are only looked up.
 * I3  Rules that look across rows look at every row in range, also one that another rule took out.
 */
export interface Inspection {
  readonly window: SignoffWindow;
  readonly sources: { readonly [source: string]: SourceState };
  /** In range and whole, in the order of what they say. */
  readonly valid: readonly Row[];
  readonly broken: readonly Row[];
  readonly older: readonly Row[];
  readonly findings: readonly Finding[];
}

export function inspect(manifest: Manifest, rows: readonly Row[], window: SignoffWindow): Inspection {
  const ordered = [...rows].sort((left, right) => byText(left.text, right.text));
  const misplaced = ordered.filter(({ observedAt }) => observedAt === null || observedAt >= window.cutoff);
  const placed = ordered.filter(({ observedAt }) => observedAt !== null && observedAt < window.cutoff);
  const inRange = placed.filter(({ observedAt }) => observedAt !== null && observedAt >= window.start);
  const older = placed.filter(({ observedAt }) => observedAt !== null && observedAt < window.start);
  const findings = [
    ...misplaced.map((row) => hit("IF-5", misplacement(row))(row)),
    ...findingsIn(inRange, manifest, window),
    ...wrongDeclarations(rows, manifest, window),
  ];
  const hits = new Set(findings.map(({ row }) => row));
  return {
    window,
    sources: sourceStates(manifest, window),
    valid: inRange.filter((row) => !hits.has(row)),
    broken: inRange.filter((row) => hits.has(row)),
    older,
    findings,
  };
}

const misplacement = ({ observedAt, malformed }: Row): string => {
  if (malformed.includes("line")) return "the line is no JSON object";
  return observedAt === null ? "`observedAt` is missing or no instant in UTC" : "`observedAt` is not before the cutoff";
};

const findingsIn = (rows: readonly Row[], manifest: Manifest, window: SignoffWindow): readonly Finding[] => [
  ...wrongTags(rows),
  ...dividedAttempts(rows),
  ...ambiguousRows(rows),
  ...strayFixtures(rows, manifest),
  ...wrongPayloads(rows),
  ...brokenChains(rows),
  ...missedRefusals(rows, manifest),
  ...changedInputs(rows, window),
  ...strayTracks(rows),
  ...unpreviewedAttempts(rows),
  ...unexercisedCases(rows, manifest, window),
];

/** IF-6: a payload keeps its schema and its hash. Where the kind is unknown there is no schema to keep. */
const wrongPayloads = (rows: readonly Row[]): readonly Finding[] =>
  rows.flatMap((row) => (row.payloadProblem === null ? [] : [hit("IF-6", row.payloadProblem)(row)]));
