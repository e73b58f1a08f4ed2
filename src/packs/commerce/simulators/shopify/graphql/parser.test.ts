import fc from "fast-check";
import { expect, test } from "vitest";
import { GraphqlSyntaxError } from "./lexer.ts";
import { parseDocument } from "./parser.ts";

test("a document is read with its variables, aliases, arguments, directives and fragments", () => {
  const { operations, fragments } = parseDocument(`
    # a comment
    mutation Refund($input: RefundInput!, $tags: [String!]! = ["a"]) {
      done: refundCreate(input: $input, n: -1.5, on: true, kind: REFUND, list: [1, {a: null}]) @idempotent(key: "k") { refund { id ...More } }
    }
    fragment More on Refund { note ... on Refund { createdAt } }`);

  expect(operations).toMatchObject([
    {
      kind: "mutation",
      name: "Refund",
      variables: [
        { name: "input", type: "RefundInput!" },
        { name: "tags", type: "[String!]!", fallback: ["a"] },
      ],
      selections: [
        {
          name: "refundCreate",
          alias: "done",
          args: {
            input: { kind: "variable", name: "input" },
            n: { value: -1.5 },
            on: { value: true },
            kind: { value: "REFUND" },
            list: { items: [{ value: 1 }, { members: { a: { value: null } } }] },
          },
          directives: [{ name: "idempotent", args: { key: { value: "k" } } }],
        },
      ],
    },
  ]);
  expect([...fragments.keys()]).toEqual(["More"]);
});

test("any text survives as a string argument", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const { operations } = parseDocument(`{ tag(value: ${JSON.stringify(text)}) }`);

      expect(operations).toMatchObject([{ selections: [{ args: { value: { value: text } } }] }]);
    }),
  );
});

test.each([
  "",
  "{",
  "{ a(b: ) }",
  "query { a",
  "subscription { a }",
  "{ a } extra",
  '{ a(b: "open) }',
  `${"{a".repeat(60)}`,
])("%j is not a document", (source) => {
  expect(() => parseDocument(source)).toThrow(GraphqlSyntaxError);
});
