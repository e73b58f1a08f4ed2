import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../contracts/index.ts";
import { evidenceText } from "./evidence-text.ts";

const bytesOf = (...parts: readonly (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part]))));

test("text is as it was written; of what is no UTF-8, the lines at fault are no JSON, and only those", () => {
  const lines = evidenceText(bytesOf('{"id":"a"}\n{"id":"', 0xff, '"}\n{"id":"é"}\n{"id":"', 0xc3)).split("\n");

  expect(evidenceText(bytesOf('{"id":"\ufffd é"}'))).toBe('{"id":"\ufffd é"}');
  expect(lines.map((line) => parseJson(line).ok)).toEqual([true, false, true, false]);
});

test("no document stays one when a byte of it is replaced by one that is no UTF-8", () => {
  const pretty = Buffer.from(JSON.stringify({ status: "passed", checks: ["a", { id: "é" }], count: 12 }, null, 2));

  fc.assert(
    fc.property(fc.nat(pretty.length - 1), fc.constantFrom(0xc0, 0xf8, 0xff), (at, byte) => {
      const damaged = Buffer.from(pretty);
      damaged[at] = byte;

      expect(parseJson(evidenceText(damaged)).ok).toBe(damaged.equals(pretty));
    }),
  );
});
