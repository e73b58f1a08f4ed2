import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/*
 * Places in a JSON value and copies of it with one place changed; the rest is shared. A place is a list of tokens as in
 * RFC 6901: member names, and indexes without leading zeros. Only own members exist. `undefined`: no such place.
 */

type Tokens = readonly string[];

const INDEX = /^(?:0|[1-9]\d*)$/;

/** The value at a place. */
export function valueAt(value: Json, tokens: Tokens): Json | undefined {
  let found: Json | undefined = value;
  for (const token of tokens) found = found === undefined ? undefined : childOf(found, token);
  return found;
}

/** Sets a member, or inserts an element before the index; `-` appends. Its parent must exist. */
export function withAdded(value: Json, tokens: Tokens, added: Json): Json | undefined {
  return atParent(value, tokens, added, (parent, token) => {
    if (!Array.isArray(parent)) return isJsonObject(parent) ? withMember(parent, token, added) : undefined;
    const index = token === "-" ? parent.length : indexIn(token, parent.length + 1);
    return index === undefined ? undefined : parent.toSpliced(index, 0, added);
  });
}

/** Puts another value at a place that exists. */
export function withReplaced(value: Json, tokens: Tokens, replacement: Json): Json | undefined {
  return atParent(value, tokens, replacement, (parent, token) =>
    childOf(parent, token) === undefined ? undefined : withChild(parent, token, replacement),
  );
}

/** Takes a place that exists away. The whole value cannot be taken away. */
export function withRemoved(value: Json, tokens: Tokens): Json | undefined {
  return atParent(value, tokens, undefined, (parent, token) => {
    if (childOf(parent, token) === undefined) return undefined;
    if (Array.isArray(parent)) return parent.toSpliced(Number(token), 1);
    return Object.fromEntries(Object.entries(parent ?? {}).filter(([name]) => name !== token));
  });
}

/** Rebuilds what lies above the place around its changed parent. An empty list of tokens is the `whole` itself. */
function atParent(
  value: Json,
  tokens: Tokens,
  whole: Json | undefined,
  change: (parent: Json, token: string) => Json | undefined,
): Json | undefined {
  const [token, ...rest] = tokens;
  if (token === undefined) return whole;
  if (rest.length === 0) return change(value, token);
  const child = childOf(value, token);
  const changed = child === undefined ? undefined : atParent(child, rest, whole, change);
  return changed === undefined ? undefined : withChild(value, token, changed);
}

function childOf(value: Json, token: string): Json | undefined {
  if (Array.isArray(value)) {
    const index = indexIn(token, value.length);
    return index === undefined ? undefined : value[index];
  }
  return isJsonObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

function withChild(value: Json, token: string, child: Json): Json | undefined {
  if (Array.isArray(value)) return value.with(Number(token), child);
  return isJsonObject(value) ? withMember(value, token, child) : undefined;
}

const withMember = (object: JsonObject, name: string, value: Json): JsonObject => ({ ...object, [name]: value });

const indexIn = (token: string, length: number): number | undefined =>
  INDEX.test(token) && Number(token) < length ? Number(token) : undefined;
