import type { JsonObject } from "../../../../contracts/index.ts";
import { stableDigest } from "../wire/digest.ts";
import type { Exchange } from "../wire/exchange.ts";
import { type Answer, failed, invalid, toResponse } from "./answer.ts";
import { type Account, type KeptResult, unixSeconds } from "./store.ts";

/** Keys may be pruned after a day; the simulator prunes at once, so that late retries show their danger. */
const KEPT_SECONDS = 24 * 3_600;
const KEY_LENGTH_MAX = 255;

/** Rate limits answer in front of the endpoint, so nothing is kept of them. */
const TOO_MANY_REQUESTS = 429;

interface Keyed {
  readonly key: string;
  readonly endpoint: string;
  readonly params: JsonObject;
  readonly request_id: string;
}

/** The refusal or the stored answer for a key that is known already; `undefined` for a fresh one. */
function knownAnswer(kept: KeptResult, { key, endpoint, params }: Keyed): Response {
  if (kept.endpoint !== endpoint)
    return mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${kept.endpoint}' vs '${endpoint}'). Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  if (kept.params_sha256 !== stableDigest(params))
    return mismatch(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  if (kept.result === undefined) return inUse(key);
  const headers = {
    "content-type": "application/json",
    "idempotent-replayed": "true",
    "original-request": kept.request_id,
  };
  return new Response(kept.result.body, { status: kept.result.status, headers });
}

const mismatch = (message: string): Response => toResponse(failed(400, { type: "idempotency_error", message }));

const inUse = (key: string): Response =>
  toResponse(
    failed(409, {
      type: "invalid_request_error",
      code: "idempotency_key_in_use",
      message: `There is currently another in-progress request using this Idempotency-Key (that probably means you submitted twice, and the other request is still going through): ${key}. Try again later.`,
    }),
  );

/**
 * Runs a POST under its Idempotency-Key. A result is kept, status and body, 500s included, unless the parameters were
 * refused or the request never reached the endpoint; a later request with the key gets what was kept.
 */
export async function underKey(
  { store, clock }: Account,
  exchange: Exchange,
  keyed: Omit<Keyed, "key"> & { readonly operation: () => Answer },
): Promise<Response> {
  const key = exchange.received.headers.get("idempotency-key");
  if (key === null) return exchange.perform(() => toResponse(keyed.operation()));
  if (key.length > KEY_LENGTH_MAX)
    return toResponse(invalid(`Idempotency key is too long: at most ${KEY_LENGTH_MAX} characters.`));
  const now = unixSeconds(clock);
  const kept = store.idempotency.get(key);
  if (kept !== undefined && kept.kept_at + KEPT_SECONDS > now) {
    const known = knownAnswer(kept, { ...keyed, key });
    if (known.headers.has("idempotent-replayed")) exchange.markReplayed();
    return known;
  }
  const { endpoint, request_id } = keyed;
  const opened: KeptResult = {
    endpoint,
    request_id,
    params_sha256: stableDigest(keyed.params),
    kept_at: now,
    result: undefined,
  };
  store.idempotency.set(key, opened);
  let begun = true;
  const response = await exchange.perform(() => {
    const answer = keyed.operation();
    begun = !answer.invalid_parameters;
    return toResponse(answer);
  });
  const body = await response.text();
  if (begun && response.status !== TOO_MANY_REQUESTS)
    store.idempotency.set(key, { ...opened, result: { status: response.status, body } });
  else store.idempotency.delete(key);
  return new Response(body, response);
}
