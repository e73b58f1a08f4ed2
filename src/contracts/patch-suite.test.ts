import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { isSameJson, type Json } from "./json.ts";
import { applyPatch } from "./patch.ts";

/** One case of the published suite, json-patch/json-patch-tests 1.1.0; without `expected` and `error`, it only has to apply. */
interface Case {
  readonly comment?: string;
  readonly doc: Json;
  readonly patch: Json;
  readonly expected?: Json;
  readonly error?: string;
  readonly disabled?: boolean;
}

/** The suite disables two kinds: what not every engine does (ours does), and duplicate members, lost once JSON is parsed. */
const isLostInParsing = ({ disabled, error }: Case): boolean => disabled === true && error !== undefined;

function casesOf(file: string): readonly (readonly [name: string, given: Case])[] {
  const path = createRequire(import.meta.url).resolve(`json-patch-test-suite/${file}`);
  const cases: readonly Case[] = JSON.parse(readFileSync(path, "utf8"));
  return cases
    .map((given, index) => [`${index}: ${given.comment ?? given.error ?? JSON.stringify(given.patch)}`, given] as const)
    .filter(([, given]) => !isLostInParsing(given));
}

describe.each(["spec_tests.json", "tests.json"])("the published JSON Patch suite, %s", (file) => {
  const cases = casesOf(file);

  test("is there in full", () => {
    expect(cases).toHaveLength(file === "tests.json" ? 77 : 16);
  });

  test.each(cases)("%s", (_name, { doc, patch, expected, error }) => {
    const before = JSON.stringify(doc);

    const result = applyPatch(doc, patch);

    expect(JSON.stringify(doc), "the document given is never touched").toBe(before);
    if (error !== undefined) expect(result).toMatchObject({ ok: false, refusal: { code: "STATE_PATCH_INVALID" } });
    else expect(result.ok, JSON.stringify(result)).toBe(true);
    if (result.ok && expected !== undefined) expect(isSameJson(result.value, expected)).toBe(true);
  });
});
