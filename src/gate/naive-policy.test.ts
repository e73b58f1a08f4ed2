import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { after, assert, formatInstant, instant, sha256Hex } from "../contracts/index.ts";
import { randomPolicy } from "./counted/testing/random-policy.ts";
import { evaluate } from "./evaluate.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import { naiveGates } from "./testing/naive-policy.ts";
import type { Unit } from "./unit.ts";

const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2, 0, 0, 500));

const KINDS = {
  run: {
    columns: {
      name: "string",
      gate: "string?",
      flag: "boolean",
      whole: "integer?",
      real: "number",
      begun: "datetime?",
    },
    literals: { name: ["a", "ab"], gate: ["g0"], flag: [true, false], whole: [0, 3], real: [0, 0.5, -1], begun: [] },
  },
  receipt: {
    columns: { name: "string?", gate: "string", real: "integer" },
    literals: { name: ["a"], gate: ["g1"], real: [0, 2] },
  },
};

const time = fc.integer({ min: -40 * 86_400, max: 2_000 }).map((seconds) => after(DECIDED_AT, seconds * 1000));
const unit: fc.Arbitrary<Omit<Unit, "id" | "rows">> = fc.record({
  at: fc.oneof(
    fc.constant(null),
    time,
    fc.integer({ min: -90_000, max: 5 }).map((seconds) => after(DECIDED_AT, seconds * 1000)),
  ),
  channel: fc.constantFrom(null, "prod_traffic" as const, "controlled_fixture" as const, "ci" as const),
  isValid: fc.constantFrom(true, true, false),
  columns: fc.record({
    name: fc.constantFrom("a", "ab", "b"),
    gate: fc.constantFrom("g0", "g1", "g2"),
    flag: fc.boolean(),
    whole: fc.constantFrom(0, -2, 3, 9, null),
    real: fc.constantFrom(0, 2, -1),
    begun: fc.oneof(fc.constant(null), time.map(formatInstant)),
  }),
});

/** Now and then a cell is not as it was declared. */
const odd = fc.option(
  fc.record({ column: fc.constantFrom("name", "real", "flag", "begun"), cell: fc.constantFrom(null, "x", 0.5) }),
  { freq: 12 },
);
const units = fc.array(fc.tuple(unit, odd), { maxLength: 8 }).map((some) =>
  some.map(([one, change], index): Unit => {
    const columns = change === null ? one.columns : { ...one.columns, [change.column]: change.cell };
    return { ...one, columns, id: `u${index}`, rows: [`u${index}`] };
  }),
);

/** With what counting does not answer, too: `each`, `by_gate` and `tell`. */
const policies = fc.tuple(randomPolicy(KINDS), fc.infiniteStream(fc.nat(3))).map(([{ text }, dice]): Policy => {
  const drawn = () => dice.next().value === 0;
  const parsed = parsePolicy(
    JSON.stringify({
      ...text,
      metrics: text.metrics.map((one) => ({
        ...one,
        ...(drawn() ? { by_gate: "gate" } : {}),
        ...(drawn() ? { tell: "name" } : {}),
      })),
      gates: text.gates.map((one) => ({ ...one, ...(drawn() ? { each: "name" } : {}) })),
    }),
  );
  assert(parsed.ok, parsed.ok ? "" : JSON.stringify(parsed.errors));
  return parsed.value;
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const decidedOn = ({ text, ...policy }: Policy, run: readonly Unit[], receipt: readonly Unit[]) => {
  const evidence = { digest: sha256Hex(""), sources: {}, facts: {}, units: { run, receipt } };
  const input = { policy: { text, ...policy }, profile: null, evidence, decidedAt: DECIDED_AT, waivers: null };
  const decided = evaluate(input);
  assert(decided.ok, "it is decided");
  return decided.value.decision;
};

test("the engine agrees with an evaluator written from the policy's words alone, whatever the policy and the evidence", {
  timeout: 60_000,
}, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(policies, units, units, ({ text, ...policy }, run, receipt) => {
      const rows = decidedOn({ text, ...policy }, run, receipt).gates;

      const naive = naiveGates({ policy: text, units: { run, receipt }, now: DECIDED_AT });

      expect(Object.fromEntries(rows.map(({ id, status }) => [id, status]))).toEqual(naive);
      for (const [id, status] of Object.entries(naive)) seen.add(`${id.includes(":") ? "each " : ""}${status}`);
      for (const { bound, status } of rows) if (bound !== null) seen.add(`bounded ${status}`);
    }),
    { numRuns: 120 },
  );

  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...["FAIL", "INSUFFICIENT", "PASS", "UNKNOWN", "each PASS", "each UNKNOWN"],
      ...["bounded INSUFFICIENT", "bounded PASS", "bounded UNKNOWN"],
    ]),
  );
});

const shuffled = units.chain((some) =>
  fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
);

test("in whichever order units come and whichever time zone the process is in, a decision has the same bytes, whatever the policy", () => {
  const offsets = new Set<number>();
  fc.assert(
    fc.property(policies, shuffled, shuffled, (policy, [run, otherRun], [receipt, otherReceipt]) => {
      const [first, second] = [
        ["America/St_Johns", run, receipt] as const,
        ["Pacific/Kiritimati", otherRun, otherReceipt] as const,
      ].map(([zone, ...some]) => {
        vi.stubEnv("TZ", zone);
        offsets.add(new Date(DECIDED_AT).getTimezoneOffset());
        return JSON.stringify(decidedOn(policy, ...some));
      });

      expect(second).toBe(first);
    }),
    { numRuns: 60 },
  );

  expect([...offsets]).toEqual([150, -840]);
});
