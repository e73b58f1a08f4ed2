import { isJsonObject, type Json } from "./json.ts";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const STEP = /\.([A-Za-z_]\w*)|\[(0|[1-9]\d*)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** A member's name or an element's index. */
export type PathStep = string | number;

/** One step of a field path: `.name`, `["odd name"]` or `[3]`. A path is `$` followed by its steps. */
export function pathStep(step: PathStep): string {
  if (typeof step === "number") return `[${step}]`;
  return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The field path of a list of steps, such as `$.lines[0].quantity`. */
export const fieldPath = (steps: readonly PathStep[]): string => `$${steps.map(pathStep).join("")}`;

/** The steps of a field path; none for `$`; `undefined` when the text is no field path. */
export function parseFieldPath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  if (!path.startsWith("$")) return undefined;
  for (STEP.lastIndex = 1; STEP.lastIndex < path.length; ) {
    const [, name, index, quoted] = STEP.exec(path) ?? [];
    const step = index === undefined ? (name ?? unquoted(quoted)) : Number(index);
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}

/**
 * The value at a field path such as `$.order.items[0].sku`. `undefined` when there is none, or the text is no path.
 * Only own members and elements are found: `$.items.length` is not.
 */
export function resolvePath(value: Json, path: string): Json | undefined {
  const steps = parseFieldPath(path);
  let found: Json | undefined = steps === undefined ? undefined : value;
  for (const step of steps ?? []) found = found === undefined ? undefined : partOf(found, step);
  return found;
}

function partOf(value: Json, step: PathStep): Json | undefined {
  if (typeof step === "number") return Array.isArray(value) ? value[step] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function unquoted(quoted: string | undefined): string | undefined {
  try {
    const name: unknown = quoted === undefined ? undefined : JSON.parse(quoted);
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined; // an escape that JSON does not have
  }
}
