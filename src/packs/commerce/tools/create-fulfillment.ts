import { z } from "zod";
import { assert } from "../../../contracts/index.ts";
import type { CallContext, LookupOutcome, Tool, ToolOutcome } from "../../../guard/index.ts";
import type { Answer, ProviderFailure } from "../clients/answer.ts";
import { type PrintfulClient, type PrintfulOrder, printfulClient } from "../clients/printful.ts";
import { fulfillmentIdOf } from "../ids.ts";
import { tool } from "./define.ts";
import { entityId, lines, ownId, sealed, slug } from "./fields.ts";
import { applied, found, outcomeOf, rejectedWith, unclear } from "./outcome.ts";
import { destinationOf } from "./sealed-contact.ts";
import { goOn, readOrder, type Step, stop } from "./shop-order.ts";
import { variantOf } from "./variants.ts";

const CODES = { rejected: "POD_REJECTED", unavailable: "POD_UNAVAILABLE" } as const;

const input = z.strictObject({ order_id: entityId(), items: lines(), ship_to: sealed().optional() });

type Request = z.infer<typeof input>;

/**
 * Orders the goods: a draft under our own reference, then the confirmation that charges the store.
 *
 * F1  The reference is unique at the supplier, so one logical call has one draft however often it runs.
 * F2  Only a draft is confirmed, and it is read before; the supplier refuses a second confirmation.
 * F3  A supplier that answered is no longer working on the request: what it then shows is what happened.
 */
export const createFulfillment: Tool = tool({
  name: "createFulfillment",
  level: "HARD_WRITE",
  input,
  output: z.strictObject({ fulfillment_id: ownId(), status: slug() }),
  contract: {
    dependency: "printful",
    timeout_seconds: 30,
    // The supplier's `external_id` is at most 32 characters and is never forgotten, so it is a key without an end.
    external_idempotency_template: "{internal_key_sha256}",
    key_reuse_window_hours: 87_600,
    settle_ms: 30_000,
  },
  async handler(request, context) {
    const supplier = printfulClient(context);
    const draft = await draftOf(request, context, supplier);
    return draft.ok ? confirmed(request, context, { supplier, order: draft.value }) : draft.outcome;
  },
  lookup: (request, context) => lookUp(request, context),
});

/** Our reference: equal for all attempts of one logical call. */
function referenceOf(context: CallContext): string {
  assert(context.externalKey !== null, "the contract declares an external key");
  return context.externalKey;
}

/** F1: creates the draft, or finds the one that an earlier attempt left. */
async function draftOf(request: Request, context: CallContext, supplier: PrintfulClient): Promise<Step<PrintfulOrder>> {
  const content = await draftContent(request, context);
  if (!content.ok) return content;
  const created = await supplier.createDraft(content.value);
  if (created.ok) return goOn(created.value);
  if (!mayExist(created.failure)) return stop(outcomeOf("printful", created.failure, CODES, "write"));
  const existing = await supplier.orderByExternalId(referenceOf(context));
  return existing.ok ? goOn(existing.value) : stop(afterMiss(created.failure, existing.failure));
}

async function draftContent(request: Request, context: CallContext) {
  const order = await readOrder(context, request.order_id, CODES);
  if (!order.ok) return order;
  if (order.value.cancelledAt !== null) return stop(rejectedWith("POD_REJECTED", "the order is cancelled in the shop"));
  const asked = { orderId: request.order_id, sealed: request.ship_to, codes: CODES };
  const destination = await destinationOf(context, asked);
  if (!destination.ok) return destination;
  const { address, name } = destination.value;
  if (address === null) return stop(rejectedWith("POD_REJECTED", "the order has no complete address"));
  const settings = context.credential("printful").settings;
  const items = request.items.map(({ sku, quantity }) => ({ sku, quantity, variantId: variantOf(settings, sku) }));
  if (!items.every(hasVariant))
    return stop(rejectedWith("POD_REJECTED", "no variant is configured for a sku of the order"));
  return goOn({ externalId: referenceOf(context), recipient: { name, address }, items });
}

