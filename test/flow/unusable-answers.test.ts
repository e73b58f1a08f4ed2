import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ToolOutcome } from "../../src/guard/index.ts";
import { call, flow } from "./pack.ts";
import { applied, type Behaviour } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

const HALF = "\ud83d";
const NUL = "\u0000";

/** What no type of ours allows, as a handler of plain JavaScript or a provider's text may give it. */
const untyped = (outcome: unknown): ToolOutcome => outcome as ToolOutcome;
const proof = { provider: "bank", transactionId: "t1", requestId: null };

const ANSWERS: readonly (readonly [string, string, Behaviour])[] = [
  ["nothing", "TOOL_ERROR", () => untyped(undefined)],
  ["no object", "TOOL_ERROR", () => untyped("done")],
  ["an outcome of another kind", "TOOL_ERROR", () => untyped({ kind: "found", result: { output: {} } })],
  ["no result", "TOOL_ERROR", () => untyped({ kind: "applied" })],
  ["a code that cannot be kept", "TOOL_ERROR", () => ({ kind: "rejected", code: `NO${NUL}`, message: "no" })],
  ["text with U+0000", "OUTPUT_SCHEMA_INVALID", () => applied({ text: `a${NUL}` })],
  ["half a character", "OUTPUT_SCHEMA_INVALID", () => applied({ text: HALF })],
  [
    "a proof that cannot be kept",
    "OUTPUT_SCHEMA_INVALID",
    () => applied({}, { proof: { ...proof, transactionId: NUL } }),
  ],
  [
    "an amount that is no money",
    "OUTPUT_SCHEMA_INVALID",
    () => applied({}, { proof: { ...proof, amount: { minor: 2n ** 63n, currency: "USD" } } }),
  ],
  [
    "an amount of no currency",
    "OUTPUT_SCHEMA_INVALID",
    () => applied({}, { proof: { ...proof, amount: { minor: 1n, currency: "usd" } } }),
  ],
  [
    "an amount that is nothing",
    "OUTPUT_SCHEMA_INVALID",
    () => untyped({ kind: "applied", result: { output: {}, proof: { ...proof, amount: null } } }),
  ],
  [
    "an entity that cannot be named",
    "OUTPUT_SCHEMA_INVALID",
    (_input, { tenantId }) =>
      applied({}, { entities: [{ entityType: "order", entityId: `${tenantId}_ord_${NUL}`, set: {} }] }),
  ],
  [
    "an entity's member that cannot be kept",
    "OUTPUT_SCHEMA_INVALID",
    (_input, { tenantId }) =>
      applied({}, { entities: [{ entityType: "order", entityId: `${tenantId}_ord_1`, set: { note: HALF } }] }),
  ],
  [
    "that it spent less than nothing",
    "TOOL_ERROR",
    (_input, { usage }) => {
      usage({ model: null, tokens: -1_000, costMicros: 0 });
      return applied();
    },
  ],
];

describe("a handler that answers", () => {
  test.each(ANSWERS)("%s ends a run that only reads, with a code", async (_what, code, behaviour) => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
    tenant.answers("look", behaviour);

    expect(await tenant.runs("W")).toMatchObject({ status: "FAILED_UNEXPECTED", code });
    expect(tenant.calls("look")).toHaveLength(1);
  });

  test.each(ANSWERS)(
    "%s after a write leaves a receipt in doubt, and a person is asked",
    async (_what, _code, behaviour) => {
      const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });
      tenant.answers("reserve", behaviour);

      const run = await tenant.rests(await tenant.start("W"), "SUSPENDED_WAIT");

      expect(await tenant.receipts(run.run_id)).toMatchObject([{ status: "unknown" }]);
      expect(tenant.calls("reserve")).toHaveLength(1);
    },
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
  "a handler that asks to wait for %d ms is not waited for, and its outcome stands",
  async (retryAfterMs) => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });
    tenant.answers("reserve", () => ({ kind: "not_applied", code: "BUSY", message: "later", retryAfterMs }));

    const run = await tenant.runs("W");

    expect(run).toMatchObject({ status: "FAILED_UNEXPECTED", code: "BUSY" });
    const { payload } = await tenant.event(run.run_id, "step.failed");
    expect(payload).toMatchObject({ retry_after_ms: null });
  },
);

test("a proof without a request id is a proof all the same", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });
  const { requestId: _none, ...bare } = proof;
  tenant.answers("reserve", () => untyped({ kind: "applied", result: { output: {}, proof: bare } }));

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ status: "SUCCEEDED" });
  expect(await tenant.receipts(run.run_id)).toMatchObject([
    { external_transaction_id: "t1", provider_request_id: null },
  ]);
});

test("what a provider's error text holds that no document can is replaced, and its code stands", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });
  tenant.answers("reserve", () => ({ kind: "rejected", code: "SOLD_OUT", message: `no ${NUL} ${HALF} left` }));

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ status: "FAILED_UNEXPECTED", code: "SOLD_OUT" });
  const { payload } = await tenant.event(run.run_id, "step.failed");
  expect(payload).toMatchObject({ message: "no \ufffd \ufffd left" });
});

test("so is what a handler throws", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
  tenant.answers("look", () => {
    throw new Error(`broken${NUL}`);
  });

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ status: "FAILED_UNEXPECTED", code: "TOOL_ERROR" });
  const { payload } = await tenant.event(run.run_id, "step.failed");
  expect(payload).toMatchObject({ message: "broken\ufffd" });
});
