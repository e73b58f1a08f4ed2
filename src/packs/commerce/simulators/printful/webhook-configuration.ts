import type { Json, JsonObject } from "../../../../contracts/index.ts";
import { hmacSha256 } from "../wire/digest.ts";
import type { Signer } from "../wire/webhook-emitter.ts";
import { listAt, textAt } from "../wire/wire-json.ts";
import type { Refused } from "./operations.ts";
import type { PrintfulStore, Supplier, WebhookConfiguration } from "./store.ts";

const SECRET_BYTES = 32;

/** `x-pf-webhook-signature`: hex over the raw body, keyed with the hex-decoded secret. No time is signed. */
export const printfulSigner =
  (store: PrintfulStore): Signer =>
  ({ body, secret }) => {
    const { secret_key: current, public_key } = store.configuration;
    const hex = { current, both: current, previous: store.previous_secret_key, wrong: "00".repeat(SECRET_BYTES) };
    return {
      "x-pf-webhook-signature": hmacSha256(Buffer.from(hex[secret], "hex"), body, "hex"),
      "x-pf-webhook-public-key": public_key,
    };
  };

/** Sets where webhooks go, and makes a new pair of keys; the answer is the only place that shows the secret. */
export function configureWebhooks(supplier: Supplier, body: Json | undefined): JsonObject | Refused {
  const default_url = textAt(body, "default_url") ?? null;
  const events = listAt(body, "events").map((event) => ({
    type: textAt(event, "type") ?? "",
    url: textAt(event, "url") ?? null,
  }));
  if (events.length === 0) return { status: 400, message: "events: At least one event is required." };
  if (default_url === null && events.some(({ url }) => url === null))
    return { status: 400, message: "default_url: This field is required when an event has no url." };
  const configuration: WebhookConfiguration = {
    default_url,
    expires_at: textAt(body, "expires_at") ?? null,
    events,
    public_key: Buffer.from(supplier.ids.hex(SECRET_BYTES), "utf8").toString("base64"),
    secret_key: supplier.ids.hex(2 * SECRET_BYTES),
  };
  supplier.store.previous_secret_key = supplier.store.configuration.secret_key;
  supplier.store.configuration = configuration;
  supplier.webhooks.configure({ target: default_url });
  return { ...shownConfiguration(configuration), secret_key: configuration.secret_key };
}

export const shownConfiguration = ({ secret_key: _, ...shown }: WebhookConfiguration): JsonObject => ({ ...shown });