const hasVariant = <T extends { readonly variantId: number | undefined }>(
  item: T,
): item is T & { readonly variantId: number } => item.variantId !== undefined;

/** Whether a refused or unanswered creation may stand for a draft that is there: a second use of a reference is a 4xx. */
const mayExist = (failure: ProviderFailure): boolean =>
  failure.class === "validation" || failure.class === "business" || isUnclear(failure);

const isUnclear = (failure: ProviderFailure): boolean =>
  failure.class === "unknown_outcome" || failure.class === "contract" || failure.class === "conflict_in_progress";

/** There is no draft, or nobody knows. F3: only where the supplier had answered does its absence prove anything. */
function afterMiss(created: ProviderFailure, looked: ProviderFailure): Exclude<ToolOutcome, { kind: "applied" }> {
  const outcome = outcomeOf("printful", created, CODES, "write");
  const isProven = looked.class === "not_found" && created.status !== null;
  return outcome.kind === "unknown" && isProven ? { ...outcome, kind: "not_applied" } : outcome;
}

interface Draft {
  readonly supplier: PrintfulClient;
  readonly order: PrintfulOrder;
}

/** F2: confirms what is a draft, accepts what is under way, refuses what was given up. */
async function confirmed(request: Request, context: CallContext, { supplier, order }: Draft): Promise<ToolOutcome> {
  if (order.status !== "draft" && order.status !== "failed") return standing(request, context, order, null);
  const answer = await supplier.confirm(order.id);
  if (answer.ok) return standing(request, context, answer.value, answer.requestId);
  return afterConfirmFailed(request, context, { failure: answer.failure, now: await supplier.order(order.id) });
}

function afterConfirmFailed(
  request: Request,
  context: CallContext,
  { failure, now }: { readonly failure: ProviderFailure; readonly now: Answer<PrintfulOrder> },
): ToolOutcome {
  const outcome = outcomeOf("printful", failure, CODES, "write");
  if (!now.ok) return outcome;
  if (now.value.status !== "draft" && now.value.status !== "failed") return standing(request, context, now.value, null);
  return outcome.kind === "unknown" && failure.status !== null ? { ...outcome, kind: "not_applied" } : outcome;
}

/** An order that is past its draft: fulfilment under way, or one that was cancelled and will not come back. */
function standing(request: Request, context: CallContext, order: PrintfulOrder, requestId: string | null): ToolOutcome {
  if (order.status === "canceled" || order.status === "archived")
    return rejectedWith("POD_REJECTED", "the fulfilment of this order was cancelled at the supplier");
  if (order.status === "draft" || order.status === "failed")
    return { kind: "unknown", code: "POD_UNAVAILABLE", message: "the supplier confirmed but shows a draft" };
  return ordered(request, context, order, requestId);
}

function ordered(request: Request, context: CallContext, order: PrintfulOrder, requestId: string | null) {
  const fulfillmentId = fulfillmentIdOf(context.tenantId, order.id);
  assert(fulfillmentId !== undefined, "the supplier's number can stand in an id");
  return applied(
    { fulfillment_id: fulfillmentId, status: order.status },
    {
      proof: { provider: "printful", transactionId: String(order.id), requestId },
      entities: [
        {
          entityType: "fulfillment",
          entityId: fulfillmentId,
          set: { status: order.status, order_id: request.order_id },
        },
        {
          entityType: "order",
          entityId: request.order_id,
          set: { status: "fulfilling", fulfillment_id: fulfillmentId },
        },
      ],
    },
  );
}

/** A draft alone is no effect: nothing was charged, and the next attempt goes on from it. */
async function lookUp(request: Request, context: CallContext): Promise<LookupOutcome> {
  const answer = await printfulClient(context).orderByExternalId(referenceOf(context));
  if (!answer.ok)
    return answer.failure.class === "not_found" ? { kind: "absent" } : unclear("printful", answer.failure);
  const outcome = standing(request, context, answer.value, answer.requestId);
  return outcome.kind === "applied" ? found(outcome) : { kind: "absent" };
}
