import { posix } from "node:path";
import type { SourceFile } from "./files.ts";
import { withoutComments } from "./piece.ts";

/** One file named by another: by `import`, `export … from`, `import()` or `new URL(…, import.meta.url)`. */
export interface Import {
  readonly from: string;
  /** Path of the file imported, or the name of a package. */
  readonly to: string;
  readonly line: number;
}

const IMPORT =
  /\b(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"|\bnew URL\(\s*"(\.[^"]+)"\s*,\s*import\.meta\.url/g;

/** What a file imports, in order. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  const code = withoutComments(text);
  return [...code.matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? "";
    const to = name.startsWith(".") ? posix.join(posix.dirname(path), name) : name;
    return { from: path, to, line: code.slice(0, match.index).split("\n").length };
  });
}
