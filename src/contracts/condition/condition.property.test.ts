import * as fc from "fast-check";
import { expect, test } from "vitest";
import { instant } from "../instant.ts";
import type { Json } from "../json.ts";
import { type Condition, compileCondition, evaluateCondition } from "./condition.ts";
import type { ConditionTree } from "./translate.ts";

const NOW = instant(1_769_774_400_000);

const conditionOf = (text: string): Condition => {
  const compiled = compileCondition(text);
  return compiled.ok ? compiled.condition : expect.fail(`${text}: ${compiled.refusal.message}`);
};

const answerOf = (text: string, state: Json = {}) => evaluateCondition(conditionOf(text), { state, now: NOW });

/** Text that is nearly a condition: pieces of the language in any order. */
const PIECES = ["AND", "OR", "NOT", "true", "null", "(", ")", ",", "==", "<=", "=", "$.a", "$.a[0].b", "$.", "[1]"];
const MORE = ["1", "-0.5e3", "01", '"x"', "'y'", '"', "len", "len(", "now()", "contains($.a,", "eval(", "\\", "é", " "];
const nearlyCondition = fc
  .array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 40 })
  .map((parts) => parts.join(" "));

/** Well-formed conditions of any type, fully bracketed. */
const { condition } = fc.letrec<{ condition: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("$.a", "$.b[1]", "$.c.d", "null", "true", "false", "now()"),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((value) => JSON.stringify(value)),
    fc.string().map((value) => JSON.stringify(value)),
    tie("operand").map((value) => `len(${value})`),
    fc.tuple(tie("operand"), tie("operand")).map(([left, right]) => `contains(${left}, ${right})`),
    fc.tuple(tie("operand"), tie("operand")).map(([left, right]) => `duration_seconds(${left}, ${right})`),
    tie("condition").map((value) => `(${value})`),
  ),
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("true", "false", "$.a"),
    fc
      .tuple(tie("operand"), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("operand"))
      .map((parts) => parts.join(" ")),
    fc.tuple(tie("condition"), tie("condition")).map(([left, right]) => `(${left}) AND (${right})`),
    fc.tuple(tie("condition"), tie("condition")).map(([left, right]) => `(${left}) OR (${right})`),
    tie("condition").map((value) => `NOT (${value})`),
  ),
}));

const state: fc.Arbitrary<Json> = fc
  .record({
    a: fc.jsonValue({ maxDepth: 1 }),
    b: fc.array(fc.jsonValue({ maxDepth: 1 })),
    c: fc.dictionary(fc.constant("d"), fc.integer()),
  })
  .map((value) => JSON.parse(JSON.stringify(value)));

/** Writes a tree as text again. Datetime wrappers are implied by what they stand beside. */
function print(tree: ConditionTree): string {
  if (tree === null || typeof tree !== "object") return JSON.stringify(tree);
  return Object.entries(tree)
    .map(([operator, operands]) =>
      typeof operands === "string" ? printPlace(operands) : printCall(operator, operands),
    )
    .join("");
}

const printPlace = (place: string): string =>
  place === "now" ? "now()" : place.replace("state", "$").replaceAll(/\.(\d+)/g, "[$1]");

function printCall(operator: string, operands: readonly ConditionTree[]): string {
  const texts = operands.map(print);
  if (operator === "datetime") return texts.join("");
  if (operator === "and" || operator === "or") return `(${texts.join(` ${operator.toUpperCase()} `)})`;
  if (operator === "!") return `(NOT ${texts.join("")})`;
  const comparison = operator.replace("===", "==").replace("!==", "!=");
  return /\w/.test(operator) ? `${operator}(${texts.join(", ")})` : `(${texts.join(` ${comparison} `)})`;
}

test("P1-D04 any text is compiled or refused with an offset inside it", () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearlyCondition), (text) => {
      const compiled = compileCondition(text);

      if (compiled.ok) return;
      expect(compiled.refusal.code).toMatch(/^COND_/);
      expect(compiled.refusal.details?.offset).toSatisfy((at: number) => at >= 0 && at <= text.length);
    }),
    { numRuns: 1000 },
  ));

test("P1-D04 every compiled condition answers or refuses with a run-time code, twice the same", () =>
  fc.assert(
    fc.property(condition, state, (text, given) => {
      const compiled = compileCondition(text);
      fc.pre(compiled.ok);
      const frozen = JSON.stringify(given);

      const first = evaluateCondition(compiled.condition, { state: given, now: NOW });
      const second = evaluateCondition(compiled.condition, { state: given, now: NOW });

      expect(second).toEqual(first);
      expect(JSON.stringify(given)).toBe(frozen);
      if (!first.ok) expect(["COND_RUNTIME_TYPE", "COND_RUNTIME_DATETIME"]).toContain(first.refusal.code);
    }),
    { numRuns: 500 },
  ));

test("P1-D04 a tree written as text compiles to the same tree, paths and clock", () =>
  fc.assert(
    fc.property(condition, (text) => {
      const compiled = compileCondition(text);
      fc.pre(compiled.ok);

      const again = compileCondition(print(compiled.condition.parsed));
      fc.pre(again.ok || again.refusal.code !== "COND_LIMIT"); // the printer brackets more than the writer did

      const { raw: _raw, ...meaning } = compiled.condition;
      expect(again).toMatchObject({ ok: true, condition: meaning });
    }),
    { numRuns: 500 },
  ));

test("P1-D04 what stands right of a deciding side is never evaluated", () =>
  fc.assert(
    fc.property(condition, state, (text, given) => {
      fc.pre(compileCondition(`true OR (${text})`).ok);

      expect(answerOf(`true OR (${text})`, given)).toEqual({ ok: true, value: true });
      expect(answerOf(`false AND (${text})`, given)).toEqual({ ok: true, value: false });
    }),
    { numRuns: 300 },
  ));

test("P1-D04 brackets around the tighter operator change nothing", () =>
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (a, b, c) => {
      expect(answerOf(`${a} OR ${b} AND ${c}`)).toEqual({ ok: true, value: a || (b && c) });
      expect(answerOf(`NOT ${a} AND ${b} OR ${c}`)).toEqual({ ok: true, value: (!a && b) || c });
    }),
  ));
