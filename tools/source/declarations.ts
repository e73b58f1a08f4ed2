import { posix } from "node:path";
import { assert } from "../../src/contracts/index.ts";
import type { SourceFile } from "./files.ts";
import { codeOf, withoutComments } from "./piece.ts";

/** A file of declarations as the compiler emits it, cut into its statements. */
export interface DeclarationFile {
  readonly path: string;
  readonly declarations: readonly Declaration[];
  readonly links: readonly Link[];
}

/** A statement that gives names their meaning: a declaration of ours, or an import from a package. */
export interface Declaration {
  readonly names: readonly string[];
  /** Without comments. */
  readonly text: string;
}

/** Names taken from another file of ours, by `import` or `export … from`. */
export interface Link {
  readonly text: string;
  /** Path of that file. */
  readonly to: string;
  /** Each name here, and what it is called there; null for `export *`. */
  readonly names: ReadonlyMap<string, string> | null;
}

/** A name in the file that uses it. */
export interface Mention {
  readonly path: string;
  readonly name: string;
}

const FROM = /^(?:import|export) (?:type )?(?:\{(.*)\}|([\w$]+)|\*) from "([^"]+)";$/;

const DECLARED = /^(?:export )?(?:declare )?(?:abstract )?(?:function|const|class|interface|type) ([\w$]+)/;

/** Marks a file as a module. */
const EMPTY = "export {};";

/** Cuts a file. A statement of a form that is not known here is a bug: it must not be missed silently. */
export function declarationsIn({ path, text }: SourceFile): DeclarationFile {
  const declarations: Declaration[] = [];
  const links: Link[] = [];
  for (const statement of statementsIn(text)) {
    const match = FROM.exec(statement);
    const [, list, single, from = ""] = match ?? [];
    const names = single === undefined ? namesIn(list) : new Map([[single, single]]);
    if (match === null) declarations.push({ names: [declaredBy(statement)], text: statement });
    else if (from.startsWith(".")) links.push({ text: statement, to: emittedFor(path, from), names });
    else declarations.push({ names: [...(names?.keys() ?? [])], text: statement });
  }
  return { path, declarations, links };
}

/** The compiler begins a statement at the margin with a word; what continues it is indented or begins with a bracket. */
const statementsIn = (text: string): readonly string[] =>
  withoutComments(text.replace(/^#!.*/, ""))
    .replace(/\s*\n(?:\s*\n)*/g, "\n")
    .split(/\n(?=[a-z])/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "" && statement !== EMPTY);

function namesIn(list: string | undefined): Link["names"] {
  if (list === undefined) return null;
  const items = list.split(",").map((item) => item.trim().replace(/^type /, ""));
  return new Map(items.filter((item) => item !== "").map(named));
}

function named(item: string): readonly [string, string] {
  const [there = "", here = there] = item.split(" as ");
  return [here, there];
}

function declaredBy(statement: string): string {
  const name = DECLARED.exec(statement)?.[1];
  assert(name !== undefined, `an emitted statement is of a known form: ${statement}`);
  return name;
}

const emittedFor = (path: string, from: string): string =>
  posix.join(posix.dirname(path), from).replace(/\.ts$/, ".d.ts");

/** A word that may name a declaration: no member of anything, and no name of a property, parameter or method. */
const WORD = /(?<![.\w$])[\w$]+(?![\w$]|\??:|\()/g;

const INLINE = /\bimport\("(\.[^"]+)"\)\.([\w$]+)/g;

/** What a declaration of a file may refer to; more than it does where a word only looks like a name. */
export function mentionsOf(path: string, { text }: Declaration): readonly Mention[] {
  const words = [...new Set(codeOf(text).match(WORD) ?? [])];
  return [
    ...words.map((name) => ({ path, name })),
    ...[...text.matchAll(INLINE)].map(([, from = "", name = ""]) => ({ path: emittedFor(path, from), name })),
  ];
}
