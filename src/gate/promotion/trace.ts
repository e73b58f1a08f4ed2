import { z } from "zod";
import { sha256Hex } from "../../contracts/index.ts";

/** Where a run's trace is found. */
export const TRACE_REF = z.strictObject({
  trace_id_hex: z.string().regex(/^[0-9a-f]{32}$/, "32 hexadecimal digits"),
  span_id_hex: z.string().regex(/^[0-9a-f]{16}$/, "16 hexadecimal digits"),
});
export type TraceRef = z.infer<typeof TRACE_REF>;

/** Zeros hold a place; they refer to nothing. */
export const isPlaceholder = ({ trace_id_hex, span_id_hex }: TraceRef): boolean =>
  /^0+$/.test(trace_id_hex) || /^0+$/.test(span_id_hex);

/** The reference of a run that has no trace: the same each time that it is asked for. */
export function derivedTrace(runId: string): TraceRef {
  const digest = sha256Hex(runId);
  return { trace_id_hex: digest.slice(0, 32), span_id_hex: digest.slice(32, 48) };
}
