import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { assert } from "../src/contracts/index.ts";
import {
  type Declaration,
  type DeclarationFile,
  declarationsIn,
  type Mention,
  mentionsOf,
} from "./source/declarations.ts";
import { filesUnder, type SourceFile } from "./source/files.ts";

const INDEX = "src/index.d.ts";

const HEAD = `# Public face

What \`import … from "countermark"\` gives, and every declaration that it is made of, by file, as the compiler emits them. What is
exported is a promise, so a change of this page is one to review. Comments stay in the files named: only the face itself changes
what is printed here.
`;

type Emitted = ReadonlyMap<string, DeclarationFile>;

/** `docs/reference/public-face.md`, from all emitted declarations in path order, with paths such as `src/index.d.ts`. */
export function publicFace(emitted: readonly SourceFile[]): string {
  const files: Emitted = new Map(emitted.map((file) => [file.path, declarationsIn(file)]));
  const reached = reachable(files, exportedNames(files));
  const sections = [...files.values()]
    .map(({ path, declarations }) => ({ path, shown: declarations.filter((each) => reached.has(each)) }))
    .filter(({ shown }) => shown.length > 0);
  return [
    HEAD,
    section(
      INDEX,
      fileAt(files, INDEX).links.map(({ text }) => onePerLine(text)),
    ),
    ...sections.map(({ path, shown }) =>
      section(
        path,
        shown.map(({ text }) => text),
      ),
    ),
  ].join("\n");
}

const section = (path: string, statements: readonly string[]): string =>
  `## ${path.replace(/\.d\.ts$/, ".ts")}\n\n\`\`\`ts\n${statements.join("\n")}\n\`\`\`\n`;

/** A list of exports with each name on a line of its own. */
const onePerLine = (text: string): string => text.replace(/,? \}/, ",\n}").replace(/([{,]) /g, "$1\n    ");

function exportedNames(files: Emitted): readonly Mention[] {
  const { declarations, links } = fileAt(files, INDEX);
  assert(declarations.length === 0, "the index holds exports only");
  return links.flatMap(({ names }) => {
    assert(names !== null, "the index names what it exports");
    return [...names.keys()].map((name) => ({ path: INDEX, name }));
  });
}

/** The declarations behind some names, and behind all that these mention in turn. */
function reachable(files: Emitted, names: readonly Mention[]): ReadonlySet<Declaration> {
  const reached = new Set<Declaration>();
  const waiting = [...names];
  for (let mention = waiting.pop(); mention !== undefined; mention = waiting.pop()) {
    for (const { path, declaration } of meaningsOf(files, mention)) {
      if (reached.has(declaration)) continue;
      reached.add(declaration);
      waiting.push(...mentionsOf(path, declaration));
    }
  }
  return reached;
}

interface Meaning {
  readonly path: string;
  readonly declaration: Declaration;
}

/** What declares a name of a file, wherever that stands; nothing of ours does for a global, a member or a parameter. */
function meaningsOf(files: Emitted, { path, name }: Mention): readonly Meaning[] {
  const { declarations, links } = fileAt(files, path);
  const own = declarations.filter(({ names }) => names.includes(name)).map((declaration) => ({ path, declaration }));
  const elsewhere = links.flatMap(({ to, names }) => {
    if (names === null) return meaningsOf(files, { path: to, name });
    const there = names.get(name);
    if (there === undefined) return [];
    const meanings = meaningsOf(files, { path: to, name: there });
    assert(meanings.length > 0, `what ${path} takes from ${to} is declared there: ${there}`);
    return meanings;
  });
  return [...own, ...elsewhere];
}

function fileAt(files: Emitted, path: string): DeclarationFile {
  const file = files.get(path);
  assert(file !== undefined, `the compiler emitted ${path}`);
  return file;
}

/** The declarations under a folder into which the compiler wrote. */
export const emittedUnder = (folder: string): readonly SourceFile[] =>
  filesUnder(folder, ".d.ts").map(({ path, text }) => ({ path: relative(folder, path), text }));

/** The compiled script, from `dist/tools/`; a test compares the page with what is printed here. */
if (process.argv[1] === import.meta.filename)
  writeFileSync(
    new URL("../../docs/reference/public-face.md", import.meta.url),
    publicFace(emittedUnder(relative(".", `${import.meta.dirname}/..`))),
  );
