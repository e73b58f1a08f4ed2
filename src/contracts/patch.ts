import { isJson } from "./canonical.ts";
import { isJsonObject, isSameJson, type Json, type JsonObject } from "./json.ts";
import { valueAt, withAdded, withRemoved, withReplaced } from "./json-edit.ts";
import { parsePointer, pointerStep } from "./pointer.ts";
import { accepted, type Result, rejected } from "./result.ts";

/*
 * JSON Patch, RFC 6902, on values that never change: what a patch leaves alone is shared with the document before it.
 *
 * I1  A patch is applied whole or refused; the document given is never touched.
 * I2  Applying `createPatch(a, b)` to `a` gives `b`.
 * I3  Only own members are followed and `__proto__` is no place, so no patch reaches a prototype.
 *
 * The `rfc6902` package is the oracle in the tests, not the engine: it changes the document in place, cannot replace the
 * whole of it, and compares arrays in cubic time by recursion, which ends the process at a few thousand elements.
 */

/** One operation of RFC 6902. Paths are JSON Pointers; the empty one is the whole document. */
export type PatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/** The operations that turn one value into another, in linear time; none when they are the same. */
export function createPatch(before: Json, after: Json): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  diff(before, after, "", operations);
  return operations;
}

/**
 * The document after all operations, or `STATE_PATCH_INVALID` with the index of the failing one in `details.operation`.
 * The patch may come from anywhere: its form is checked as well.
 */
export function applyPatch(document: Json, patch: Json): Result<Json> {
  if (!Array.isArray(patch)) return rejected({ code: "STATE_PATCH_INVALID", message: "a patch is an array" });
  let value = document;
  for (const [index, operation] of patch.entries()) {
    const next = applyOperation(value, operation);
    if (next === undefined) return refused(operation, index);
    value = next;
  }
  return accepted(value);
}

function refused(operation: Json, index: number): Result<Json> {
  const { op, path } = isJsonObject(operation) ? operation : {};
  const message = `operation ${index} (\`${String(op)}\` at \`${String(path)}\`) cannot be applied`;
  return rejected({ code: "STATE_PATCH_INVALID", message, details: { operation: index } });
}

type Tokens = readonly string[];

/** `undefined` throughout this file: there is no such place, or the operation is not well formed. */
function applyOperation(document: Json, operation: Json): Json | undefined {
  if (!isJsonObject(operation)) return undefined;
  const path = tokensOf(operation, "path");
  if (path === undefined) return undefined;
  switch (operation.op) {
    case "remove":
      return withRemoved(document, path);
    case "add":
    case "replace":
    case "test":
      return Object.hasOwn(operation, "value") ? applyValue(document, operation.op, path, operation.value) : undefined;
    case "move":
    case "copy":
      return transferred(document, operation.op, tokensOf(operation, "from"), path);
  }
  return undefined;
}

function tokensOf(operation: JsonObject, member: "path" | "from"): Tokens | undefined {
  const pointer = Object.hasOwn(operation, member) ? operation[member] : undefined;
  const tokens = typeof pointer === "string" ? parsePointer(pointer) : undefined;
  return tokens?.includes("__proto__") ? undefined : tokens; // I3
}

function applyValue(document: Json, op: "add" | "replace" | "test", path: Tokens, value: Json | undefined) {
  if (value === undefined) return undefined;
  if (op === "add") return withAdded(document, path, value);
  if (op === "replace") return withReplaced(document, path, value);
  const found = valueAt(document, path);
  return found !== undefined && isSameJson(found, value) ? document : undefined;
}

function transferred(document: Json, op: "move" | "copy", from: Tokens | undefined, path: Tokens): Json | undefined {
  const value = from === undefined ? undefined : valueAt(document, from);
  if (from === undefined || value === undefined) return undefined;
  if (op === "copy") return withinLimits(withAdded(document, path, value));
  if (isSamePlace(from, path)) return document;
  const rest = withRemoved(document, from); // a place inside `from` is gone with it, as RFC 6902 section 4.4 asks
  return rest === undefined ? undefined : withAdded(rest, path, value);
}

/** Copies of copies would double at every step; the limits of JSON stop them while they still share their parts. */
const withinLimits = (value: Json | undefined): Json | undefined => (isJson(value) ? value : undefined);

const isSamePlace = (left: Tokens, right: Tokens): boolean =>
  left.length === right.length && left.every((token, index) => token === right[index]);

function diff(before: Json, after: Json, path: string, operations: PatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) diffArrays(before, after, path, operations);
  else if (isJsonObject(before) && isJsonObject(after) && isAddressable(before) && isAddressable(after)) {
    diffObjects(before, after, path, operations);
  } else if (!isSameJson(before, after)) operations.push({ op: "replace", path, value: after });
}

/** I3 leaves no path to a member of this name, so the object around it is replaced. */
const isAddressable = (object: JsonObject): boolean => !Object.hasOwn(object, "__proto__");

function diffObjects(before: JsonObject, after: JsonObject, path: string, operations: PatchOperation[]): void {
  for (const [name, value] of Object.entries(before)) {
    const place = path + pointerStep(name);
    const next = Object.hasOwn(after, name) ? after[name] : undefined;
    if (next === undefined) operations.push({ op: "remove", path: place });
    else diff(value, next, place, operations);
  }
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) operations.push({ op: "add", path: path + pointerStep(name), value });
  }
}

/** What is equal at both ends stays; between them elements change in place, and the surplus is removed or added. */
function diffArrays(before: readonly Json[], after: readonly Json[], path: string, operations: PatchOperation[]): void {
  const start = commonLength(before, after);
  const end = commonLength(before.slice(start).reverse(), after.slice(start).reverse());
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  for (const [index, value] of old.entries()) {
    const next = fresh[index];
    if (next === undefined) operations.push({ op: "remove", path: path + pointerStep(start + fresh.length) });
    else diff(value, next, path + pointerStep(start + index), operations);
  }
  for (const [index, value] of fresh.entries()) {
    if (index >= old.length) operations.push({ op: "add", path: path + pointerStep(start + index), value });
  }
}

function commonLength(left: readonly Json[], right: readonly Json[]): number {
  const length = left.findIndex((value, index) => {
    const other = right[index];
    return other === undefined || !isSameJson(value, other);
  });
  return length === -1 ? left.length : length;
}
