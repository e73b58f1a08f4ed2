import { expect, test } from "vitest";
import type { GateRow } from "../../api/wire.ts";
import { linesOf } from "./backtest.ts";

const gate = (
  value: string | null,
  status: GateRow["status"] = "PASS",
): Pick<GateRow, "id" | "value" | "status" | "rule" | "bound" | "sample"> => ({
  id: "completion",
  value,
  status,
  rule: ">= 0.9",
  bound: null,
  sample: 10,
});

const decisions = (...gates: readonly ReturnType<typeof gate>[]) =>
  gates.map((one, day) => ({ decided_at: `2026-01-0${day + 1}T00:00:00.000Z`, gates: [one] }));

test("a gate is drawn on one scale for all instants, so that a bad day is seen beside good ones", () => {
  const [line] = linesOf(decisions(gate("10/10"), gate("6/10", "FAIL")));

  expect(line).toMatchObject({ id: "completion", from: 0.5, to: 1 });
  expect(line?.limit).toBeCloseTo(80);
  expect(line?.points.map(({ height }) => height)).toEqual([100, expect.closeTo(20)]);
});

test("an instant without evidence has no place, and says so by its status", () => {
  const [line] = linesOf(decisions(gate(null, "UNKNOWN"), gate("10/10")));

  expect(line?.points[0]).toMatchObject({ status: "UNKNOWN", height: null });
});

test("a gate with nothing to draw has points all the same", () => {
  expect(linesOf(decisions(gate(null, "UNKNOWN")))).toMatchObject([{ limit: null, points: [{ height: null }] }]);
});
