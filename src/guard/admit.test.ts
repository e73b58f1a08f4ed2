import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { after as later } from "../contracts/index.ts";
import { admit } from "./admit.ts";
import { type CallFacts, type CallRequest, STAGES, type Stage } from "./call.ts";
import { resolveCall } from "./resolve.ts";
import { factsOf, NOON, recordOf, registered, requestOf, resolvedOf } from "./testing/calls.ts";

const refund = resolvedOf(registered());
const codeOf = (facts: Partial<CallFacts>, request: CallRequest = requestOf()) => {
  const admission = admit(refund, request, factsOf(refund, facts));
  return admission.kind === "refused" ? admission.refusal.code : admission.kind;
};

describe("a call that every guard lets through", () => {
  test("P1-T03 it proceeds with its claims and the rule of each stage it passed", () => {
    const admission = admit(refund, requestOf(), factsOf(refund));

    expect(admission).toMatchObject({
      kind: "proceed",
      claims: [
        { kind: "approval", approvalId: "approval-1" },
        { kind: "reservation", takes: "new", record: { generation: 0, status: "IN_PROGRESS", epoch: 3 } },
      ],
    });
    expect(
      admission.kind === "proceed" && admission.call.stages.map(({ stage, verdict }) => `${stage} ${verdict}`),
    ).toEqual([
      "parse passed",
      "contract passed",
      "input_schema passed",
      "tenant passed",
      "permission passed",
      "bounds passed",
      "rate_limit skipped",
      "idempotency passed",
      "approval passed",
      "reservation passed",
      "breaker passed",
    ]);
  });

  test("P1-T11 the intent holds the internal and the external key", () => {
    const admission = admit(refund, requestOf(), factsOf(refund));

    expect(admission.kind === "proceed" && admission.call.intent).toMatchObject({
      internal_key: refund.internalKey,
      external_key: expect.stringMatching(/^autobiz:[0-9a-f]{32}$/),
      first_seen_at: NOON,
    });
  });

  test("a READ call claims nothing and reserves nothing", () => {
    const read = resolvedOf(registered({ side_effect_level: "READ", dependency: null }));

    const admission = admit(read, requestOf(), factsOf(read, { rule: undefined, approval: null }));

    expect(admission).toMatchObject({ kind: "proceed", claims: [], call: { intent: null, externalKey: null } });
  });
});

describe("order and failure of guards", () => {
  const REFUSING: readonly (readonly [stage: Stage, facts: Partial<CallFacts>])[] = [
    ["permission", { revoked: true }],
    ["bounds", { counters: { steps: 1, tool_calls: 100, tool_calls_per_type: {}, tokens: 0, active_ms: 0 } }],
    [
      "approval",
      {
        approval: {
          approval_id: "a",
          attempt: 1,
          status: "DENIED",
          params_fingerprint: refund.fingerprint,
          consumed: false,
        },
      },
    ],
    [
      "breaker",
      {
        breaker: {
          breaker_id: "stripe",
          state: "OPEN",
          failure_times: [],
          success_count: 0,
          probe_count: 0,
          opened_at: NOON,
          expires_at: later(NOON, 300_000),
          revision: 7,
        },
      },
    ],
  ];

  test("the first refusing stage by the table's order wins, and no later stage is asked", () => {
    fc.assert(
      fc.property(fc.subarray([...REFUSING], { minLength: 1 }), (chosen) => {
        const facts = Object.assign({}, ...chosen.map(([, change]) => change));
        const first = chosen[0]?.[0] ?? "trace";

        const admission = admit(refund, requestOf(), factsOf(refund, facts));

        expect(admission).toMatchObject({ kind: "refused", stage: first });
        expect(admission.kind === "refused" && admission.stages.map(({ stage }) => stage)).toEqual(
          STAGES.slice(0, STAGES.indexOf(first) + 1),
        );
      }),
    );
  });

  test("taking away any grant never lets a refused call through", () => {
    const GRANTS: readonly Partial<CallFacts>[] = [
      { scope: undefined },
      { rule: undefined },
      { approval: null },
      { dependencyOrigin: null },
      { sandboxOrigins: [] },
      { workerTier: "STANDARD" },
    ];
    fc.assert(
      fc.property(fc.subarray([...REFUSING]), fc.subarray([...GRANTS], { minLength: 1 }), (chosen, removed) => {
        const facts = Object.assign({}, ...chosen.map(([, change]) => change), ...removed);

        expect(admit(refund, requestOf(), factsOf(refund, facts)).kind).not.toBe("proceed");
      }),
    );
  });

  test.each(["scope", "bounds", "counters", "rateHits", "approval", "hold", "record", "breaker"] as const)(
    "a guard that cannot read `%s` refuses the call; it never passes it",
    (fact) => {
      const broken: CallFacts = factsOf(resolvedLimited);
      Object.defineProperty(broken, fact, {
        get() {
          throw new Error("the fact is unreadable");
        },
      });

      const admission = admit(resolvedLimited, requestOf(), broken);

      expect(admission).toMatchObject({ kind: "refused", refusal: { code: "GUARD_FAILED" } });
    },
  );
  const resolvedLimited = resolvedOf(registered({ rate_limit_rpm: 5 }));

  test("a call refused after the bounds counts as a tool call, one refused before does not", () => {
    const late = admit(refund, requestOf(), factsOf(refund, { rule: undefined }));
    const early = admit(refund, requestOf(), factsOf(refund, { scope: undefined }));

    expect([late, early]).toMatchObject([{ counted: true }, { counted: false }]);
  });

  test("refusing a retry whose first attempt is open does not claim that nothing happened", () => {
    const facts = factsOf(refund, { record: recordOf(refund, { status: "UNKNOWN" }), revoked: true });

    expect(admit(refund, requestOf({ attempt: 2 }), facts)).toMatchObject({ kind: "refused", effect: "unknown" });
    expect(admit(refund, requestOf({ runId: "run-2" }), facts)).toMatchObject({ kind: "refused", effect: "none" });
  });
});

