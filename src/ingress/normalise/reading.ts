import { z } from "zod";
import {
  accepted,
  digestOf,
  type EntityId,
  type EntityKind,
  entityIdOf,
  firstIssue,
  type Json,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { WebhookHeaders } from "../signature/claim.ts";
import type { EventMeaning, InboundEvent, NormalisedEvent } from "./event.ts";

/** A verified delivery whose body has been decoded. */
export interface DecodedDelivery {
  readonly tenant: string;
  /** The provider's account the endpoint belongs to (Shopify: shop domain; Printful: store id); null when not configured. */
  readonly account: string | null;
  readonly headers: WebhookHeaders;
  readonly body: Json;
}

export type Reader = (delivery: DecodedDelivery) => readonly NormalisedEvent[];

export const unusable = (message: string, field_path?: string): { readonly ok: false; readonly refusal: Refusal } =>
  rejected({ code: "EVENT_UNUSABLE", message, ...(field_path === undefined ? {} : { field_path }) });

/** Well formed, and of a type that nobody here asked for. */
export const unused = (message: string, field_path?: string): { readonly ok: false; readonly refusal: Refusal } =>
  rejected({ code: "EVENT_NOT_USED", message, ...(field_path === undefined ? {} : { field_path }) });

/** Reads a value by its schema; the first problem refuses, with its field path and never with the value. */
export function readBy<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const read = schema.safeParse(value);
  if (read.success) return accepted(read.data);
  const { field_path, message } = firstIssue(read.error);
  return unusable(message, field_path);
}

/** The tenant's id of a provider's entity, or a refusal where the provider's id cannot stand in one. */
export function readEntityId(tenant: string, kind: EntityKind, externalId: string): Result<EntityId> {
  const id = entityIdOf(tenant, kind, externalId);
  return id === undefined ? unusable(`the provider's id of the ${kind} cannot be used as an id`) : accepted(id);
}

/** Joins what an event is with what it means. */
export const concluded = (inbound: InboundEvent, meaning: Result<EventMeaning>): NormalisedEvent =>
  meaning.ok
    ? { kind: "event", ...inbound, ...meaning.value, predecessor_source_event_id: null }
    : { kind: "unusable", ...inbound, refusal: meaning.refusal };

/** A text of a provider that names something: bounded, because it becomes a key or a label. */
export const Name = z.string().min(1).max(200);

/** A provider's numeric id, kept as its digits: a safe integer, or the string that `decodeBody` made of a larger one. */
export const NumericId = z.union([z.int().nonnegative().transform(String), z.string().regex(/^\d{1,20}$/)]);

/** One member of an object, or `undefined`: for identity, which is read before the body is known to fit any schema. */
export const memberOf = (value: Json, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** The named member when it is a usable name, for ids and types. */
export function nameOf(value: Json, member: string): string | undefined {
  const name = Name.safeParse(memberOf(value, member));
  return name.success ? name.data : undefined;
}

/** The digest of a body without the members that a retry of the same event may change. */
export function digestWithout(body: Json, members: readonly string[]): InboundEvent["payload_sha256"] {
  if (!isObject(body)) return digestOf(body);
  return digestOf(Object.fromEntries(Object.entries(body).filter(([name]) => !members.includes(name))));
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
