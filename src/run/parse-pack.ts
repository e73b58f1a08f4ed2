import {
  assert,
  type FoundError,
  readShapedText,
  readShapedValue,
  type TextError,
  type TextKind,
} from "../contracts/index.ts";
import { type DeclaredPack, type DraftPack, PACK_SHAPE } from "./pack-shape.ts";

/** What is wrong with a pack as it is written, and where: `PACK_SYNTAX`, `PACK_FIELD_UNKNOWN` or `PACK_INVALID`. */
export type PackError = TextError;

export type ParsedPack =
  | { readonly ok: true; readonly pack: DraftPack }
  | { readonly ok: false; readonly errors: readonly PackError[] };

/** Reads a pack from YAML (or JSON, which is YAML). All errors, in the order of the text; defaults are filled in. */
export const parsePack = (source: string): ParsedPack => packOf(readShapedText(source, PACK_TEXT));

/** Reads a pack from plain data. All errors, ordered by path. */
export const parsePackObject = (value: unknown): ParsedPack => packOf(readShapedValue(value, PACK_TEXT));

const packOf = (read: ReturnType<typeof readShapedText<DraftPack>>): ParsedPack =>
  read.ok ? { ok: true, pack: read.value } : read;

/**
 * A pack written in TypeScript, typed as it is written, with every default filled in. A mistake the types cannot see
 * (an id that is no identifier, a path that is none) throws, as it is a mistake of the program.
 */
export function definePack(declared: DeclaredPack): DraftPack {
  const parsed = parsePackObject(declared);
  assert(parsed.ok, parsed.ok ? "" : parsed.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return parsed.pack;
}

const PACK_TEXT: TextKind<DraftPack> = {
  name: "the pack",
  shape: PACK_SHAPE,
  codes: { syntax: "PACK_SYNTAX", unknown: "PACK_FIELD_UNKNOWN", invalid: "PACK_INVALID" },
  union: "must have a `type` of WEBHOOK, POLL, TIMER or MANUAL",
  between: (value) => keyErrors(value),
};

/** What lies between fields: a tool stands under its own name, and workflow ids are unique. */
function keyErrors(value: unknown): readonly FoundError[] {
  const tools = Object.entries(memberOf(value, "tools") ?? {}).flatMap(([key, tool]): readonly FoundError[] => {
    const name: unknown = memberOf(tool, "name");
    if (typeof name !== "string" || name === key) return [];
    return [
      { steps: ["tools", key, "name"], code: "PACK_INVALID", message: `must be \`${key}\`, the key it stands under` },
    ];
  });
  const workflows: unknown = memberOf(value, "workflows");
  const ids = Array.isArray(workflows) ? workflows.map((workflow: unknown) => memberOf(workflow, "id")) : [];
  const repeated = ids.flatMap((id, index): readonly FoundError[] => {
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
