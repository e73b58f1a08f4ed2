import { z } from "zod";

/*
 * The fields that tools of this pack share. Annotations are read by the guards: `entity_id` is checked against the tenant's
 * prefix, `id` is exempt from the scans that would take a provider's id for a secret or a card number.
 */

const ID_LENGTH_MAX = 264;

/** One of our own entity ids, as an argument. */
export const entityId = () => z.string().min(1).max(ID_LENGTH_MAX).meta({ "x-countermark": "entity_id" });

/** One of our own entity ids, as a result: it may hold a provider's random id, which is no secret. */
export const ownId = () => providerId();

/** An id that a provider gave. */
export const providerId = () => z.string().min(1).max(ID_LENGTH_MAX).meta({ "x-countermark": "id" });

/** A reference to a person's data, which only a handler opens. In a trigger it asks ingress to seal the event's member. */
export const sealed = () =>
  z.strictObject({ $sealed: z.string().regex(/^[0-9a-f]{64}$/) }).meta({ "x-countermark": "sealed" });

/** Minor units. */
export const cents = () => z.int().nonnegative();

export const currency = () => z.string().regex(/^[A-Z]{3}$/);

/** One orderable line; at most what one order of the shop can hold. */
export const lines = () =>
  z
    .array(
      z.strictObject({ sku: z.string().min(1).max(120), quantity: z.int().min(1).max(10_000), unit_cents: cents() }),
    )
    .min(1)
    .max(50);

/** A code or slug, never a person's words. */
export const slug = () => z.string().regex(/^[A-Za-z0-9_.-]{1,80}$/);
