import { type Instant, instant, type JsonObject, ManualClock, sha256Hex } from "../../../contracts/index.ts";
import type { CallContext, Credential, ToolOutcome } from "../../../guard/index.ts";

/** Made-up calls for the tests of this pack. */
export const TENANT = "shop_abc";
export const ORDER_ID = "shop_abc_ord_820982911946154508";
export const ORDER_GID = "gid://shopify/Order/820982911946154508";
export const NOON: Instant = instant(Date.UTC(2026, 0, 30, 12));

/** Thirty-two hex digits, as the kernel derives a key. */
export const KEY: string = sha256Hex("a logical call").slice(0, 32);

export interface Answers {
  readonly fetch: typeof fetch;
  /** Service to origin; `http://127.0.0.1:1` where not given. */
  readonly origins?: { readonly [service: string]: string };
  readonly secrets?: { readonly [service: string]: string };
  readonly settings?: { readonly [service: string]: { readonly [name: string]: string } };
  readonly entities?: { readonly [entityId: string]: JsonObject };
  readonly invoke?: CallContext["invoke"];
  readonly open?: CallContext["open"];
  readonly tenantId?: string;
  readonly externalKey?: string;
  readonly runStartedAt?: Instant;
}

const SECRETS: { readonly [service: string]: string } = {
  stripe: "sk_test_x",
  shopify: "shpat_test",
  printful: "pf_sim_test",
  sendgrid: "SG.test",
};

const SETTINGS: { readonly [service: string]: { readonly [name: string]: string } } = {
  printful: { variants: "TEE-M=4012, TEE-L=4013" },
};

/** A call's context in which only what the test gives is real. */
export function callContext(answers: Answers): CallContext {
  const credential = (service: string): Credential => ({
    service,
    origin: answers.origins?.[service] ?? "http://127.0.0.1:1",
    secret: answers.secrets?.[service] ?? SECRETS[service] ?? "test",
    settings: answers.settings?.[service] ?? SETTINGS[service] ?? {},
  });
  return {
    tenantId: answers.tenantId ?? TENANT,
    runId: "run-1",
    stepId: "step",
    correlationId: "correlation-1",
    attempt: 1,
    internalKey: `${TENANT}:tool:1.0.0:agent-7:f`,
    externalKey: answers.externalKey ?? KEY,
    signal: new AbortController().signal,
    clock: new ManualClock(NOON),
    runStartedAt: answers.runStartedAt ?? NOON,
    fetch: answers.fetch,
    credential,
    usage: () => {},
    invoke:
      answers.invoke ?? (async (): Promise<ToolOutcome> => ({ kind: "rejected", code: "TOOL_NOT_FOUND", message: "" })),
    entity: async (_, entityId) => {
      const state = answers.entities?.[entityId];
      return state === undefined ? null : { version: 1, state };
    },
    open: answers.open ?? (async (value) => value),
  };
}
