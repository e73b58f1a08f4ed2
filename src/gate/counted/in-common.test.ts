import fc from "fast-check";
import { expect, test } from "vitest";
import { inCommon } from "./in-common.ts";
import { both, either, negated, type Predicate } from "./predicate.ts";

type Truth = boolean | null;
type Row = Readonly<Record<string, Truth>>;

/** As SQL has it, where null is neither. */
function truthOf(asked: Predicate, row: Row): Truth {
  if (asked.kind === "constant") return asked.value;
  if (asked.kind === "holds") return row[asked.column] ?? null;
  if (asked.kind === "not") {
    const truth = truthOf(asked.part, row);
    return truth === null ? null : !truth;
  }
  if (asked.kind !== "and" && asked.kind !== "or") throw new Error(`\`${asked.kind}\` is not asked here`);
  const truths = asked.parts.map((part) => truthOf(part, row));
  const deciding = asked.kind === "or";
  return truths.includes(deciding) ? deciding : truths.includes(null) ? null : !deciding;
}

const COLUMNS = ["a", "b", "c", "d"];
const LEAF = fc.constantFrom(...COLUMNS).map((column): Predicate => ({ kind: "holds", column }));
const { asked } = fc.letrec<{ readonly asked: Predicate }>((tie) => ({
  asked: fc.oneof(
    { maxDepth: 4 },
    LEAF,
    tie("asked").map(negated),
    fc.array(tie("asked"), { minLength: 1, maxLength: 4 }).map((parts) => both(...parts)),
    fc.array(tie("asked"), { minLength: 1, maxLength: 4 }).map((parts) => either(...parts)),
  ),
}));
const ROW = fc.record(Object.fromEntries(COLUMNS.map((column) => [column, fc.constantFrom(true, false, null)])));

test("what is asked in common and what is left say of every row what was asked, where something is null too", () =>
  fc.assert(
    fc.property(fc.array(asked, { minLength: 1, maxLength: 5 }), ROW, (wheres, row) => {
      const { all, named, left } = inCommon(wheres);

      const seen = { ...row, ...Object.fromEntries(named.map(({ name, where }) => [name, truthOf(where, row)])) };
      expect(left.map((one) => truthOf(both(all, one), seen))).toEqual(wheres.map((one) => truthOf(one, row)));
    }),
    { numRuns: 300 },
  ));

test("what every count asks is asked once, what several ask has a name, and only the rest stays with each", () => {
  const [a, b, c, d] = COLUMNS.map((column): Predicate => ({ kind: "holds", column }));
  if (a === undefined || b === undefined || c === undefined || d === undefined) return expect.unreachable();

  const common = inCommon([both(a, b, c), both(a, b, d), both(a, either(both(c, d), both(c, b)))]);

  expect(common.all).toEqual(a);
  expect(common.named.map(({ where }) => where)).toEqual([b, c]);
  expect(common.left.at(-1)).toEqual(both({ kind: "holds", column: "1" }, either(d, b)));
});
