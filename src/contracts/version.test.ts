import { expect, test } from "vitest";
import { compareVersions, parseVersion } from "./version.ts";

const version = (text: string) => parseVersion(text) ?? expect.fail(`${text} is no version`);

test.each(["1.0.0", "0.0.1", "10.20.30", "1.0.0-rc.1", "1.0.0+build.5"])("%s is an exact version", (text) => {
  expect(parseVersion(text)).toBe(text);
});

test.each(["", "1", "1.0", "v1.0.0", "=1.0.0", " 1.0.0", "1.0.0 ", "01.0.0", "^1.0.0", "1.x", "latest", "1.0.0-01"])(
  "%j is none",
  (text) => {
    expect(parseVersion(text)).toBeUndefined();
  },
);

/** The order that Semantic Versioning 2.0.0 section 11 gives as its example. */
test("versions sort by precedence", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "2.1.0",
    "10.0.0",
  ];

  expect(ordered.map(version).reverse().sort(compareVersions)).toEqual(ordered);
  expect(compareVersions(version("1.0.0+a"), version("1.0.0+b"))).toBe(0);
});
