import { describe, expect, test } from "vitest";
import { after as later } from "../contracts/index.ts";
import { admit } from "./admit.ts";
import type { Admission, CallFacts, CallRequest, IdempotencyRecord } from "./call.ts";
import type { DeclaredContract } from "./define-tool.ts";
import { factsOf, NOON, recordOf, registered, requestOf, resolvedOf } from "./testing/calls.ts";
import type { ToolLookup } from "./tool.ts";

const HOUR_MS = 3_600_000;
const lookup: ToolLookup = async () => ({ kind: "absent" });

interface Situation {
  readonly record: Partial<IdempotencyRecord>;
  readonly afterMs: number;
  readonly tool?: Partial<DeclaredContract>;
  readonly lookup?: ToolLookup;
  readonly request?: Partial<CallRequest>;
  readonly facts?: Partial<CallFacts>;
}

function admissionOf({ record, afterMs, tool = {}, lookup: ask, request = {}, facts = {} }: Situation): Admission {
  const call = resolvedOf(registered(tool, undefined, ask));
  const stored = recordOf(call, {
    external_key: tool.external_idempotency_header === null ? null : "autobiz:key",
    ...record,
  });
  return admit(call, requestOf(request), factsOf(call, { now: later(NOON, afterMs), record: stored, ...facts }));
}

const COMPLETED = { status: "COMPLETED", result: { refund_id: "re_1" }, receipt_id: "receipt-1" } as const;
const NO_KEY = { external_idempotency_header: null };

describe("a completed call", () => {
  test("P1-T12 a duplicate gets the stored result and the earlier receipt", () => {
    expect(admissionOf({ record: COMPLETED, afterMs: 5 })).toMatchObject({
      kind: "reused",
      collision: false,
      record: { result: { refund_id: "re_1" }, receipt_id: "receipt-1" },
    });
  });

  test("P1-H08 at 23 h 59 min it is reused; at exactly 24 h it executes in a new generation", () => {
    expect(admissionOf({ record: COMPLETED, afterMs: 24 * HOUR_MS - 60_000 }).kind).toBe("reused");
    expect(admissionOf({ record: COMPLETED, afterMs: 24 * HOUR_MS })).toMatchObject({
      kind: "proceed",
      claims: [{ kind: "approval" }, { kind: "reservation", takes: "new", record: { generation: 1 } }],
    });
  });

  test("P1-T05-NEG-03 25 h later it is a new execution under another external key", () => {
    const later = admissionOf({ record: COMPLETED, afterMs: 25 * HOUR_MS });
    const first = admissionOf({ record: { status: "FAILED_NO_EFFECT" }, afterMs: 0 });

    expect(later.kind === "proceed" && later.call.intent?.generation).toBe(1);
    expect(later.kind === "proceed" && later.call.externalKey).not.toBe(
      first.kind === "proceed" && first.call.externalKey,
    );
  });

  test("P1-T05-NEG-01 another request under one key gets the original result and is reported as a collision", () => {
    expect(admissionOf({ record: { ...COMPLETED, params_sha256: "f".repeat(64) }, afterMs: 5 })).toMatchObject({
      kind: "reused",
      collision: true,
    });
  });
});

describe("a call in progress", () => {
  const other = { run_id: "run-2", step_id: "refund" };

  test("P1-T05-NEG-02 an identical call 10 ms later waits for the first", () => {
    expect(admissionOf({ record: other, afterMs: 10 }).kind).toBe("busy");
  });

  test("a reservation without a sign of life for two time-outs is taken for dead", () => {
    expect(admissionOf({ record: other, afterMs: 19_999 }).kind).toBe("busy");
    expect(admissionOf({ record: other, afterMs: 20_000 }).kind).toBe("recover");
  });

  test("the step's own open record is of an attempt that died, and is recovered at once", () => {
    expect(admissionOf({ record: {}, afterMs: 1 })).toMatchObject({ kind: "recover", how: "same_key" });
  });
});

