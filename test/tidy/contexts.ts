/**
 * The contexts in the order of design section 2: imports only point down. The root is the library's face over them all.
 */
const CONTEXTS = [
  "root",
  "cli",
  "api",
  "packs/commerce",
  "plan",
  "extend",
  "release",
  "gate",
  "chaos",
  "observe",
  "ingress",
  "worker",
  "run",
  "approve",
  "guard",
  "ledger",
  "store",
  "contracts",
] as const;

export type Context = (typeof CONTEXTS)[number];

/** The context that a file under `src/` belongs to; undefined where there is no such context. */
export function contextOf(path: string): Context | undefined {
  const folders = path.split("/").slice(1, -1);
  if (folders.length === 0) return "root";
  return CONTEXTS.find((context) => context === folders[0] || context === folders.slice(0, 2).join("/"));
}

/** Whether one context may import another: itself, or what lies below it. */
export const mayImport = (from: Context, to: Context): boolean => CONTEXTS.indexOf(from) <= CONTEXTS.indexOf(to);
