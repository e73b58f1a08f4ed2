import { describe, expect, test } from "vitest";
import { instant } from "../../src/contracts/index.ts";
import { useDatabase } from "./runs.ts";

const database = useDatabase();

describe("arrays go to PostgreSQL and come back", () => {
  test.each([
    {
      type: "text[]",
      values: ["", "NULL", "null", 'say "yes"', "back\\slash", "{a,b}", "a, b", " ends ", "ä\n\u{1F600}", null],
    },
    { type: "text[]", values: [] },
    { type: "varchar[]", values: ["one", null] },
    { type: "int[]", values: [0, -1, 2_147_483_647] },
    { type: "bigint[]", values: [0, Number.MAX_SAFE_INTEGER, null] },
    { type: "boolean[]", values: ["t", "f"], read: [true, false] },
    { type: "timestamptz[]", values: [instant(0), instant(1_790_000_000_123)] },
    {
      type: "text[]",
      values: [
        ["a", "b"],
        ["c", null],
      ],
    },
  ])("$type $values", async ({ type, values, read = values }) => {
    const { app } = database();

    const [row] = await app<{ same: unknown }[]>`select ${values}::${app.unsafe(type)} as same`;

    expect(row?.same).toEqual(read);
  });

  test("an element that is undefined is refused, not written as a word", async () => {
    await expect(database().app`select ${["a", undefined]}::text[]`).rejects.toThrow("undefined element");
  });
});