describe("a call that failed without effect", () => {
  test("it executes again in the same generation, and its window starts anew", () => {
    expect(admissionOf({ record: { status: "FAILED_NO_EFFECT" }, afterMs: 30 * HOUR_MS })).toMatchObject({
      kind: "proceed",
      call: { intent: { generation: 0, first_seen_at: later(NOON, 30 * HOUR_MS) } },
    });
  });

  test("where a person denied the effect that a receipt stands for, it executes in the next generation", () => {
    const record = { status: "FAILED_NO_EFFECT", receipt_id: "receipt-1" } as const;

    expect(admissionOf({ record, afterMs: 5 })).toMatchObject({
      kind: "proceed",
      claims: [
        { kind: "approval" },
        { kind: "reservation", takes: "new", record: { generation: 1, receipt_id: null } },
      ],
    });
  });

  test("the approval that its first attempt consumed still covers the retry of this step, and of no other", () => {
    const consumed = (fingerprint: string) => ({
      approval_id: "approval-1",
      attempt: 1,
      status: "APPROVED" as const,
      params_fingerprint: fingerprint,
      consumed: true,
    });
    const call = resolvedOf(registered());
    const facts = { approval: consumed(call.fingerprint) };

    expect(admissionOf({ record: { status: "FAILED_NO_EFFECT" }, afterMs: 5, facts }).kind).toBe("proceed");
    expect(admissionOf({ record: { status: "FAILED_NO_EFFECT", run_id: "run-2" }, afterMs: 5, facts }).kind).toBe(
      "approval",
    );
    expect(admissionOf({ record: COMPLETED, afterMs: 25 * HOUR_MS, facts }).kind).toBe("approval");
  });
});

describe("a call whose outcome is unknown", () => {
  const UNKNOWN = { status: "UNKNOWN" } as const;

  test("the same key is sent again inside the provider's window, and only inside", () => {
    expect(admissionOf({ record: UNKNOWN, afterMs: 24 * HOUR_MS - 1 })).toMatchObject({
      kind: "recover",
      how: "same_key",
      call: { externalKey: "autobiz:key", intent: { generation: 0, external_key: "autobiz:key" } },
      claims: [{ kind: "reservation", takes: "own" }],
    });
    expect(admissionOf({ record: UNKNOWN, afterMs: 24 * HOUR_MS })).toMatchObject({ kind: "recover", how: "person" });
  });

  test("the receipt that says so is the one that its recovery is recorded with", () => {
    expect(admissionOf({ record: { ...UNKNOWN, receipt_id: "receipt-1" }, afterMs: 5 })).toMatchObject({
      how: "same_key",
      call: { intent: { receipt_id: "receipt-1" } },
    });
  });

  test("after the window, or without a key, the provider is asked", () => {
    expect(admissionOf({ record: UNKNOWN, afterMs: 25 * HOUR_MS, lookup })).toMatchObject({ how: "lookup" });
    expect(admissionOf({ record: UNKNOWN, afterMs: 5, tool: NO_KEY, lookup })).toMatchObject({ how: "lookup" });
  });

  test("a look-up waits until the dead attempt's request must be visible", () => {
    const heartbeat_at = later(NOON, 1_000);

    expect(
      admissionOf({
        record: { ...UNKNOWN, heartbeat_at },
        afterMs: 5_000,
        tool: { ...NO_KEY, settle_ms: 30_000 },
        lookup,
      }),
    ).toMatchObject({
      notBefore: later(NOON, 31_000),
    });
  });

  test("without key and look-up a person decides, unless doing it twice is harmless", () => {
    expect(admissionOf({ record: UNKNOWN, afterMs: 5, tool: NO_KEY })).toMatchObject({ how: "person", claims: [] });
    expect(admissionOf({ record: UNKNOWN, afterMs: 5, tool: { ...NO_KEY, duplicates_harmless: true } })).toMatchObject({
      kind: "proceed",
      claims: [{ kind: "approval" }, { kind: "reservation", takes: "own" }],
    });
  });

  test("it never ages out: a year later it is still open", () => {
    expect(admissionOf({ record: UNKNOWN, afterMs: 365 * 24 * HOUR_MS, lookup })).toMatchObject({
      kind: "recover",
      record: { generation: 0 },
    });
  });

  test("other parameters under its key are never sent: a person decides", () => {
    expect(admissionOf({ record: { ...UNKNOWN, params_sha256: "f".repeat(64) }, afterMs: 5, lookup })).toMatchObject({
      how: "person",
    });
  });
});
