import { fieldPath, type PathStep } from "./field-path.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

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
  const states: State<A>[] = [];
  for (const annotation of annotations) enter(states, annotation, 0);
  return rewrite(document, states, undefined, replace);
}

/** How far one annotation has come on the way down. */
interface State<A extends Annotation> {
  readonly annotation: A;
  readonly position: number;
}

/** The way down, last step first; written as text only where something matched. */
type Trail = { readonly above: Trail; readonly step: PathStep } | undefined;

/** Adds the state once, and the one behind a `**`, which may also stand for no level at all. */
function enter<A extends Annotation>(states: State<A>[], annotation: A, position: number): void {
  if (states.some((state) => state.position === position && state.annotation === annotation)) return;
  states.push({ annotation, position });
  if (annotation.steps[position]?.kind === "levels") enter(states, annotation, position + 1);
}

function rewrite<A extends Annotation>(
  value: Json,
  states: readonly State<A>[],
  trail: Trail,
  replace: (match: Match<A>) => Json,
): Json {
  const arrived = states.find(({ annotation, position }) => position === annotation.steps.length);
  if (arrived !== undefined) return replace({ annotation: arrived.annotation, value, path: pathOf(trail) });
  if (typeof value !== "object" || value === null) return value;
  const part = (child: Json, step: PathStep): Json => {
    const next = advance(states, step);
    return next.length === 0 ? child : rewrite(child, next, { above: trail, step }, replace);
  };
  return isJsonObject(value) ? rewriteObject(value, part) : rewriteArray(value, part);
}

function rewriteObject(object: JsonObject, part: (child: Json, step: string) => Json): Json {
  const changed: [string, Json][] = [];
  for (const name of Object.keys(object)) {
    const before = object[name] ?? null;
    const after = part(before, name);
    if (after !== before) changed.push([name, after]);
  }
  return changed.length === 0 ? object : Object.fromEntries([...Object.entries(object), ...changed]);
}

function rewriteArray(elements: readonly Json[], part: (child: Json, step: number) => Json): Json {
  const rewritten = elements.map(part);
  return rewritten.every((element, index) => element === elements[index]) ? elements : rewritten;
}

function advance<A extends Annotation>(states: readonly State<A>[], step: PathStep): readonly State<A>[] {
  const next: State<A>[] = [];
  for (const { annotation, position } of states) {
    const wanted = annotation.steps[position];
    if (wanted === undefined || !admits(wanted, step)) continue;
    enter(next, annotation, wanted.kind === "levels" ? position : position + 1);
  }
  return next;
}

function pathOf(trail: Trail): string {
  const steps: PathStep[] = [];
  for (let at = trail; at !== undefined; at = at.above) steps.unshift(at.step);
  return fieldPath(steps);
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
