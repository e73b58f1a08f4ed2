import { describe, expect, test } from "vitest";
import { assert, instant, Stop } from "../contracts/index.ts";
import { admit } from "./admit.ts";
import type { AdmittedCall, CallFacts } from "./call.ts";
import type { DeclaredContract } from "./define-tool.ts";
import { ConnectionFailed, EgressRefused } from "./egress.ts";
import { lookUp, type PerformPorts, perform } from "./perform.ts";
import { type SettleContext, settle, settleReused, unknownReceipt } from "./settle.ts";
import { factsOf, NOON, PROOF, recordOf, refunded, registered, requestOf, resolvedOf } from "./testing/calls.ts";
import { handClock } from "./testing/hand-clock.ts";
import type { CallContext, ToolHandler, ToolLookup, ToolOutcome } from "./tool.ts";

function admittedWith(
  handler: ToolHandler,
  changes: Partial<DeclaredContract> = {},
  more: { readonly lookup?: ToolLookup; readonly facts?: Partial<CallFacts> } = {},
): AdmittedCall {
  const call = resolvedOf(registered(changes, handler, more.lookup));
  const admission = admit(call, requestOf(), factsOf(call, more.facts));
  assert(admission.kind === "proceed", `the call proceeds, not ${admission.kind}`);
  return admission.call;
}

const denied = () => Promise.reject(new Error("not used"));

function portsOf(changes: Partial<PerformPorts> = {}): PerformPorts {
  return {
    clock: handClock().clock,
    cancelled: new Stop(),
    egress: {
      mode: "sandbox",
      sandboxOrigins: ["http://127.0.0.1:4010"],
      fetch: async () => new Response("{}"),
      resolve: async () => ["127.0.0.1"],
    },
    salt: new Uint8Array(16),
    context: {
      credential: () => ({ service: "stripe", origin: "http://127.0.0.1:4010", secret: "sk_test_abc", settings: {} }),
      invoke: async () => refunded(),
      entity: denied,
      open: denied,
    },
    ...changes,
  };
}

const run = (handler: ToolHandler, changes: Partial<DeclaredContract> = {}, ports = portsOf()) =>
  perform(admittedWith(handler, changes), requestOf(), ports);

const READ = { side_effect_level: "READ" } as const;

describe("what a handler answers", () => {
  test("P1-T01 P1-T11 a valid result succeeds, with its proof and its cost", async () => {
    const performed = await run(async (_, { usage }) => {
      usage({ model: "m", tokens: 12, costMicros: 340 });
      return refunded();
    });

    expect(performed).toMatchObject({
      kind: "succeeded",
      output: { refund_id: "re_1" },
      proof: { transactionId: "re_1" },
      usage: [{ tokens: 12, costMicros: 340 }],
      breaker: "success",
    });
  });

  test.each<[ToolOutcome, object]>([
    [
      { kind: "rejected", code: "PAYMENT_DECLINED", message: "declined" },
      { code: "PAYMENT_DECLINED", effect: "none", breaker: "success" },
    ],
    [
      { kind: "not_applied", code: "RATE", message: "later", retryAfterMs: 500 },
      { effect: "none", retryAfterMs: 500, breaker: "failure" },
    ],
    [
      { kind: "unknown", code: "LOST", message: "no answer" },
      { effect: "unknown", breaker: "failure" },
    ],
  ])("%j is told as it is", async (outcome, expected) => {
    expect(await run(async () => outcome)).toMatchObject({ kind: "failed", ...expected });
  });

  test("a READ call that failed has no effect, whatever its handler says", async () => {
    expect(await run(async () => ({ kind: "unknown", code: "LOST", message: "" }), READ)).toMatchObject({
      effect: "none",
    });
  });

  test("a result that breaks the output schema is not used, and its effect stays open, with the proof", async () => {
    const result = { output: { refund: 1 }, proof: { provider: "stripe", transactionId: "re_1", requestId: null } };

    expect(await run(async () => ({ kind: "applied", result }))).toMatchObject({
      kind: "failed",
      code: "OUTPUT_SCHEMA_INVALID",
      effect: "unknown",
      proof: { transactionId: "re_1" },
    });
  });

  test("P1-T13 a FINANCIAL effect whose amount nobody named stays open, with what its proof says", async () => {
    const { amount: _, ...proof } = PROOF;
    const result = { output: { refund_id: "re_1" }, proof };

    expect(await run(async () => ({ kind: "applied", result }))).toMatchObject({
      kind: "failed",
      code: "OUTPUT_SCHEMA_INVALID",
      message: "the proof of a FINANCIAL tool names no amount",
      effect: "unknown",
      proof,
    });
    expect(await run(async () => ({ kind: "applied", result }), { side_effect_level: "HARD_WRITE" })).toMatchObject({
      kind: "succeeded",
    });
  });

  test("an output above the scope's cap is refused", async () => {
    const call = resolvedOf(registered({}, async () => refunded({ refund_id: "r".repeat(500) })));
    const facts = factsOf(call);
    assert(facts.scope !== undefined, "the call has a scope");
    const admission = admit(call, requestOf(), { ...facts, scope: { ...facts.scope, data_cap_bytes: 400 } });
    assert(admission.kind === "proceed", "the call proceeds");

    expect(await perform(admission.call, requestOf(), portsOf())).toMatchObject({
      code: "DATA_CAP_EXCEEDED",
      effect: "unknown",
    });
  });
});

