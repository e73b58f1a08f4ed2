import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { assert, type Code, fieldPath, JSON_BYTES_MAX } from "../contracts/index.ts";
import { type DeclaredPack, type DraftPack, PACK_SHAPE } from "./pack-shape.ts";

/** What is wrong with a pack as it is written, and where. */
export interface PackError {
  /** `PACK_SYNTAX`, `PACK_FIELD_UNKNOWN` or `PACK_INVALID`. */
  readonly code: Code;
  /** Such as `$.workflows[0].steps[2].tool_name`; `$` for the whole. */
  readonly path: string;
  readonly message: string;
  /** From 1; null where the pack did not come as text. */
  readonly line: number | null;
  readonly column: number | null;
}

export type ParsedPack =
  | { readonly ok: true; readonly pack: DraftPack }
  | { readonly ok: false; readonly errors: readonly PackError[] };

/** Reads a pack from YAML (or JSON, which is YAML). All errors, in the order of the text; defaults are filled in. */
export function parsePack(source: string): ParsedPack {
  if (Buffer.byteLength(source) > JSON_BYTES_MAX) return failure([syntaxError("the pack is larger than 1 MiB", 1, 1)]);
  const lines = new LineCounter();
  const document = parseDocument(source, { uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return failure(
      document.errors.map(({ message, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return syntaxError(message, line, col);
      }),
    );
  }
  const place: Place = (path) => {
    const node = nearest(path, (part) => document.getIn(part, true));
    return isRanged(node) ? lines.linePos(node.range[0]) : null;
  };
  try {
    return parseValue(document.toJS(), place);
  } catch (cause) {
    // The one thing left to go wrong: aliases that unfold to more than the library bears.
    return failure([syntaxError(cause instanceof Error ? cause.message : "cannot be unfolded", 1, 1)]);
  }
}

/** Reads a pack from plain data. All errors, ordered by path. */
export const parsePackObject = (value: unknown): ParsedPack => parseValue(value, () => null);

/**
 * A pack written in TypeScript, typed as it is written, with every default filled in. A mistake the types cannot see
 * (an id that is no identifier, a path that is none) throws, as it is a mistake of the program.
 */
export function definePack(declared: DeclaredPack): DraftPack {
  const parsed = parsePackObject(declared);
  assert(parsed.ok, parsed.ok ? "" : parsed.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return parsed.pack;
}

type Steps = readonly (string | number)[];
type Place = (path: Steps) => { readonly line: number; readonly col: number } | null;

function parseValue(value: unknown, place: Place): ParsedPack {
  const parsed = PACK_SHAPE.safeParse(value, { error: messageOf });
  const errors = [...(parsed.success ? [] : parsed.error.issues.flatMap(issueErrors)), ...keyErrors(value)];
  if (parsed.success && errors.length === 0) return { ok: true, pack: parsed.data };
  const placed = errors.map(({ steps, code, message }) => {
    const at = place(steps);
    return { code, path: fieldPath(steps), message, line: at?.line ?? null, column: at?.col ?? null };
  });
  return failure(placed.toSorted(byPlace));
}

interface Found {
  readonly steps: Steps;
  readonly code: Code;
  readonly message: string;
}

function issueErrors(issue: z.core.$ZodIssue): readonly Found[] {
  const steps = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code !== "unrecognized_keys") return [{ steps, code: "PACK_INVALID", message: issue.message }];
  return issue.keys.map((key) => ({
    steps: [...steps, key],
    code: "PACK_FIELD_UNKNOWN",
    message: `unknown field \`${key}\``,
  }));
}

/** Our words for what the shapes report themselves; the shapes' own messages stay as they are. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== "custom") return "is required";
  if (issue.code === "invalid_type") return `must be ${named(issue.expected)}`;
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => `\`${String(value)}\``).join(" or ")}`;
  if (issue.code === "invalid_union") return "must have a `type` of WEBHOOK, POLL, TIMER or MANUAL";
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

/** What lies between fields: a tool stands under its own name, and workflow ids are unique. */
function keyErrors(value: unknown): readonly Found[] {
  const tools = Object.entries(memberOf(value, "tools") ?? {}).flatMap(([key, tool]): readonly Found[] => {
    const name: unknown = memberOf(tool, "name");
    if (typeof name !== "string" || name === key) return [];
    return [
      { steps: ["tools", key, "name"], code: "PACK_INVALID", message: `must be \`${key}\`, the key it stands under` },
    ];
  });
  const workflows: unknown = memberOf(value, "workflows");
  const ids = Array.isArray(workflows) ? workflows.map((workflow: unknown) => memberOf(workflow, "id")) : [];
  const repeated = ids.flatMap((id, index): readonly Found[] => {
    if (typeof id !== "string" || ids.indexOf(id) === index) return [];
    return [
      { steps: ["workflows", index, "id"], code: "PACK_INVALID", message: `\`${id}\` is the id of another workflow` },
    ];
  });
  return [...tools, ...repeated];
}

function memberOf(value: unknown, name: string): object | string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const member: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof member === "string" || (typeof member === "object" && member !== null) ? member : undefined;
}

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

const byPlace = (a: PackError, b: PackError): number =>
  (a.line ?? 0) - (b.line ?? 0) ||
  (a.column ?? 0) - (b.column ?? 0) ||
  compare(a.path, b.path) ||
  compare(a.code, b.code);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const syntaxError = (message: string, line: number, column: number): PackError => ({
  code: "PACK_SYNTAX",
  path: "$",
  message,
  line,
  column,
});

const failure = (errors: readonly PackError[]): ParsedPack => ({ ok: false, errors });
