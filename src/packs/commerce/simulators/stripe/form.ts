import type { Json, JsonObject } from "../../../../contracts/index.ts";

interface Branch {
  readonly members: Map<string, Branch | string>;
}

/** `a[b][0]` is the path `a`, `b`, `0`. */
const pathOf = (name: string): readonly string[] => name.replaceAll("]", "").split("[");

const branch = (): Branch => ({ members: new Map() });

function childBranch(parent: Branch, name: string): Branch {
  const found = parent.members.get(name);
  if (found !== undefined && typeof found !== "string") return found;
  const made = branch();
  parent.members.set(name, made);
  return made;
}

function plant(root: Branch, name: string, value: string): void {
  const path = pathOf(name);
  const leaf = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce(childBranch, root);
  parent.members.set(leaf === "" ? String(parent.members.size) : leaf, value);
}

const isIndex = (name: string): boolean => /^\d+$/.test(name);

function grown(node: Branch | string): Json {
  if (typeof node === "string") return node;
  const entries = [...node.members].map(([name, child]): [string, Json] => [name, grown(child)]);
  if (entries.length > 0 && entries.every(([name]) => isIndex(name))) return entries.map(([, value]) => value);
  return Object.fromEntries(entries);
}

/** Reads Stripe's form encoding (`metadata[run]=r1&expand[]=latest_charge`) into a tree whose leaves are texts. */
export function parseForm(text: string): JsonObject {
  const root = branch();
  for (const [name, value] of new URLSearchParams(text)) plant(root, name, value);
  return Object.fromEntries([...root.members].map(([name, child]) => [name, grown(child)]));
}