describe("what a handler throws", () => {
  test("an error of a writing tool leaves its effect unknown, of a READ tool none", async () => {
    const broken: ToolHandler = async () => {
      throw new Error("cannot read order");
    };

    expect(await run(broken)).toMatchObject({ code: "TOOL_ERROR", effect: "unknown", breaker: "ignored" });
    expect(await run(broken, READ)).toMatchObject({ code: "TOOL_ERROR", effect: "none" });
  });

  test("an error thrown before the first promise counts the same", async () => {
    const broken: ToolHandler = () => {
      throw new Error("at once");
    };

    expect(await run(broken)).toMatchObject({ code: "TOOL_ERROR", effect: "unknown" });
  });

  test("P1-T02-NEG-03 a refused request provably did nothing; after an earlier request that is not sure", async () => {
    const reachesOut: ToolHandler = async (_, { fetch }) => {
      await fetch("https://evil.com/");
      return refunded();
    };
    const reachesTwice: ToolHandler = async (input, context) => {
      await context.fetch("http://127.0.0.1:4010/");
      return reachesOut(input, context);
    };

    expect(await run(reachesOut)).toMatchObject({ code: "NETWORK_DENIED", effect: "none", breaker: "ignored" });
    expect(await run(reachesTwice)).toMatchObject({ code: "NETWORK_DENIED", effect: "unknown" });
  });

  test("a refused connection did nothing and counts for the breaker", async () => {
    const egress = {
      ...portsOf().egress,
      fetch: () => Promise.reject(Object.assign(new Error(), { code: "ECONNREFUSED" })),
    };
    const reachesOut: ToolHandler = async (_, { fetch }) => {
      await fetch("http://127.0.0.1:4010/");
      return refunded();
    };

    expect(await run(reachesOut, {}, portsOf({ egress }))).toMatchObject({ effect: "none", breaker: "failure" });
  });

  test("error messages are redacted", async () => {
    const secret = ["sk_te", "st_ABCDEFGH1234"].join("");
    const performed = await run(async () => {
      throw new Error(`no such key ${secret}`);
    });

    expect(performed).toMatchObject({ message: "[REDACTED:SECRET]" });
  });

  test("the two errors of the egress are told apart by their class", () => {
    expect(new EgressRefused({ code: "NETWORK_DENIED", message: "no" })).not.toBeInstanceOf(ConnectionFailed);
  });
});

