import { z } from "zod";
import { formatInstant, type Instant, type Json, parseInstant } from "../../../contracts/index.ts";
import type { Tool } from "../../../guard/index.ts";
import { tool } from "./define.ts";
import { entityId, slug } from "./fields.ts";
import { applied } from "./outcome.ts";

/** How long an exception counts towards the need for approval. */
const EXCEPTION_WINDOW_MS = 86_400_000;

/** Exceptions kept on an order: more than the first two change no decision. */
const EXCEPTIONS_MAX = 10;

/** Notes on the order that its fulfilment failed, and counts how often that happened in the last 24 h, this time included. */
export const recordException: Tool = tool({
  name: "recordException",
  level: "SOFT_WRITE",
  // The run's id makes two exceptions of one order two calls.
  input: z.strictObject({ order_id: entityId(), run_id: z.string().min(1).max(80) }),
  output: z.strictObject({ exceptions_24h: z.int().min(1) }),
  contract: { duplicates_harmless: true },
  async handler({ order_id, run_id }, context) {
    const local = await context.entity("order", order_id);
    const earlier = recentExceptions(local?.state.exceptions, context.runStartedAt).filter(
      (exception) => exception.run_id !== run_id,
    );
    const exceptions = [...earlier, { run_id, at: formatInstant(context.runStartedAt) }].slice(-EXCEPTIONS_MAX);
    return applied(
      { exceptions_24h: exceptions.length },
      { entities: [{ entityType: "order", entityId: order_id, set: { status: "exception", exceptions } }] },
    );
  },
});

const recorded = z.array(z.object({ run_id: z.string(), at: z.string() }));

/** Exceptions on record that are younger than 24 h; an unreadable record counts as none. */
export function recentExceptions(
  record: Json | undefined,
  now: Instant,
): readonly { readonly run_id: string; readonly at: string }[] {
  const read = recorded.safeParse(record ?? []);
  if (!read.success) return [];
  return read.data.filter(({ at }) => {
    const instant = parseInstant(at);
    return instant !== undefined && now - instant < EXCEPTION_WINDOW_MS;
  });
}

export type ExceptionClass = "retryable" | "address_problem" | "out_of_stock" | "rejected";

const CLASSES: ReadonlyMap<string, ExceptionClass> = new Map([
  ["POD_REJECTED", "rejected"],
  ["BadAddress", "address_problem"],
  ["invalid_address", "address_problem"],
  ["address_invalid", "address_problem"],
  ["out_of_stock", "out_of_stock"],
  ["shipment_out_of_stock", "out_of_stock"],
  ["fulfillment.out_of_stock", "out_of_stock"],
  ["ORDER_NOT_FOUND", "rejected"],
  ["FULFILLMENT_NOT_CANCELLABLE", "rejected"],
]);

/**
 * What kind of failure it was, by rules alone. A code that no rule knows is retryable: the retry is bounded, and ends in an
 * escalation when it fails too.
 */
export function classOfError(code: string | null): ExceptionClass {
  return (code === null ? undefined : CLASSES.get(code)) ?? "retryable";
}

/** Decides whether trying again can help. */
export const classifyError: Tool = tool({
  name: "classifyError",
  level: "READ",
  input: z.strictObject({ code: slug().optional() }),
  output: z.strictObject({
    class: z.enum(["retryable", "address_problem", "out_of_stock", "rejected"]),
    retryable: z.boolean(),
  }),
  async handler({ code }) {
    const kind = classOfError(code ?? null);
    return applied({ class: kind, retryable: kind === "retryable" });
  },
});
