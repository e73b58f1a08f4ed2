import { z } from "zod";
import type { CallContext, Credential } from "../../../guard/index.ts";
import type { Address } from "./address.ts";
import { type Answer, answered, classOfStatus, failed, type Intent, retryAfterMs } from "./answer.ts";
import { jsonOf, parseReply, type Reply, send, type WireRequest } from "./reply.ts";
import { forbidden } from "./sandbox.ts";

const orderSchema = z.object({
  id: z.int().positive(),
  external_id: z.string().nullable(),
  status: z.enum(["draft", "pending", "failed", "canceled", "inprocess", "onhold", "partial", "fulfilled", "archived"]),
});

const shipmentSchema = z.object({
  id: z.int().positive(),
  shipment_status: z.string(),
  delivery_status: z.string().nullish(),
  carrier: z.string().nullish(),
  tracking_number: z.string().nullish(),
  tracking_url: z.string().nullish(),
  shipped_at: z.string().nullish(),
});

const v1Order = z.object({ result: z.object({ id: z.int().positive(), status: z.literal("canceled") }) });

const errorReason = z.union([
  z.object({ error: z.object({ reason: z.string() }) }).transform((body) => body.error.reason),
  z.object({ type: z.string() }).transform((body) => body.type),
]);

export type PrintfulOrder = z.infer<typeof orderSchema>;
export type PrintfulShipment = z.infer<typeof shipmentSchema>;

export interface DraftRequest {
  /** Ours, unique in the store: a second draft with it is refused, which makes creation safe to repeat. */
  readonly externalId: string;
  readonly recipient: { readonly name: string | null; readonly address: Address };
  readonly items: readonly { readonly variantId: number; readonly quantity: number; readonly sku: string }[];
}

export interface PrintfulClient {
  /** Creates a draft, which costs nothing. */
  createDraft(request: DraftRequest): Promise<Answer<PrintfulOrder>>;
  /** Charges the store and starts production: the irreversible step. */
  confirm(id: number): Promise<Answer<PrintfulOrder>>;
  /** By Printful's id. */
  order(id: number): Promise<Answer<PrintfulOrder>>;
  /** By our own reference; `not_found` when no order carries it. */
  orderByExternalId(externalId: string): Promise<Answer<PrintfulOrder>>;
  shipments(id: number): Promise<Answer<readonly PrintfulShipment[]>>;
  /** Cancels and returns the charge; v1, because v2 can only delete drafts. Refused from `inprocess` on. */
  cancel(id: number): Promise<Answer<null>>;
}

/** Printful by typed fetch; there is no official client. */
export function printfulClient(context: CallContext): PrintfulClient {
  const credential = context.credential("printful");
  const refused = forbidden(credential);
  const ask = async <T>(request: Bare, schema: z.ZodType<T>): Promise<Answer<T>> => {
    if (refused !== null) return refused;
    const reply = await send(context, credential, { ...request, headers: headersOf(credential) });
    return reply.ok ? judge(reply.value, request.intent, schema) : reply;
  };
  const inData = z.object({ data: orderSchema }).transform((body) => body.data);
  const read = (path: string) => ask({ method: "GET", path, intent: "read" }, inData);
  return {
    createDraft: (request) =>
      ask({ method: "POST", path: "/v2/orders", intent: "write", body: draftBody(request) }, inData),
    confirm: (id) => ask({ method: "POST", path: `/v2/orders/${id}/confirmation`, intent: "write" }, inData),
    order: (id) => read(`/v2/orders/${id}`),
    orderByExternalId: (externalId) => read(`/v2/orders/@${encodeURIComponent(externalId)}`),
    shipments: (id) =>
      ask(
        { method: "GET", path: `/v2/orders/${id}/shipments`, intent: "read" },
        z.object({ data: z.array(shipmentSchema) }).transform((body) => body.data),
      ),
    cancel: async (id) => {
      const answer = await ask({ method: "DELETE", path: `/orders/${id}`, intent: "write" }, v1Order);
      return answer.ok ? answered(null, answer.requestId) : answer;
    },
  };
}

type Bare = Omit<WireRequest, "headers">;

const headersOf = (credential: Credential): { readonly [name: string]: string } => ({
  authorization: `Bearer ${credential.secret}`,
  ...(credential.settings.store_id === undefined ? {} : { "x-pf-store-id": credential.settings.store_id }),
});

const draftBody = ({ externalId, recipient, items }: DraftRequest) => ({
  external_id: externalId,
  recipient: {
    name: recipient.name,
    address1: recipient.address.line1,
    address2: recipient.address.line2,
    city: recipient.address.city,
    state_code: recipient.address.state,
    country_code: recipient.address.country,
    zip: recipient.address.postalCode,
  },
  order_items: items.map((item) => ({
    source: "sync", // a variant of the store's own product, with its design; a catalogue item would need placements
    sync_variant_id: item.variantId,
    external_id: item.sku,
    quantity: item.quantity,
  })),
});

function judge<T>(reply: Reply, intent: Intent, schema: z.ZodType<T>): Answer<T> {
  if (reply.status >= 200 && reply.status < 300) return parseReply(reply, schema, reply.headers.get("x-request-id"));
  const reason = errorReason.safeParse(jsonOf(reply.text));
  return failed(classOfStatus(reply.status, intent), {
    status: reply.status,
    reason: reason.success ? reason.data : null,
    retryAfterMs: retryAfterMs(reply.headers.get("retry-after")),
  });
}
