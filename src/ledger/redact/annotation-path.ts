/**
 * The path language of a contract's annotations (commerce-kernel 12.3): `$.a.b`, `$.items[*].email`, `$.**.token`,
 * `$["odd name"]`. `[*]` is every element of an array, `**` any number of steps of either kind.
 */
type Segment =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "each" }
  | { readonly kind: "any_depth" };

export type AnnotationPath = readonly Segment[];

const SEGMENT = /\.\*\*|\[\*\]|\.([A-Za-z_][A-Za-z0-9_-]*)|\[("(?:[^"\\]|\\.)*")\]/y;

/** Bounds what a contract can make every call pay. */
const SEGMENTS_MAX = 32;

/** Reads a path; `undefined` when the text is none. */
export function parseAnnotationPath(text: string): AnnotationPath | undefined {
  if (!text.startsWith("$")) return undefined;
  const segments: Segment[] = [];
  for (let at = 1; at < text.length; ) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    if (match === null || segments.length === SEGMENTS_MAX) return undefined;
    const segment = segmentOf(match[0], match[1], match[2]);
    if (segment === undefined) return undefined;
    segments.push(segment);
    at = SEGMENT.lastIndex;
  }
  return segments;
}

function segmentOf(text: string, name: string | undefined, quoted: string | undefined): Segment | undefined {
  if (text === ".**") return { kind: "any_depth" };
  if (text === "[*]") return { kind: "each" };
  if (name !== undefined) return { kind: "member", name };
  return unquoted(quoted ?? "");
}

function unquoted(text: string): Segment | undefined {
  try {
    const name: unknown = JSON.parse(text);
    return typeof name === "string" ? { kind: "member", name } : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // an escape that JSON does not know
    throw cause;
  }
}

/** What may still follow on each path that has matched so far: ascending, distinct; an empty rest is a full match. */
export type Ahead = readonly AnnotationPath[];

/** Everything that may follow at the start of the document. */
export const startOf = (paths: readonly AnnotationPath[]): Ahead => closed(paths);

/** What may follow after a member of this name. */
export const afterMember = (ahead: Ahead, name: string): Ahead =>
  after(ahead, (segment) => segment.kind === "member" && segment.name === name);

/** What may follow after an element of an array. */
export const afterElement = (ahead: Ahead): Ahead => after(ahead, (segment) => segment.kind === "each");

/** Whether some path ends here. */
export const isMatch = (ahead: Ahead): boolean => ahead.some((rest) => rest.length === 0);

/** The names that a path asks for next; every other name leads to one and the same place. */
export const namesAhead = (ahead: Ahead): readonly string[] =>
  ahead.flatMap(([segment]) => (segment?.kind === "member" ? [segment.name] : []));

function after(ahead: Ahead, takes: (segment: Segment) => boolean): Ahead {
  return closed(
    ahead.flatMap((rest) => {
      const [segment, ...following] = rest;
      if (segment === undefined) return [];
      if (segment.kind === "any_depth") return [rest];
      return takes(segment) ? [following] : [];
    }),
  );
}

/** Adds what follows each leading `**`, which may stand for nothing; without doubles. */
function closed(ahead: Ahead): Ahead {
  const distinct = new Map<string, AnnotationPath>();
  for (const path of ahead) {
    for (let rest = path; ; rest = rest.slice(1)) {
      distinct.set(JSON.stringify(rest), rest);
      if (rest[0]?.kind !== "any_depth") break;
    }
  }
  return [...distinct.values()];
}
