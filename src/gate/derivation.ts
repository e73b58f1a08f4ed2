import {
  accepted,
  type Channel,
  type Digest,
  type Instant,
  isJsonObject,
  type Json,
  type JsonObject,
  parseInstant,
  parseJson,
  type Result,
  rejected,
  sha256Hex,
} from "../contracts/index.ts";
import { groupedBy, inOrder } from "./measure.ts";
import type { Policy } from "./policy.ts";
import type { Cell, EvidenceSet, SourceState, Unit } from "./unit.ts";

/** A file of evidence as it was read. */
export interface EvidenceFile {
  /** Without its folder, such as `rows.ndjson`. */
  readonly name: string;
  readonly text: string;
}

/** The text of the one file of a name; undefined where there is none, and where several differ: nobody knows which is meant. */
export function onlyText(files: readonly EvidenceFile[], name: string): string | undefined {
  const texts = new Set(files.flatMap((file) => (file.name === name ? [file.text] : [])));
  return texts.size === 1 ? [...texts][0] : undefined;
}

export interface DerivationInput {
  readonly files: readonly EvidenceFile[];
  readonly decidedAt: Instant;
  /** Whether a second evaluation came to the same; null where nobody asked. */
  readonly isReproduced: boolean | null;
  /** The policy that is evaluated, and the profile asked for: what evidence must be, such as how old, may depend on them. */
  readonly policy: Policy;
  readonly profile: string | null;
}

/**
 * Turns evidence into units. Pure, and released versions stay: a decision names the one it was derived by. Refused with
 * `GATE_EVIDENCE_MISSING` only where a file that it needs is not there at all; everything that is wrong inside is evidence.
 */
export interface Derivation {
  readonly fn: string;
  readonly version: number;
  /** Whether a decision rests on its own reproduction, so that everything is done twice. */
  readonly isReproduced: boolean;
  readonly derive: (input: DerivationInput) => Result<EvidenceSet>;
}

/**
 * Evidence that is units already: NDJSON files whose lines have `kind`, `id` and `columns`, and may have `at`, `channel`, `rows`
 * and `valid`. A line of a `kind` and a number of `units` declares how many the file has, none included. A file is a source under its
 * name without the ending. A line that is none of this makes its source unreadable; so do an id under which units differ, and a
 * declared number that is wrong.
 */
export const UNITS: Derivation = {
  fn: "units",
  version: 1,
  isReproduced: false,
  derive: ({ files }) => {
    const rows = files.filter(({ name }) => name.endsWith(".ndjson"));
    if (rows.length === 0)
      return rejected({
        code: "GATE_EVIDENCE_MISSING",
        message: "there is no file of evidence that ends in `.ndjson`",
      });
    const read = rows.map(({ name, text }) => unitsIn(name.slice(0, -".ndjson".length), text));
    const { units, disputed } = distinctUnits(read.flatMap(({ found }) => found));
    const problems = [
      ...read.flatMap(({ source, broken }) =>
        broken.map((line) => ({ source, detail: `the line \`${beginningOf(line)}\` cannot be read` })),
      ),
      ...read.flatMap(({ source, declared, found: units }) =>
        declared
          .filter(({ kind, count }) => units.filter((one) => one.kind === kind).length !== count)
          .map(({ kind, count }) => ({
            source,
            detail: `it does not have the ${count} units of \`${kind}\` that it says`,
          })),
      ),
      ...disputed.map(({ source, unit }) => ({
        source,
        detail: `\`${unit.id}\` stands there with different contents`,
      })),
    ];
    return accepted({
      digest: digestOfLines(read),
      sources: Object.fromEntries(
        read.map(({ source }) => [source, stateOf(problems.filter((one) => one.source === source))]),
      ),
      facts: {},
      units: {
        ...Object.fromEntries(read.flatMap(({ declared }) => declared.map(({ kind }) => [kind, []]))),
        ...units,
      },
    });
  },
};

/** Problems named of a source; the others are counted. */
const PROBLEMS_SHOWN = 5;

function stateOf(problems: readonly { readonly detail: string }[]): SourceState {
  if (problems.length === 0) return { state: "complete", detail: "" };
  const details = [...new Set(problems.map(({ detail }) => detail))].toSorted(inOrder);
  const more = details.length > PROBLEMS_SHOWN ? `, and ${details.length - PROBLEMS_SHOWN} more` : "";
  return { state: "unreadable", detail: `${details.slice(0, PROBLEMS_SHOWN).join(", ")}${more}` };
}

interface Found {
  readonly source: string;
  readonly kind: string;
  readonly unit: Unit;
}

