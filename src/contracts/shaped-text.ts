import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { JSON_BYTES_MAX, textProblem } from "./canonical.ts";
import type { Code } from "./codes.ts";
import { fieldPath } from "./field-path.ts";
import type { Refusal } from "./refusal.ts";

/** What is wrong with a document as it is written, and where. */
export interface TextError {
  readonly code: Code;
  /** Such as `$.workflows[0].steps[2].tool_name`; `$` for the whole. */
  readonly path: string;
  readonly message: string;
  /** From 1; null where the document did not come as text. */
  readonly line: number | null;
  readonly column: number | null;
}

/** The refusal of a document because of one error; `details` says where in its text. */
export const refusalOf = ({ code, message, path, line, column }: TextError): Refusal => ({
  code,
  message,
  field_path: path,
  ...(line === null ? {} : { details: { line, column } }),
});

export type ShapedText<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly TextError[] };

/** A kind of document that people write: its shape, how its errors are called, and the rules that lie between fields. */
export interface TextKind<T> {
  /** With the article, such as `the pack`. */
  readonly name: string;
  readonly shape: z.ZodType<T>;
  readonly codes: { readonly syntax: Code; readonly unknown: Code; readonly invalid: Code };
  /** Said of a value that fits none of several shapes. */
  readonly union: string;
  /** Errors that no shape sees; asked also where the shape found some. */
  readonly between: (value: unknown) => readonly FoundError[];
}

export interface FoundError {
  readonly steps: Steps;
  readonly code: Code;
  readonly message: string;
}

type Steps = readonly (string | number)[];
type Place = (path: Steps) => { readonly line: number; readonly col: number } | null;

/** Reads YAML (or JSON, which is YAML). All errors, in the order of the text; defaults are filled in. */
export function readShapedText<T>(source: string, kind: TextKind<T>): ShapedText<T> {
  const broken = (message: string, line: number, column: number): TextError => ({
    code: kind.codes.syntax,
    path: "$",
    message,
    line,
    column,
  });
  if (Buffer.byteLength(source) > JSON_BYTES_MAX) return failure([broken(`${kind.name} is larger than 1 MiB`, 1, 1)]);
  const lines = new LineCounter();
  const document = parseDocument(source, {
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  if (document.errors.length > 0) {
    return failure(
      document.errors.map(({ message, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return broken(message, line, col);
      }),
    );
  }
  const place: Place = (path) => {
    const node = nearest(path, (part) => document.getIn(part, true));
    return isRanged(node) ? lines.linePos(node.range[0]) : null;
  };
  try {
    return shaped(document.toJS(), kind, place);
  } catch (cause) {
    // The one thing left to go wrong: aliases that unfold to more than the library bears.
    return failure([broken(cause instanceof Error ? cause.message : "cannot be unfolded", 1, 1)]);
  }
}

/** Reads plain data. All errors, ordered by path. */
export const readShapedValue = <T>(value: unknown, kind: TextKind<T>): ShapedText<T> => shaped(value, kind, () => null);

function shaped<T>(value: unknown, kind: TextKind<T>, place: Place): ShapedText<T> {
  const parsed = kind.shape.safeParse(value, { error: (issue) => messageOf(issue, kind.union) });
  const errors = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => issueErrors(issue, kind.codes))),
    ...kind.between(value),
    ...(parsed.success ? textErrors(parsed.data, [], kind.codes.invalid) : []),
  ];
  if (parsed.success && errors.length === 0) return { ok: true, value: parsed.data };
  const placed = errors.map(({ steps, code, message }) => {
    const at = place(steps);
    return { code, path: fieldPath(steps), message, line: at?.line ?? null, column: at?.col ?? null };
  });
  return failure(placed.toSorted(byPlace));
}

/** Every text that no document can hold, members' names among them; aliases have been unfolded, and a shape has bounded the depth. */
function textErrors(value: unknown, steps: Steps, code: Code): readonly FoundError[] {
  if (typeof value === "string") {
    const problem = textProblem(value);
    return problem === undefined ? [] : [{ steps, code, message: problem }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [
    ...textErrors(name, steps, code),
    ...textErrors(part, [...steps, Array.isArray(value) ? Number(name) : name], code),
  ]);
}

function issueErrors(issue: z.core.$ZodIssue, codes: TextKind<unknown>["codes"]): readonly FoundError[] {
  const steps = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code !== "unrecognized_keys") return [{ steps, code: codes.invalid, message: issue.message }];
  return issue.keys.map((key) => ({
    steps: [...steps, key],
    code: codes.unknown,
    message: `unknown field \`${key}\``,
  }));
}

/** Our words for what the shapes report themselves; the shapes' own messages stay as they are. */
function messageOf(issue: z.core.$ZodRawIssue, union: string): string | undefined {
  if (issue.input === undefined && issue.code !== "custom") return "is required";
  if (issue.code === "invalid_type") return `must be ${named(issue.expected)}`;
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => `\`${String(value)}\``).join(" or ")}`;
  if (issue.code === "invalid_union") return union;
  return undefined;
}

const named = (type: string): string =>
  type === "array"
    ? "a list"
    : type === "object" || type === "record"
      ? "an object"
      : type === "int"
        ? "an integer"
        : `a ${type}`;

/** The deepest part of the path that the text has: a missing field is reported at what it is missing from. */
function nearest(path: Steps, find: (part: Steps) => unknown): unknown {
  for (let length = path.length; length > 0; length -= 1) {
    const node = find(path.slice(0, length));
    if (node !== undefined) return node;
  }
  return undefined;
}

const isRanged = (node: unknown): node is { readonly range: readonly [number, number, number] } =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);

const byPlace = (a: TextError, b: TextError): number =>
  (a.line ?? 0) - (b.line ?? 0) ||
  (a.column ?? 0) - (b.column ?? 0) ||
  compare(a.path, b.path) ||
  compare(a.code, b.code);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const failure = (errors: readonly TextError[]): { readonly ok: false; readonly errors: readonly TextError[] } => ({
  ok: false,
  errors,
});
