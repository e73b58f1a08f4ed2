import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "vite";

const ROOT = resolve(import.meta.dirname, "../..");

/** Modules that Node can start: it runs no TypeScript itself. */
export interface Bundle {
  /** The file of a module, by its path in the repository. */
  file(path: string): string;
  remove(): void;
}

/** Native code, which is loaded only where a user installed it: it stays where it is. */
const NATIVE = [
  "@duckdb/node-api",
  ...["activity", "client", "worker", "workflow"].map((part) => `@temporalio/${part}`),
];

/**
 * Bundles programs into a temporary folder, with what they share beside them: a process that finds all it needs in a few
 * files starts in a third of the time. Types are checked with all others, by `npm run check`.
 */
export async function bundle(...modules: readonly string[]): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), "countermark-bundle-"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    plugins: [ownUrls],
    ssr: { noExternal: true, external: NATIVE },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: "node20",
      rolldownOptions: {
        input: Object.fromEntries(modules.map((path) => [named(path), join(ROOT, path)])),
        output: { entryFileNames: "[name].js", chunkFileNames: "shared/[name]-[hash].js" },
      },
    },
  });
  return {
    file: (path) => join(folder, `${named(path)}.js`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const named = (path: string): string => path.replace(/\.ts$/, "");

/** A module finds the files beside it, which are not bundled. */
const ownUrls: Plugin = {
  name: "own-urls",
  enforce: "pre",
  transform: (code, id) =>
    id.startsWith(`${ROOT}/`) && !id.includes("/node_modules/")
      ? code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
      : null,
};