function unitsIn(source: string, text: string) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const found: Found[] = [];
  const declared: Declared[] = [];
  const broken: string[] = [];
  for (const line of lines) {
    const parsed = parseJson(line);
    const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
    const declaration = declarationOf(value);
    const unit = declaration === undefined ? unitOf(source, value) : undefined;
    if (declaration !== undefined) declared.push(declaration);
    else if (unit !== undefined) found.push(unit);
    else broken.push(line);
  }
  return { source, found, declared, broken, lines };
}

/** Of all lines in their order, each behind the name of its source, which those of one source need no comparing of. */
function digestOfLines(read: readonly { readonly source: string; readonly lines: readonly string[] }[]): Digest {
  const [only] = read;
  if (only === undefined || read.length > 1 || only.lines.length === 0) {
    const lines = read.flatMap(({ source, lines: all }) => all.map((line) => `${source} ${line}`));
    return sha256Hex(lines.toSorted(inOrder).join("\n"));
  }
  const lead = `${only.source} `;
  return sha256Hex(lead + only.lines.toSorted(inOrder).join(`\n${lead}`));
}

/** Characters by which a line that cannot be read is named: its number would say something else wherever lines are in another order. */
const NAMED = 40;

/** A line as it is named where it cannot be read. */
export const beginningOf = (line: string): string => (line.length > NAMED ? `${line.slice(0, NAMED)}...` : line);

interface Declared {
  readonly kind: string;
  readonly count: number;
}

function declarationOf(value: JsonObject): Declared | undefined {
  const { kind, units } = value;
  const isDeclared = typeof kind === "string" && typeof units === "number" && Object.keys(value).length === 2;
  return isDeclared ? { kind, count: units } : undefined;
}

function unitOf(source: string, value: JsonObject): Found | undefined {
  const { kind, id, columns, at = null, channel = null, rows = [], valid = true } = value;
  if (typeof kind !== "string" || typeof id !== "string" || typeof valid !== "boolean") return undefined;
  if (columns === undefined || !isJsonObject(columns) || !isCells(columns)) return undefined;
  const instant = at === null ? null : typeof at === "string" ? parseInstant(at) : undefined;
  const isNamed = channel === null || isChannel(channel);
  if (instant === undefined || !isNamed || !Array.isArray(rows)) return undefined;
  const names = rows.filter((row) => typeof row === "string");
  if (names.length !== rows.length) return undefined;
  return {
    source,
    kind,
    unit: { id, at: instant, channel, rows: names.length === 0 ? [id] : names, isValid: valid, columns },
  };
}

const CHANNELS: readonly Json[] = ["prod_traffic", "controlled_fixture", "ci"];
const isChannel = (value: Json): value is Channel => CHANNELS.includes(value);
const isCell = (value: Json): value is Cell => value === null || typeof value !== "object";
const isCells = (columns: JsonObject): columns is { readonly [name: string]: Cell } =>
  Object.values(columns).every(isCell);

/** By kind, in the order of ids. A unit that came twice, equal in everything, is one; under one id with other contents, all stay and none is valid. */
function distinctUnits(found: readonly Found[]) {
  const groups = [...groupedBy(found, ({ kind }) => kind)]
    .toSorted(([a], [b]) => inOrder(a, b))
    .map(([kind, all]) => [kind, distinct(all)] as const);
  const units = groups.map(([kind, kept]): [string, readonly Unit[]] => [
    kind,
    kept.map(({ unit }, at) => (isDisputed(kept, at) ? { ...unit, isValid: false } : unit)),
  ]);
  const disputed = groups.flatMap(([, kept]) => kept.filter((_, at) => isDisputed(kept, at)));
  return { units: Object.fromEntries(units), disputed };
}

/** One after another under their ids, those that differ. Sorted, since a map of a list for each id was a tenth of a decision. */
function distinct(found: readonly Found[]): readonly Found[] {
  const kept: Found[] = [];
  let first = 0; // of those with the last id
  for (const one of found.toSorted((a, b) => inOrder(a.unit.id, b.unit.id))) {
    if (kept[first]?.unit.id !== one.unit.id) first = kept.length;
    if (first === kept.length || kept.slice(first).every((other) => contentsOf(other.unit) !== contentsOf(one.unit)))
      kept.push(one);
  }
  return kept;
}

const isDisputed = (kept: readonly Found[], at: number): boolean => {
  const id = kept[at]?.unit.id;
  return id === kept[at - 1]?.unit.id || id === kept[at + 1]?.unit.id;
};

/** Everything that a unit says, whatever the order of its columns and rows. */
const contentsOf = ({ at, channel, rows, isValid, columns }: Unit): string =>
  JSON.stringify([
    at,
    channel,
    rows.toSorted(inOrder),
    isValid,
    Object.entries(columns).toSorted(([a], [b]) => inOrder(a, b)),
  ]);