describe("time", () => {
  const never = () => new Promise<never>(() => undefined);

  test("P1-T06 a handler that ignores its signal is abandoned one second after its time-out, and no timer stays", async () => {
    const { clock, advance, waiting } = handClock();
    let signal: AbortSignal | undefined;
    const performing = run(
      (_, context) => {
        signal = context.signal;
        return never();
      },
      { timeout_seconds: 2 },
      portsOf({ clock }),
    );

    await advance(1_999);
    expect(signal?.aborted).toBe(false);
    await advance(1);
    expect(signal?.aborted).toBe(true);
    await advance(1_000);

    expect(await performing).toMatchObject({ code: "TOOL_TIMEOUT", effect: "unknown", breaker: "failure" });
    expect(waiting.size).toBe(0);
  });

  test("a context that a handler spread has its signal", async () => {
    const seen: boolean[] = [];
    await run(async (_, context) => {
      const { signal } = { ...context };
      seen.push(signal.aborted, signal === context.signal);
      return refunded();
    });
    expect(seen).toEqual([false, true]);
  });

  test("what a handler answers inside the grace counts; what it throws there is the time-out", async () => {
    const onAbort = (context: CallContext, then: () => void) => context.signal.addEventListener("abort", then);
    const answers = handClock();
    const throws = handClock();
    const answering = run(
      (_, context) => new Promise((resolve) => onAbort(context, () => resolve(refunded()))),
      {},
      portsOf({ clock: answers.clock }),
    );
    const throwing = run(
      (_, context) => new Promise((_resolve, reject) => onAbort(context, () => reject(new Error("aborted")))),
      {},
      portsOf({ clock: throws.clock }),
    );

    await answers.advance(10_000);
    await throws.advance(10_000);

    expect((await answering).kind).toBe("succeeded");
    await throws.advance(1_000);
    expect(await throwing).toMatchObject({ code: "TOOL_TIMEOUT" });
  });

  test("an abandoned handler cannot call another tool any more", async () => {
    const { clock, advance } = handClock();
    let late: Promise<unknown> | undefined;
    const invoked: string[] = [];
    const ports = portsOf({ clock });
    const performing = run(
      async (_, context) => {
        context.signal.addEventListener("abort", () => {
          late = context.invoke("other", {}).catch(() => "refused");
        });
        return never();
      },
      {},
      {
        ...ports,
        context: {
          ...ports.context,
          invoke: async (tool) => {
            invoked.push(tool);
            return refunded();
          },
        },
      },
    );

    await advance(10_000);
    await advance(1_000);
    await performing;

    expect(await late).toBe("refused");
    expect(invoked).toEqual([]);
  });

  test("a cancelled run stops its call; for a write the effect is unknown", async () => {
    const { clock, advance } = handClock();
    const cancelled = new Stop();
    const performing = run(never, {}, portsOf({ clock, cancelled }));

    cancelled.stop();
    await advance(0);
    await advance(1_000);

    expect(await performing).toMatchObject({ code: "RUN_CANCELLED", effect: "unknown", breaker: "ignored" });
  });
});

describe("look-up", () => {
  const look = (lookup: ToolLookup) =>
    lookUp(
      admittedWith(async () => refunded(), {}, { lookup }),
      requestOf(),
      portsOf(),
    );

  test("what is found succeeds like a fresh result; what is absent is so", async () => {
    expect(
      await look(async () => ({ kind: "found", result: { output: { refund_id: "re_9" }, proof: PROOF } })),
    ).toMatchObject({
      kind: "succeeded",
      output: { refund_id: "re_9" },
    });
    expect(await look(async () => ({ kind: "absent" }))).toMatchObject({ kind: "absent" });
  });

  test("an unclear answer, or a broken look-up, leaves the effect unknown", async () => {
    expect(await look(async () => ({ kind: "unclear", message: "paging" }))).toMatchObject({ effect: "unknown" });
    expect(
      await look(() => Promise.reject(new EgressRefused({ code: "NETWORK_DENIED", message: "no" }))),
    ).toMatchObject({
      effect: "unknown",
    });
  });
});

describe("what is left behind", () => {
  const context: SettleContext = {
    request: requestOf(),
    startedAt: NOON,
    now: instant(NOON + 250),
    receiptId: "receipt-1",
    salt: new Uint8Array(16),
  };
  const refunds: ToolHandler = async () => refunded();

  test("P1-T11 P1-T13 an effect leaves a completed record and a receipt with every key, proof and digest", async () => {
    const call = admittedWith(refunds);

    const settled = settle(call, await perform(call, requestOf(), portsOf()), context);

    expect(settled.record).toMatchObject({
      status: "COMPLETED",
      result: { refund_id: "re_1" },
      receipt_id: "receipt-1",
    });
    expect(settled.receipt).toMatchObject({
      internal_key: call.internalKey,
      external_key: call.externalKey,
      external_transaction_id: "re_1",
      provider_request_id: "req_1",
      amount_minor: 4500n,
      currency: "USD",
      result: '{"refund_id":"re_1"}',
      result_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      correlation_id: "correlation-1",
      status: "claimed",
    });
    expect(settled.trace).toMatchObject({
      tool: "executeRefund",
      input: { order_id: "shop_abc_ord_1" },
      authority: {
        passed: expect.stringMatching(/^parse contract input_schema tenant permission bounds /),
        rules: { permission: "the scope grants `executeRefund`" },
      },
      latency_ms: 250,
      cost_micros: 0,
      receipt_id: "receipt-1",
    });
  });

  test("a READ call leaves its trace and nothing else", async () => {
    const call = admittedWith(refunds, READ);

    const settled = settle(call, await perform(call, requestOf(), portsOf()), context);

    expect(settled).toMatchObject({ record: null, receipt: null, output: { refund_id: "re_1" } });
  });

  test("P1-T12 a duplicate is traced with the prior receipt and writes nothing", () => {
    const call = admittedWith(refunds);
    const record = recordOf(resolvedOf(registered()), {
      status: "COMPLETED",
      result: { refund_id: "re_1" },
      receipt_id: "receipt-0",
    });

    expect(settleReused(call, record, context)).toMatchObject({
      output: { refund_id: "re_1" },
      record: null,
      receipt: null,
      trace: { outcome: "reused", code: "IDEMPOTENT_REPLAY", receipt_id: "receipt-0" },
    });
    expect(settleReused(call, { ...record, params_sha256: "f".repeat(64) }, context).trace).toMatchObject({
      code: "IDEMPOTENCY_COLLISION",
    });
  });

  test("a failure without effect gives its reservation back", async () => {
    const call = admittedWith(async () => ({ kind: "rejected", code: "PAYMENT_DECLINED", message: "declined" }));

    const settled = settle(call, await perform(call, requestOf(), portsOf()), context);

    expect(settled).toMatchObject({
      record: { status: "FAILED_NO_EFFECT", result: null },
      receipt: null,
      output: null,
      trace: { outcome: "failed", code: "PAYMENT_DECLINED", effect: "none" },
    });
  });

  test("an unknown effect that nobody can look up leaves an unknown receipt; one that can be found out, only its record", async () => {
    const lost: ToolHandler = async () => ({ kind: "unknown", code: "LOST", message: "no answer" });
    const blind = admittedWith(lost, { external_idempotency_header: null });
    const keyed = admittedWith(lost);

    const settledBlind = settle(blind, await perform(blind, requestOf(), portsOf()), context);
    const settledKeyed = settle(keyed, await perform(keyed, requestOf(), portsOf()), context);

    expect(settledBlind).toMatchObject({
      record: { status: "UNKNOWN", heartbeat_at: context.now, receipt_id: "receipt-1" },
      receipt: { status: "unknown", result: "null" },
    });
    expect(settledKeyed).toMatchObject({ record: { status: "UNKNOWN", receipt_id: null }, receipt: null });
    assert(keyed.intent !== null, "a write has an intent");
    expect(unknownReceipt(keyed.intent, keyed, context)).toMatchObject({
      status: "unknown",
      external_key: keyed.externalKey,
    });
  });
});

