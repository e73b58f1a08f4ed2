import type { Result } from "../../contracts/index.ts";
import { accepted } from "../../contracts/index.ts";
import type { WebhookHeaders } from "../signature/claim.ts";
import { decodeBody } from "./decode.ts";
import type { EventSource, NormalisedEvent } from "./event.ts";
import { readPrintful } from "./printful.ts";
import type { Reader } from "./reading.ts";
import { readSendgrid } from "./sendgrid.ts";
import { readShopify } from "./shopify.ts";
import { readStripe } from "./stripe.ts";

const READERS = {
  STRIPE: readStripe,
  SHOPIFY: readShopify,
  PRINTFUL: readPrintful,
  SENDGRID: readSendgrid,
} as const satisfies Record<EventSource, Reader>;

/** A delivery whose signature has been verified, with what its endpoint is known to belong to. */
export interface VerifiedDelivery {
  readonly tenant: string;
  /** The account the endpoint was made for: Shopify's shop domain, Printful's store id; null leaves it unchecked. */
  readonly account: string | null;
  readonly headers: WebhookHeaders;
  readonly rawBody: Uint8Array;
}

/**
 * Turns a provider's delivery into our events: one, except for SendGrid, whose batches hold any number. Call it only after
 * `verifySignature`.
 *
 * Refuses the whole delivery where nothing can be stored of it: `BODY_NOT_UTF8`, `SCHEMA_PARSE_ERROR`. An event that is well
 * formed but of no use comes back as `unusable` with `EVENT_UNUSABLE`, still with an id and a digest to store it under.
 */
export function normalise(source: EventSource, delivery: VerifiedDelivery): Result<readonly NormalisedEvent[]> {
  const body = decodeBody(delivery.rawBody);
  if (!body.ok) return body;
  const { tenant, account, headers } = delivery;
  return accepted(READERS[source]({ tenant, account, headers, body: body.value }));
}
