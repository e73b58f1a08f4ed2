import { fieldPath, type PathStep } from "./field-path.ts";
import { isJsonObject, type Json } from "./json.ts";

/** One step of an annotation: a member, an element, every element, or any number of levels. */
type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "element"; readonly index: number }
  | { readonly kind: "elements" }
  | { readonly kind: "levels" };

/** Places in a document, such as `$.items[*].email` or `$.**.token`. */
export interface Annotation {
  readonly path: string;
  readonly steps: readonly Step[];
}

/** What stands at an annotated place. */
export interface Match<A extends Annotation> {
  readonly annotation: A;
  readonly value: Json;
  /** The field path of this very place, such as `$.items[3].email`. */
  readonly path: string;
}

const STEP = /\.(\*\*)|\.([A-Za-z_][\w-]*)|\[(\*)\]|\[(\d+)\]/y;

/**
 * Reads an annotation path: `$` and then `.member`, `[*]` for every element, `[0]` for one, `.**` for any number of levels
 * (none included) of members and elements. `undefined` when the text is no such path or names nothing below `$`.
 */
export function compileAnnotation(path: string): Annotation | undefined {
  const steps: Step[] = [];
  if (!path.startsWith("$") || path.length === 1) return undefined;
  for (STEP.lastIndex = 1; STEP.lastIndex < path.length; ) {
    const found = STEP.exec(path);
    if (found === null) return undefined;
    steps.push(stepOf(found));
  }
  return { path, steps };
}

function stepOf([, levels, name, elements, index]: RegExpExecArray): Step {
  if (levels !== undefined) return { kind: "levels" };
  if (name !== undefined) return { kind: "member", name };
  return elements === undefined ? { kind: "element", index: Number(index) } : { kind: "elements" };
}

/**
 * A copy of the document in which `replace` has put another value at every annotated place; what holds no such place is
 * shared with the document. Where several annotations meet, the first in the list counts; nothing below a replaced value
 * is looked at.
 */
export function replaceMatches<A extends Annotation>(
  document: Json,
  annotations: readonly A[],
  replace: (match: Match<A>) => Json,
): Json {
  const states = annotations.flatMap((annotation) => statesAt(annotation, 0));
  return rewrite(document, states, [], replace);
}

/** How far one annotation has come on the way down. */
interface State<A extends Annotation> {
  readonly annotation: A;
  readonly position: number;
}

/** The state, and the one behind a `**`, which may also stand for no level at all. */
function statesAt<A extends Annotation>(annotation: A, position: number): State<A>[] {
  const state = { annotation, position };
  return annotation.steps[position]?.kind === "levels" ? [state, ...statesAt(annotation, position + 1)] : [state];
}

function rewrite<A extends Annotation>(
  value: Json,
  states: readonly State<A>[],
  steps: readonly PathStep[],
  replace: (match: Match<A>) => Json,
): Json {
  if (states.length === 0) return value;
  const arrived = states.find(({ annotation, position }) => position === annotation.steps.length);
  if (arrived !== undefined) return replace({ annotation: arrived.annotation, value, path: fieldPath(steps) });
  const part = (child: Json, step: PathStep) => rewrite(child, advance(states, step), [...steps, step], replace);
  if (Array.isArray(value)) return rewriteArray(value, part);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, child]) => [name, child, part(child, name)] as const);
  if (members.every(([, before, after]) => before === after)) return value;
  return Object.fromEntries(members.map(([name, , after]) => [name, after]));
}

function rewriteArray(elements: readonly Json[], part: (child: Json, step: number) => Json): Json {
  const rewritten = elements.map(part);
  return rewritten.every((element, index) => element === elements[index]) ? elements : rewritten;
}

function advance<A extends Annotation>(states: readonly State<A>[], step: PathStep): State<A>[] {
  return states.flatMap(({ annotation, position }) => {
    const wanted = annotation.steps[position];
    if (wanted === undefined || !admits(wanted, step)) return [];
    return statesAt(annotation, wanted.kind === "levels" ? position : position + 1);
  });
}

function admits(wanted: Step, step: PathStep): boolean {
  switch (wanted.kind) {
    case "member":
      return wanted.name === step;
    case "element":
      return wanted.index === step;
    case "elements":
      return typeof step === "number";
    case "levels":
      return true;
  }
}
