import { z } from "zod";
import {
  assert,
  canonicalText,
  formatInstant,
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
} from "../contracts/index.ts";
import {
  compileRedaction,
  type RedactionRules,
  type RejectedStub,
  redact,
  type SealedReference,
} from "../ledger/index.ts";
import type { Confirmation, EventSource, InternalEvent, NormalisedEvent } from "./normalise/event.ts";
import { BODY_SCHEMAS, PAYLOAD_SCHEMA } from "./stored-fields.ts";

/**
 * What is kept of an event: only fields that are declared, none of which holds an address, a name or an e-mail address, and
 * references to what was sealed of those.
 */
export interface StoredContent {
  /** RFC 3339, by the provider's clock. */
  readonly occurred_at: string;
  readonly livemode: boolean | null;
  /** What workflows are triggered with and waiting runs are told. */
  readonly payload: JsonObject;
  readonly confirms: Confirmation | null;
  /** The provider's body, as far as its fields are declared; a stub where one of those held a secret. */
  readonly body: Json;
}

export type Stored =
  | { readonly ok: true; readonly content: StoredContent }
  | { readonly ok: false; readonly stub: RejectedStub };

const rulesOf = (schema: JsonObject): RedactionRules => {
  const rules = compileRedaction({ schema, sensitive: [], allowlist: null });
  assert(rules.ok, "a schema without annotated paths compiles");
  return rules.value;
};

const PAYLOAD_RULES = rulesOf(PAYLOAD_SCHEMA);

const BODY_RULES: Readonly<Record<EventSource, RedactionRules>> = {
  STRIPE: rulesOf(BODY_SCHEMAS.STRIPE),
  SHOPIFY: rulesOf(BODY_SCHEMAS.SHOPIFY),
  PRINTFUL: rulesOf(BODY_SCHEMAS.PRINTFUL),
  SENDGRID: rulesOf(BODY_SCHEMAS.SENDGRID),
};

/**
 * The event as it may be stored. Not ok where its payload holds what must not be stored at all; the stub then stands for it.
 *
 * @param salt the tenant's secret, see `RedactionContext`
 * @param sealed what the payload carries besides, see `sealPersonal`
 */
export function storedContent(
  event: InternalEvent,
  salt: Uint8Array,
  sealed: { readonly [member: string]: SealedReference } = {},
): Stored {
  const payload = redact(event.payload, PAYLOAD_RULES, contextOf(event, salt));
  if (payload.kind === "rejected") return { ok: false, stub: payload.stub };
  const { value } = payload;
  assert(isJsonObject(value), "redaction keeps an object an object");
  return {
    ok: true,
    content: {
      occurred_at: formatInstant(event.occurred_at),
      livemode: event.livemode,
      payload: { ...value, ...sealed },
      confirms: event.confirms ?? null,
      body: storedBody(event, salt),
    },
  };
}

/** The declared fields of a provider's body, whatever the event means. */
function storedBody(event: NormalisedEvent, salt: Uint8Array): Json {
  const body = redact(event.body, BODY_RULES[event.source], contextOf(event, salt));
  return body.kind === "clean" ? body.value : { ...body.stub };
}

const contextOf = ({ source_event_id }: NormalisedEvent, salt: Uint8Array) => ({
  entry_id: source_event_id,
  step_id: null,
  tool: null,
  salt,
});

/** The text in which an event's content is stored. */
export const contentText = ({ confirms, ...rest }: StoredContent): string =>
  canonicalText({ ...rest, confirms: confirms === null ? null : { ...confirms } });

/** Of an event without a meaning only the body is stored. */
export const bodyText = (event: NormalisedEvent, salt: Uint8Array): string =>
  canonicalText({ body: storedBody(event, salt) });

const StoredConfirmation = z.object({
  provider: z.enum(["stripe", "shopify", "printful", "sendgrid"]),
  effect: z.enum(["authorize", "capture", "void", "refund", "fulfil", "cancel", "send"]),
  external_transaction_id: z.string(),
  external_reference: z.string().nullable(),
  outcome: z.enum(["confirmed", "contradicted"]),
});

/** Reads back what `contentText` wrote; nothing is known of a content that retention has erased. */
export function readContent(text: string | null): Pick<StoredContent, "payload" | "confirms"> {
  if (text === null) return { payload: {}, confirms: null };
  const parsed = parseJson(text);
  assert(parsed.ok && isJsonObject(parsed.value), "stored content is a JSON object");
  const { payload } = parsed.value;
  const confirms = StoredConfirmation.nullable().safeParse(parsed.value.confirms);
  assert(isJsonObject(payload) && confirms.success, "stored content was written by `contentText`");
  return { payload, confirms: confirms.data };
}
