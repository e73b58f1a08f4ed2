import { jsonResponse } from "../wire/wire-json.ts";

/** What an operation answers: a success, or an error in Stripe's shape. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Whether the parameters themselves were refused: such a result is not kept under the Idempotency-Key. */
  readonly invalid_parameters: boolean;
}

export interface StripeError {
  readonly type: "invalid_request_error" | "card_error" | "idempotency_error" | "api_error" | "rate_limit_error";
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly advice_code?: string;
  readonly network_decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: unknown;
}

export const ok = (body: unknown): Answer => ({ status: 200, body, invalid_parameters: false });

/** An error of an operation that had begun: its result is kept under the key. */
export const failed = (status: number, error: StripeError): Answer => ({
  status,
  body: { error: withDocs(error) },
  invalid_parameters: false,
});

/** 400 for parameters that do not validate. */
export const invalid = (message: string, rest: { readonly code?: string; readonly param?: string } = {}): Answer => ({
  status: 400,
  body: { error: withDocs({ type: "invalid_request_error", message, ...rest }) },
  invalid_parameters: true,
});

const noSuch = (status: number, { kind, id, param }: { kind: string; id: string; param: string }): Answer => ({
  ...failed(status, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${kind}: '${id}'`,
    param,
  }),
  invalid_parameters: true,
});

/** 404 for an id in the path. */
export const missing = (kind: string, id: string, param = "id"): Answer => noSuch(404, { kind, id, param });

/** 400 for an id among the parameters. */
export const unknownReference = (kind: string, id: string, param: string): Answer => noSuch(400, { kind, id, param });

const withDocs = (error: StripeError): object =>
  error.code === undefined
    ? error
    : { ...error, doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll("_", "-")}` };

export const toResponse = ({ status, body }: Pick<Answer, "status" | "body">): Response => jsonResponse(status, body);
