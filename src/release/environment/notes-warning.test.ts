import { expect, test } from "vitest";
import { sha256Hex } from "../../contracts/index.ts";
import { REMARKS } from "../bundle/testing/shop.ts";
import type { Environment } from "./environment.ts";
import { notesWarning } from "./notes-warning.ts";

/** Notes that go back to a bundle; to none, of a first release. */
function notesOf(bundle_id: string | null) {
  const replaces = bundle_id === null ? null : { bundle_id, root_digest: sha256Hex(bundle_id), policies: [] };
  return { remarks: { ...REMARKS, replaces } };
}

test.each<[string, string | null, string | null, string | null]>([
  ["what prod holds", "r1", "r1", null],
  ["what prod held before", "r0", "r1", "its notes go back to `r0`, and in prod it takes the place of `r1`"],
  [
    "what prod does not hold, where it is empty",
    "r1",
    null,
    "its notes go back to `r1`, and in prod it takes the place of nothing",
  ],
  ["nowhere, and prod is empty", null, null, null],
  [
    "nowhere, and prod is not",
    null,
    "r1",
    "its notes call it the first release, and in prod it takes the place of `r1`",
  ],
])("REL-02: notes that go back to %s are told of where that is not so", (_, bundleId, there, warning) => {
  expect(notesWarning("prod", notesOf(bundleId), there)).toBe(warning);
});

test.each<Environment>(["dev", "staging"])("%s holds the candidate, which no notes go back to", (environment) => {
  expect(notesWarning(environment, notesOf("r1"), "c")).toBe(null);
});

test("a bundle without notes says nothing that could be wrong", () => {
  expect(notesWarning("prod", {}, "r1")).toBe(null);
});
