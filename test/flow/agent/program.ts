import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = resolve(import.meta.dirname, "../../..");
const PROGRAM = "src/worker/agent/child/main";

/** The compiled program in which graphs run, and graphs that Node can load: it runs no TypeScript itself. */
export interface GraphProgram {
  readonly program: string;
  /** URL of a compiled module, by its path in the repository. */
  url(path: string): string;
  remove(): void;
}

/** Compiles program and graphs into a temporary folder. Types are checked with all others, by `npm run check`. */
export function compileGraphs(...modules: readonly string[]): GraphProgram {
  const folder = mkdtempSync(join(tmpdir(), "countermark-graphs-"));
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: { noEmit: false, noCheck: true, rootDir: ROOT, outDir: folder, types: [] },
    files: [`${PROGRAM}.ts`, "src/worker/agent/child/engine.ts", ...modules].map((file) => join(ROOT, file)),
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  execFileSync(process.execPath, [join(dirname(manifest), "bin/tsc"), "-p", folder], { stdio: "pipe" });
  return {
    program: join(folder, `${PROGRAM}.js`),
    url: (path) => pathToFileURL(join(folder, path.replace(/\.ts$/, ".js"))).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
