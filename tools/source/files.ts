import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A text file of this repository. */
export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = new Set([".git", "node_modules", "dist", "coverage", ".countermark", "package-lock.json"]);

/** Every file under a folder of the repository whose name ends so, in path order. A folder that is not there holds none. */
export function filesUnder(folder: string, ending: string): readonly SourceFile[] {
  return pathsUnder(folder)
    .filter((path) => path.endsWith(ending))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

/** The paths of every file under a folder, links left out, in path order. */
export function pathsUnder(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pathsUnder(path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

export const isTest = ({ path }: Pick<SourceFile, "path">): boolean => path.endsWith(".test.ts");

/** Fixtures and drivers that tests of several files share. */
export const isTesting = ({ path }: Pick<SourceFile, "path">): boolean => path.includes("/testing/");

/** Files of the program itself: no tests and nothing that only tests use. */
export const programFiles = (): readonly SourceFile[] =>
  filesUnder("src", ".ts").filter((file) => !isTest(file) && !isTesting(file));
