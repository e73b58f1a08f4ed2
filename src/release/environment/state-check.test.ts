import { describe, expect, test } from "vitest";
import { stateProblem } from "./state-check.ts";

const A = { id: "a", reversible: true };
const B = { id: "b", reversible: false };

describe("RBK-03: a bundle can be gone back to where nothing since is irreversible", () => {
  test("what says nothing of state can follow and precede what says nothing of it", () => {
    expect(stateProblem(null, null)).toBeNull();
    expect(stateProblem({ state_version: 2, migrations: [A, B] }, null)).toBeNull();
  });

  test("migrations since that can be undone keep nobody; W48: one that cannot does, and is named", () => {
    expect(stateProblem({ state_version: 1, migrations: [] }, { state_version: 2, migrations: [A] })).toBeNull();
    expect(stateProblem({ state_version: 2, migrations: [A] }, { state_version: 3, migrations: [A, B] })).toBe(
      "`b` cannot be undone",
    );
    expect(stateProblem(null, { state_version: 2, migrations: [B] })).toBe("`b` cannot be undone");
  });

  test("state that is newer without a migration that could be undone is read by nothing older", () => {
    expect(stateProblem({ state_version: 1, migrations: [] }, { state_version: 2, migrations: [] })).toBe(
      "it reads state of version 1, and there is state of version 2",
    );
    expect(stateProblem({ state_version: 2, migrations: [] }, { state_version: 2, migrations: [] })).toBeNull();
  });
});
