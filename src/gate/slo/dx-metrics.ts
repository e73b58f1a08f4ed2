import { z } from "zod";
import type { Cell, Unit } from "../unit.ts";

/** What a developer's first hour is made of: each has to be there, and to pass. */
const STEPS = ["smoke_baseline", "neutral_api", "http_controls", "parity_snapshot", "quickstart_examples"] as const;

const seconds = z.number().nonnegative();

/** The body of a report of developer experience. */
const DX_METRICS = z.looseObject({
  metrics: z.looseObject({
    /** One measurement, or several, whose median counts. */
    time_to_first_success_seconds: z.union([seconds, z.array(seconds)]).nullable(),
    docs_parity_score: z.number().min(0).max(1).nullable(),
  }),
  steps: z.array(z.looseObject({ name: z.string(), returncode: z.number().nullable() })),
});

export type DxMetrics = z.infer<typeof DX_METRICS>;

export const parseDxMetrics = (value: unknown): DxMetrics | undefined => {
  const parsed = DX_METRICS.safeParse(value);
  return parsed.success ? parsed.data : undefined;
};

/** A metric without a value has no unit, so that it cannot be told. */
export function dxUnits({ metrics, steps }: DxMetrics): { readonly [kind: string]: readonly Unit[] } {
  const measured = [metrics.time_to_first_success_seconds ?? []].flat();
  const passed = (name: string) => {
    const same = steps.filter((step) => idOf(step.name) === name);
    return same.length > 0 && same.every(({ returncode }) => returncode === 0);
  };
  return {
    dx_first_success: measured.map((value, index) => dxUnit(`first success ${index + 1}`, { seconds: value })),
    dx_docs: metrics.docs_parity_score === null ? [] : [dxUnit("docs parity", { parity: metrics.docs_parity_score })],
    dx_check: STEPS.map((name) => dxUnit(name, { name, passed: passed(name) })),
  };
}

const idOf = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_");

const dxUnit = (id: string, columns: { readonly [name: string]: Cell }): Unit => ({
  id,
  at: null,
  channel: "ci",
  rows: [id],
  isValid: true,
  columns,
});
