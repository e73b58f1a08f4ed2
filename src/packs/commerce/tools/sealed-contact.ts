import { z } from "zod";
import { Fault } from "../../../contracts/index.ts";
import type { CallContext } from "../../../guard/index.ts";
import type { Address } from "../clients/address.ts";
import { type FailureCodes, rejectedWith } from "./outcome.ts";
import { goOn, readContact, type Step, stop } from "./shop-order.ts";

/*
 * Who an order is for, in the two handlers that act on it: opened from what came sealed with the order, or read from the shop
 * for a run that a person started. What is returned here must not leave the handler.
 */

/** Whom to write to. */
export interface Recipient {
  readonly email: string | null;
  readonly name: string | null;
}

/** Where to send the goods; without an address where the order's is not complete. */
export interface Destination {
  readonly name: string | null;
  readonly address: Address | null;
}

interface Asked {
  readonly orderId: string;
  /** The sealed reference, if the run has one. */
  readonly sealed: { readonly $sealed: string } | undefined;
  readonly codes: FailureCodes;
}

const text = z.string().nullable();

const Contact = z.object({ email: z.string(), name: text });

const ShipTo = z.object({
  name: text,
  address1: text,
  address2: text,
  city: text,
  province_code: text,
  country_code: text,
  zip: text,
});

export const recipientOf = (context: CallContext, { orderId, sealed, codes }: Asked): Promise<Step<Recipient>> =>
  sealed === undefined ? readContact(context, orderId, codes) : opened(context, sealed, Contact);

export async function destinationOf(
  context: CallContext,
  { orderId, sealed, codes }: Asked,
): Promise<Step<Destination>> {
  if (sealed === undefined) return readContact(context, orderId, codes);
  const shipTo = await opened(context, sealed, ShipTo);
  return shipTo.ok ? goOn({ name: shipTo.value.name, address: addressOf(shipTo.value) }) : shipTo;
}

function addressOf({ address1, city, country_code, ...rest }: z.infer<typeof ShipTo>): Address | null {
  if (address1 === null || city === null || country_code === null) return null;
  return {
    line1: address1,
    line2: rest.address2,
    city,
    state: rest.province_code,
    postalCode: rest.zip,
    country: country_code,
  };
}

/** A value that was erased, or whose key is gone, ends the call before anything is sent; other faults are the kernel's. */
async function opened<T>(
  context: CallContext,
  reference: { readonly $sealed: string },
  schema: z.ZodType<T>,
): Promise<Step<T>> {
  try {
    return goOn(schema.parse(await context.open({ ...reference })));
  } catch (error) {
    if (error instanceof Fault && error.retry === "never") return stop(rejectedWith(error.code, error.message));
    throw error;
  }
}