describe("what may be stored of an output", () => {
  const SECRET = ["sk_te", "st_ABCDEFGH1234"].join("");
  const storedOf = async (output: { refund_id: string; note?: string }, changes: Partial<DeclaredContract> = {}) => {
    const performed = await run(async () => refunded(output), changes);
    assert(performed.kind === "succeeded", "the call succeeds");
    return performed.stored;
  };

  test("P1-T35 P1-T-RK08a an e-mail address is masked in state and trace", async () => {
    const stored = await storedOf({ refund_id: "re_1", note: "jane.doe@shop.example.com" });

    expect([stored.state, stored.trace]).toEqual([
      { refund_id: "re_1", note: "j***@***.com" },
      { refund_id: "re_1", note: "j***@***.com" },
    ]);
    expect(stored.findings).toMatchObject([{ kind: "EMAIL", field_path: "$.note" }]);
  });

  test("P1-T-RK08b a secret leaves a stub in the trace and a mask in state; the step goes on", async () => {
    const stored = await storedOf({ refund_id: "re_1", note: SECRET });

    expect(stored.state).toEqual({ refund_id: "re_1", note: "[REDACTED:string]" });
    expect(stored.trace).toMatchObject({ stub: { reason: "SECRET", field_path: "$.note" } });
    expect(JSON.stringify(stored)).not.toContain(SECRET);
  });

  test("a trace's allow-list narrows the trace, not the state", async () => {
    const stored = await storedOf({ refund_id: "re_1", note: "gift" }, { trace_allowlist_output: ["$.refund_id"] });

    expect(stored).toMatchObject({ state: { refund_id: "re_1", note: "gift" }, trace: { refund_id: "re_1" } });
    expect(stored.trace).not.toHaveProperty("note");
  });

  test("a sensitive field is masked in both", async () => {
    const stored = await storedOf({ refund_id: "re_1", note: "gift" }, { sensitive_output_fields: ["$.note"] });

    expect([stored.state, stored.trace]).toEqual(Array(2).fill({ refund_id: "re_1", note: "[REDACTED:string]" }));
  });

  test("entities are scanned too, and the ids of providers stay", async () => {
    const set = { payment_id: "pi_3NvQ2eLkdIwHu7ixAbCdEfGh", email: "jane@shop.example.com", key: SECRET };
    const performed = await run(async () => ({
      kind: "applied",
      result: {
        output: { refund_id: "re_1" },
        proof: PROOF,
        entities: [{ entityType: "payment", entityId: "shop_abc_pay_1", set }],
      },
    }));

    expect(performed).toMatchObject({
      entities: [{ set: { payment_id: set.payment_id, email: "j***@***.com", key: "[REDACTED:string]" } }],
    });
  });
});
