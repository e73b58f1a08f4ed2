import { expect, test } from "vitest";
import { type AttributeDesk, registerAttributes } from "./search-attributes.ts";

const [TEXT, KEYWORD] = [1, 2];
const [ALREADY_EXISTS, PERMISSION_DENIED] = [6, 7];

const OURS = ["CountermarkTenant", "CountermarkWorkflow", "CountermarkChannel", "CountermarkStatus"];
const typed = (names: readonly string[], type: number) => Object.fromEntries(names.map((name) => [name, type]));

/** A cluster that tells what it has, or nothing (null), and what it answers to an addition: 0 is done. */
function cluster(has: Readonly<Record<string, number>> | null, answer: number) {
  const added: string[] = [];
  const desk: AttributeDesk = {
    listSearchAttributes: async () => {
      if (has === null) throw new Error("unimplemented");
      return { customAttributes: has };
    },
    addSearchAttributes: async ({ searchAttributes }) => {
      added.push(...Object.keys(searchAttributes));
      if (answer !== 0) throw Object.assign(new Error("refused"), { code: answer });
    },
  };
  return { desk, added };
}

test.each([
  ["a new cluster gets all", {}, 0, true, OURS],
  ["one that has some gets the others", typed(OURS.slice(1), KEYWORD), 0, true, OURS.slice(0, 1)],
  ["one that has all is asked for nothing", typed(OURS, KEYWORD), PERMISSION_DENIED, true, []],
  ["one that lists none, but has them", null, ALREADY_EXISTS, true, OURS],
  ["one that lets us add none does without", {}, PERMISSION_DENIED, false, OURS],
  ["one with another attribute of such a name does without", typed(OURS, TEXT), 0, false, []],
])("search attributes: %s", async (_, has, answer, registered, asked) => {
  const { desk, added } = cluster(has, answer);

  expect(await registerAttributes(desk, "default")).toBe(registered);
  expect(added).toEqual(asked);
});
