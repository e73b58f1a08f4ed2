import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instant, isJson } from "../contracts/index.ts";
import {
  countsAsDone,
  isLegalNext,
  type Receipt,
  type ReceiptEvent,
  type ReceiptSource,
  type ReceiptStatus,
  receiptJson,
  receiptStatus,
  statusAt,
  transitionRefusal,
} from "./receipt.ts";

const STATUSES = ["claimed", "confirmed", "contradicted", "unknown"] as const;
const SOURCES = ["response", "lookup", "webhook", "reconciliation", "person"] as const;

const said = (status: ReceiptStatus, source: ReceiptSource = "webhook"): ReceiptEvent => ({
  status,
  source,
  at: "2026-01-30T12:00:00.000Z",
  evidence: null,
});

const fold = (...statuses: readonly ReceiptStatus[]) => receiptStatus(statuses.map((status) => said(status)));

const anyEvent = fc.record({
  status: fc.constantFrom(...STATUSES),
  source: fc.constantFrom(...SOURCES),
  at: fc.constant("2026-01-30T12:00:00.000Z"),
  evidence: fc.constant(null),
});

describe("the status of a receipt", () => {
  it("follows the evidence", () => {
    expect(fold()).toBe("none");
    expect(fold("claimed")).toBe("claimed");
    expect(fold("claimed", "confirmed")).toBe("confirmed");
    expect(fold("claimed", "contradicted")).toBe("contradicted");
    expect(fold("unknown", "claimed", "confirmed")).toBe("confirmed");
    expect(fold("claimed", "unknown", "contradicted")).toBe("contradicted");
    expect(fold("confirmed", "contradicted")).toBe("contradicted");
  });

  it("C1 a late claim or doubt does not weaken what is known", () => {
    expect(fold("confirmed", "claimed", "unknown")).toBe("confirmed");
    expect(fold("claimed", "contradicted", "claimed", "unknown", "confirmed")).toBe("contradicted");
  });

  it("C2 only a person confirms after a contradiction", () => {
    const contradicted = [said("claimed"), said("contradicted")];

    expect(receiptStatus([...contradicted, said("confirmed", "reconciliation")])).toBe("contradicted");
    expect(receiptStatus([...contradicted, said("confirmed", "person")])).toBe("confirmed");
  });

  it("a receipt cannot begin contradicted: without an effect there is no receipt", () => {
    expect(isLegalNext("none", said("contradicted"))).toBe(false);
  });

  it("an illegal event is refused with its code", () => {
    expect(transitionRefusal("confirmed", said("unknown", "lookup"))).toEqual({
      code: "RECEIPT_TRANSITION_ILLEGAL",
      message: "a receipt that is confirmed cannot become unknown by lookup",
    });
    expect(transitionRefusal("claimed", said("confirmed"))).toBeUndefined();
  });

  it("C3 any history folds; a known outcome never becomes a claim or a doubt again", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), anyEvent, (events, next) => {
        const before = receiptStatus(events);
        const after = receiptStatus([...events, next]);

        expect(after).toBe(isLegalNext(before, next) ? next.status : before);
        if (before === "confirmed" || before === "contradicted") expect(["confirmed", "contradicted"]).toContain(after);
      }),
    );
  });

  it("stating the same again changes nothing", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        expect(receiptStatus(events.flatMap((event) => [event, event]))).toBe(receiptStatus(events));
      }),
    );
  });
});

describe("what gates count", () => {
  const deadline = instant(1_000);

  it("a claim counts until its confirmation deadline, then it is unknown", () => {
    expect(countsAsDone("claimed", deadline, instant(999))).toBe(true);
    expect(countsAsDone("claimed", deadline, instant(1_000))).toBe(false);
    expect(statusAt("claimed", deadline, instant(1_000))).toBe("unknown");
    expect(countsAsDone("claimed", null, instant(1_000))).toBe(true);
  });

  it("confirmed always counts; contradicted and unknown never do", () => {
    expect(countsAsDone("confirmed", deadline, instant(5_000))).toBe(true);
    expect(countsAsDone("contradicted", deadline, instant(0))).toBe(false);
    expect(countsAsDone("unknown", null, instant(0))).toBe(false);
  });
});

describe("a receipt on the wire", () => {
  const receipt: Receipt = {
    receipt_id: "receipt-1",
    tenant_id: "shop_abc",
    tool_name: "executeRefund",
    tool_version: "1.0.0",
    internal_idempotency_key: "shop_abc:executeRefund:1.0.0:agent-7:b791aae110a6e5d5e197fe250a2faed7",
    generation: 0,
    execution_id: "run-1",
    correlation_id: "corr-1",
    external_idempotency_key: null,
    external_provider: "stripe",
    external_transaction_id: "re_1",
    provider_request_id: "req_1",
    amount_cents: 4_500n,
    currency: "USD",
    result_json: { status: "succeeded" },
    result_sha256: "0".repeat(64),
    created_at: "2026-01-30T12:00:00.000Z",
    completed_at: null,
    first_seen_at: "2026-01-30T12:00:00.000Z",
    ttl_expires_at: "2026-01-31T13:00:00.000Z",
    confirm_by: null,
  };

  it("is plain JSON with its status and an integer amount", () => {
    const json = receiptJson(receipt, "claimed");

    expect(isJson(json)).toBe(true);
    expect(json).toMatchObject({ receipt_id: "receipt-1", status: "claimed", amount_cents: 4_500, currency: "USD" });
  });

  it("an amount without a currency, or beyond what JSON carries exactly, is a bug", () => {
    expect(() => receiptJson({ ...receipt, currency: null }, "claimed")).toThrow("an amount has a currency");
    expect(() => receiptJson({ ...receipt, amount_cents: 2n ** 60n }, "claimed")).toThrow("safe integer");
  });
});
