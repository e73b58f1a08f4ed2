import { expect, test } from "vitest";
import { filesUnder, isTest, type SourceFile } from "../../tools/source/files.ts";
import { importsOf } from "../../tools/source/imports.ts";
import { WITHOUT_DATABASE } from "../database/without.ts";

/** Through here a test gets the database of the run. */
const SOURCE = "test/database/database.ts";

/** Suites of the embedded database, which no server runs. */
const EMBEDDED = /^test\/(?:host|console|tidy|database)\//;

/** The tests among the files that come to ask for a database, by whatever they import. */
function asking(files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, importsOf(file).map(({ to }) => to)]));
  const reaches = (path: string, seen = new Set<string>()): boolean => {
    if (path === SOURCE) return true;
    if (seen.has(path)) return false;
    seen.add(path);
    return (byPath.get(path) ?? []).some((to) => reaches(to, seen));
  };
  return files.filter(isTest).flatMap(({ path }) => (reaches(path) ? [path] : []));
}

test("a test runs on both databases exactly when it asks one", () => {
  const files = filesUnder("test", ".ts").filter(({ path }) => !EMBEDDED.test(path) || path === SOURCE);
  const isOnce = (path: string) => WITHOUT_DATABASE.some((place) => path === place || path.startsWith(`${place}/`));

  const once = files.filter(isTest).flatMap(({ path }) => (isOnce(path) ? [path] : []));

  const asks = new Set(asking(files));
  const asksNone = files.filter(isTest).flatMap(({ path }) => (asks.has(path) ? [] : [path]));
  expect(once).toEqual(asksNone);
});
