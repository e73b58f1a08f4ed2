import { expect, test } from "vitest";
import { evidenceOfAnother } from "./evidence-subject.ts";

const SUBJECT = { root_digest: "a".repeat(64), pack_digest: "b".repeat(64) };

const file = (...units: readonly object[]) => [
  { name: "suite.ndjson", text: units.map((columns) => JSON.stringify({ kind: "case", id: "1", columns })).join("\n") },
];

test("evidence that says nothing of its bundle, or says it right, may be brought for it", () => {
  expect(evidenceOfAnother(file({ passed: true }, { passed: true, ...SUBJECT }), SUBJECT)).toBeNull();
});

test("a unit that is about another bundle or another version of the pack is named by its line", () => {
  const other = "c".repeat(64);

  expect(evidenceOfAnother(file({ passed: true }, { root_digest: other }), SUBJECT)).toBe(
    "suite.ndjson:2: its `root_digest` is not that of what is evaluated",
  );
  expect(evidenceOfAnother(file({ pack_digest: other }), SUBJECT)).toContain("pack_digest");
  expect(evidenceOfAnother(file({ pack_digest: other }), { ...SUBJECT, pack_digest: null })).toBeNull();
});

test("lines that cannot be read are left to whoever reads evidence", () => {
  expect(evidenceOfAnother([{ name: "x", text: '{"root_digest": \n"pack_digest"' }], SUBJECT)).toBeNull();
});
