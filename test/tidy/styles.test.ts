import { dirname } from "node:path";
import { expect, test } from "vitest";
import { filesUnder, type SourceFile } from "../../tools/source/files.ts";

const SCREENS = "console/src/screens/";

const namesIn = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].flatMap(([, words = ""]) => words.match(/[a-z][\w-]*/g) ?? []);

const styledBy = ({ text }: SourceFile): ReadonlySet<string> =>
  new Set(namesIn(text.replace(/\/\*[\s\S]*?\*\//g, ""), /\.([a-z][\w-]*)(?=[^{}]*\{)/g));

const drawnBy = ({ text }: SourceFile): ReadonlySet<string> => new Set(namesIn(text, /className="([^"]*)"/g));

/** A screen's sheet is there only once that screen was looked at: what another draws with its classes looks now so, now so. */
function foreignClasses(drawn: readonly SourceFile[], sheets: readonly SourceFile[]): readonly string[] {
  const shared = new Set(
    sheets.filter(({ path }) => !path.startsWith(SCREENS)).flatMap((sheet) => [...styledBy(sheet)]),
  );
  const homesOf = (name: string): readonly string[] =>
    sheets.filter((sheet) => styledBy(sheet).has(name)).map(({ path }) => dirname(path));
  return drawn.flatMap((file) =>
    [...drawnBy(file)]
      .filter((name) => !shared.has(name))
      .map((name) => ({ name, homes: homesOf(name) }))
      .filter(({ homes }) => homes.some((home) => home !== dirname(file.path)))
      .map(({ name, homes }) => `${file.path} draws .${name}, which ${homes.join(" and ")} styles`),
  );
}

test("a class that another screen styles is found", () => {
  const sheet = { path: `${SCREENS}health/health.css`, text: ".rows-of > li {\n}\n" };
  const drawn = (path: string) => ({ path: `${SCREENS}${path}`, text: '<ul className="soft rows-of">' });

  expect(foreignClasses([drawn("health/a.tsx"), drawn("settings/b.tsx")], [sheet])).toEqual([
    `${SCREENS}settings/b.tsx draws .rows-of, which ${SCREENS}health styles`,
  ]);
});

test("what several screens draw is styled in one sheet that all of them have", () => {
  expect(foreignClasses(filesUnder("console/src", ".tsx"), filesUnder("console/src", ".css"))).toEqual([]);
});