describe("what an approval cannot do", () => {
  test("P1-T17 an approval never revives a permission that has been withdrawn", () => {
    expect(codeOf({ revoked: true })).toBe("PERMISSION_DENIED");
  });

  test("P1-T02-NEG-05 a tool that another tool calls is held to its own scope", () => {
    expect(codeOf({ scope: undefined }, requestOf({ purpose: "nested" }))).toBe("PERMISSION_DENIED");
  });
});

describe("arguments", () => {
  const codeFor = (text: string) => {
    const resolution = resolveCall(requestOf({ input: { text } }), registered(), null);
    return resolution.ok ? "resolved" : resolution.admission;
  };
  const refusal = (stage: string, code: string, field_path?: string) => ({
    stage,
    counted: false,
    effect: "none",
    refusal: { code, ...(field_path === undefined ? {} : { field_path }) },
  });

  test("P1-T01 valid arguments are accepted", () => {
    expect(codeFor('{"order_id":"shop_abc_ord_1","amount_cents":100,"currency":"USD"}')).toBe("resolved");
  });

  test("P1-T01-NEG-01 text that is not JSON is refused as such", () => {
    expect(codeFor("{invalid json")).toMatchObject(refusal("parse", "SCHEMA_PARSE_ERROR"));
  });

  test("P1-T01-NEG-02 a missing required member is named", () => {
    expect(codeFor('{"amount_cents":100,"currency":"USD"}')).toMatchObject(
      refusal("input_schema", "SCHEMA_INVALID", "$.order_id"),
    );
  });

  test("P1-T01-NEG-02 a required member that is null is named", () => {
    expect(codeFor('{"order_id":null,"amount_cents":100,"currency":"USD"}')).toMatchObject(
      refusal("input_schema", "SCHEMA_INVALID", "$.order_id"),
    );
  });

  test("P1-T01-NEG-03 a text where a number belongs is refused, not converted", () => {
    expect(codeFor('{"order_id":"shop_abc_ord_1","amount_cents":"fifty","currency":"USD"}')).toMatchObject(
      refusal("input_schema", "SCHEMA_INVALID", "$.amount_cents"),
    );
  });

  test("P1-T01-NEG-04 SQL in a free text is data; where the schema has a pattern it is refused", () => {
    const sql = "'; drop table orders; --";
    const call = (note: string, currency: string) =>
      codeFor(JSON.stringify({ order_id: "shop_abc_ord_1", amount_cents: 1, currency, note }));

    expect(call(sql, "USD")).toBe("resolved");
    expect(call("", sql)).toMatchObject(refusal("input_schema", "SCHEMA_INVALID", "$.currency"));
  });

  test("P1-T01-NEG-05 a quantity beyond its maximum is refused, never capped", () => {
    expect(codeFor('{"order_id":"shop_abc_ord_1","amount_cents":9999999999999,"currency":"USD"}')).toMatchObject(
      refusal("input_schema", "SCHEMA_INVALID", "$.amount_cents"),
    );
  });

  test("P1-T01-NEG-06 an unknown member is refused, not ignored", () => {
    expect(codeFor('{"order_id":"shop_abc_ord_1","amount_cents":1,"currency":"USD","hack":1}')).toMatchObject(
      refusal("input_schema", "SCHEMA_INVALID", "$.hack"),
    );
  });

  test("a tool that nobody registered is refused by name and version", () => {
    const resolution = resolveCall(requestOf({ tool: "nope", version: "2.0.0" }), undefined, null);

    expect(resolution).toMatchObject({
      ok: false,
      admission: {
        stage: "contract",
        refusal: { code: "TOOL_NOT_FOUND", message: "no tool `nope` in version `2.0.0`" },
      },
    });
  });

  test("a value that is no JSON is refused as such, also when the schema would complain too", () => {
    const resolution = resolveCall(
      requestOf({ input: { value: { order_id: "\ud83d", hack: 1 } } }),
      registered(),
      null,
    );

    expect(resolution).toMatchObject({
      ok: false,
      admission: { stage: "parse", refusal: { code: "SCHEMA_PARSE_ERROR" } },
    });
  });
});
