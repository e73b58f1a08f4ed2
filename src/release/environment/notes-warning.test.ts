import { expect, test } from "vitest";
import { sha256Hex } from "../../contracts/index.ts";
import { NOW, REMARKS } from "../bundle/testing/shop.ts";
import type { Environment, HeldBundle } from "./environment.ts";
import { notesWarning } from "./notes-warning.ts";

const held = (bundle_id: string, other: Partial<HeldBundle> = {}): HeldBundle => ({
  environment: "prod",
  bundle_id,
  root_digest: sha256Hex(bundle_id),
  label: "release",
  artifact_digest: sha256Hex("file"),
  pack_digest: sha256Hex("pack"),
  contract_digests: [],
  added_at: NOW,
  health: "good",
  last_seq: 1,
  is_current: true,
  held_since: NOW,
  compat: null,
  ...other,
});

/** Notes that go back to a bundle; to none, of a first release. */
function notesOf(bundle_id: string | null) {
  const replaces = bundle_id === null ? null : { bundle_id, root_digest: sha256Hex(bundle_id), policies: [] };
  return { remarks: { ...REMARKS, replaces } };
}

test.each<[string, string | null, readonly HeldBundle[], string | null]>([
  ["what prod holds", "r1", [held("r1")], null],
  ["what prod held before", "r0", [held("r1")], "its notes go back to `r0`, and prod held `r1`"],
  [
    "what only staging holds",
    "r1",
    [held("r1", { environment: "staging" })],
    "its notes go back to `r1`, and prod held nothing",
  ],
  ["nowhere, and prod is empty", null, [], null],
  ["nowhere, and prod is not", null, [held("r1")], "its notes call it the first release, and prod held `r1`"],
])("REL-02: notes that go back to %s are told of where that is not so", (_, bundleId, there, warning) => {
  expect(notesWarning("prod", notesOf(bundleId), there)).toBe(warning);
});

test.each<Environment>(["dev", "staging"])("%s holds the candidate, which no notes go back to", (environment) => {
  expect(notesWarning(environment, notesOf("r1"), [held("c", { environment })])).toBe(null);
});

test("a bundle without notes says nothing that could be wrong", () => {
  expect(notesWarning("prod", {}, [held("r1")])).toBe(null);
});
