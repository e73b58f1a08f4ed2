import { expect, test } from "vitest";
import { CODES, codeEntry, isCode } from "./codes.ts";

const codes = Object.keys(CODES).filter(isCode);

test.each(codes)("%s has a meaning, a remedy and a status of HTTP", (code) => {
  const { status, meaning, remedy } = codeEntry(code);

  expect(meaning.trim()).not.toBe("");
  expect(remedy.trim()).not.toBe("");
  expect(status).toSatisfy((value: number) => Number.isInteger(value) && value >= 200 && value <= 599);
});

test("meanings and remedies are single lines that begin in lower case and end without a full stop", () => {
  const texts = codes.flatMap((code) => [codeEntry(code).meaning, codeEntry(code).remedy]);

  const odd = texts.filter((text) => /\n|\.$|^[A-Z][a-z]/.test(text));

  expect(odd).toEqual([]);
});

test("no alias is the name of another code", () => {
  const aliases = codes.flatMap((code) => codeEntry(code).aliases ?? []);

  expect(aliases.filter(isCode)).toEqual([]);
  expect(new Set(aliases).size).toBe(aliases.length);
});

test("a text that only an object inherits is no code", () => {
  expect([isCode("toString"), isCode("__proto__"), isCode("SCHEMA_INVALID")]).toEqual([false, false, true]);
});
