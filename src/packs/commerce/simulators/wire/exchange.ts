import { after, type Clock } from "../../../../contracts/index.ts";
import type { FaultAction } from "./faults.ts";
import type { CredentialVerdict } from "./journal.ts";

/** A request with its raw bytes read once, before any parser. */
export interface ReceivedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body as UTF-8. */
  readonly text: string;
}

/** The request again, for a provider's own router. */
export const asRequest = ({ method, url, headers, body }: ReceivedRequest): Request =>
  new Request(url, { method, headers, body: body.length === 0 || method === "GET" ? null : body });

/** What a provider's handler gets beside the request. */
export interface Exchange {
  readonly received: ReceivedRequest;
  /** Runs the effect under the fault of this request, if it has one. Idempotency layers wrap this call. */
  perform(effect: () => Response): Promise<Response>;
  /** Notes for the journal that the answer is a stored one. */
  markReplayed(): void;
}

/** What the machinery has to know about a provider. */
export interface Vendor {
  readonly name: "stripe" | "shopify" | "printful" | "sendgrid";
  credential(received: ReceivedRequest): CredentialVerdict;
  /** 401 in the provider's shape. */
  unauthorized(verdict: CredentialVerdict): Response;
  /** An error of this status in the provider's shape. */
  failure(status: number): Response;
  throttled(): Response;
  /** The key that makes a repetition of this request harmless, if it carries one. */
  idempotencyKey(received: ReceivedRequest): string | undefined;
  /** GraphQL root fields; empty for REST. */
  operations(received: ReceivedRequest): readonly string[];
  handle(exchange: Exchange): Response | Promise<Response>;
  /** The stored things, as plain JSON. */
  state(): unknown;
  /** Forgets everything that was stored. */
  reset(): void;
}

export interface Patience {
  readonly clock: Clock;
  /** Aborted when the simulator closes; ends every delay. */
  readonly closing: AbortSignal;
}

export const delay = ({ clock, closing }: Patience, ms: number): Promise<void> =>
  clock.wake(after(clock.now(), ms), closing);

const replacement = (vendor: Vendor, action: Extract<FaultAction, { kind: "status" }>): Response =>
  action.body === undefined ? vendor.failure(action.status) : Response.json(action.body, { status: action.status });

/** The part of a fault that lies inside the provider, where its idempotency store sees the result. */
export async function performUnder(
  action: FaultAction | undefined,
  {
    vendor,
    received,
    patience,
    effect,
  }: {
    readonly vendor: Vendor;
    readonly received: ReceivedRequest;
    readonly patience: Patience;
    readonly effect: () => Response;
  },
): Promise<Response> {
  if (action?.kind === "delay_before") await delay(patience, action.ms);
  const answer = effect();
  if (action?.kind === "delay_after_effect") await delay(patience, action.ms);
  if (action?.kind === "duplicate_effect_if_no_key" && vendor.idempotencyKey(received) === undefined) effect();
  return action?.kind === "status" ? replacement(vendor, action) : answer;
}

/** The answer of a fault that stops the request in front of the provider; `undefined` lets it through. */
export function stopInFront(action: FaultAction | undefined, vendor: Vendor): Response | "reset" | undefined {
  if (action?.kind === "drop_before_effect") return "reset";
  if (action?.kind === "outage") return vendor.failure(503);
  if (action?.kind === "throttle") return vendor.throttled();
  if (action?.kind === "status" && action.after_effect !== true) return replacement(vendor, action);
  if (action?.kind === "status_without_error_key" && action.after_effect !== true) return strangersAnswer(action);
  return undefined;
}

/** What a fault on the way back makes of the provider's answer. */
export async function distort(
  action: FaultAction | undefined,
  answer: Response,
  patience: Patience,
): Promise<Response | "reset"> {
  if (action?.kind === "drop_after_effect") return "reset";
  if (action?.kind === "status_without_error_key") return strangersAnswer(action);
  if (action?.kind === "malformed_json") return brokenOff(answer, await answer.text());
  if (action?.kind === "slow_body") return inPieces(answer, await answer.text(), { action, patience });
  return answer;
}

const strangersAnswer = (action: Extract<FaultAction, { kind: "status_without_error_key" }>): Response =>
  Response.json(action.body ?? { message: "bad gateway" }, { status: action.status });

const brokenOff = (answer: Response, text: string): Response =>
  new Response(text.slice(0, Math.floor(text.length / 2)) || "{", answer);

const PIECES = 4;

function inPieces(
  answer: Response,
  text: string,
  { action, patience }: { action: Extract<FaultAction, { kind: "slow_body" }>; patience: Patience },
): Response {
  const bytes = new TextEncoder().encode(text);
  const size = Math.max(1, Math.ceil(bytes.length / (action.pieces ?? PIECES)));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent > 0) await delay(patience, action.ms);
      controller.enqueue(bytes.slice(sent, sent + size));
      sent += size;
      if (sent >= bytes.length) controller.close();
    },
  });
  return new Response(body, answer);
}
