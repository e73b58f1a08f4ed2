import type { Brand } from "./brand.ts";

/** A business entity's id: `{tenant}_{kind}_{external id}`, so that every id says whose it is (P1-T31). */
export type EntityId = Brand<string, "EntityId">;

/** The kinds of business entity, and the short form each has inside an id. */
const KIND_MARKS = {
  order: "ord",
  payment: "pay",
  refund: "ref",
  fulfillment: "ful",
  customer: "cus",
  ticket: "tkt",
  message: "msg",
} as const;

export type EntityKind = keyof typeof KIND_MARKS;

const TENANT_ID = /^[a-z0-9][a-z0-9-]*(_[a-z0-9-]+)*$/;

/** Keeps ids readable in a table and well inside every index and header they travel in. */
const TENANT_ID_LENGTH_MAX = 63;

/** What providers use in ids; neither a space, nor a slash, nor anything that a URL or a log line would have to escape. */
const EXTERNAL_ID = /^[A-Za-z0-9._-]{1,200}$/;

/** Whether a text may name a tenant: lower-case words of letters, digits and hyphens, joined by single underscores. */
export const isTenantId = (text: string): boolean => text.length <= TENANT_ID_LENGTH_MAX && TENANT_ID.test(text);

/** What every business entity id of the tenant begins with. */
export const namespacePrefix = (tenant: string): string => `${tenant}_`;

/**
 * Whether two tenants cannot coexist because ids of one would carry the prefix of the other (`shop` and `shop_eu`; a tenant
 * collides with itself). Asked before a tenant is added.
 */
export const prefixesCollide = (one: string, other: string): boolean =>
  namespacePrefix(one).startsWith(namespacePrefix(other)) || namespacePrefix(other).startsWith(namespacePrefix(one));

/** Whether an id belongs to the tenant. Decides without a look-up, so a foreign id is refused before any query. */
export const carriesPrefix = (tenant: string, id: string): boolean =>
  id.startsWith(namespacePrefix(tenant)) && id.length > namespacePrefix(tenant).length;

/**
 * The tenant's id for a provider's entity. `undefined` when the external id is not one that may stand in an id: empty, over
 * 200 characters, or with anything but letters, digits, dot, hyphen and underscore.
 */
export const entityIdOf = (tenant: string, kind: EntityKind, externalId: string): EntityId | undefined =>
  EXTERNAL_ID.test(externalId)
    ? (`${namespacePrefix(tenant)}${KIND_MARKS[kind]}_${externalId}` as EntityId)
    : undefined;
