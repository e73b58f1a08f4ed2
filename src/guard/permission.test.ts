import { describe, expect, test } from "vitest";
import { type EntityKind, entityIdOf, type JsonObject } from "../contracts/index.ts";
import { approvalDecision } from "./approval.ts";
import type { ApprovalFact, CallFacts, CallRequest } from "./call.ts";
import { canonicalHost, type NetworkPolicy, networkVerdict } from "./network.ts";
import { permissionVerdict } from "./permission.ts";
import { tenantVerdict } from "./tenant.ts";
import { factsOf, registered, requestOf, resolvedOf, VALID_INPUT } from "./testing/calls.ts";

const call = resolvedOf(registered());
const scope = {
  tool_name: "executeRefund",
  allowed_operations: ["executeRefund"],
  principals: [],
  data_cap_bytes: null,
  network_allowlist: ["api.stripe.com"],
};

const codeOf = (facts: Partial<CallFacts>, request: Partial<CallRequest> = {}) => {
  const verdict = permissionVerdict(call, requestOf(request), factsOf(call, facts));
  return verdict.verdict === "refused" ? verdict.refusal.code : verdict.verdict;
};

describe("permission", () => {
  test("P1-T03 a scope that grants the operation lets it pass", () => {
    expect(codeOf({ scope })).toBe("passed");
  });

  test.each([
    ["P1-T04 the scope lacks the operation", { scope: { ...scope, allowed_operations: ["other"] } }],
    ["P1-T02-NEG-01 the scope is of a READ tool", { scope: { ...scope, tool_name: "fetchOrder" } }],
    ["an empty list grants nothing", { scope: { ...scope, allowed_operations: [] } }],
    ["there is no wildcard", { scope: { ...scope, allowed_operations: ["*"] } }],
    ["there is no scope", { scope: undefined }],
    ["the tool was revoked", { revoked: true }],
    ["the scope names other principals", { scope: { ...scope, principals: ["agent-8"] } }],
  ])("%s: denied", (_, facts) => {
    expect(codeOf(facts)).toBe("PERMISSION_DENIED");
  });

  test("a request of exactly the cap passes, one byte more does not", () => {
    expect(codeOf({ scope: { ...scope, data_cap_bytes: call.inputBytes } })).toBe("passed");
    expect(codeOf({ scope: { ...scope, data_cap_bytes: call.inputBytes - 1 } })).toBe("DATA_CAP_EXCEEDED");
  });

  test("a FINANCIAL tool needs a hardened worker, a READ tool does not", () => {
    const read = resolvedOf(registered({ side_effect_level: "READ" }));

    expect(codeOf({ workerTier: "STANDARD" })).toBe("SANDBOX_TIER_MISMATCH");
    expect(codeOf({ workerTier: "VM" })).toBe("passed");
    expect(permissionVerdict(read, requestOf(), factsOf(read, { workerTier: "STANDARD" })).verdict).toBe("passed");
  });

  test("P1-H03 a dependency without a configured simulator is not reachable in sandbox mode", () => {
    expect(codeOf({ dependencyOrigin: null })).toBe("NETWORK_DENIED");
    expect(codeOf({ dependencyOrigin: "https://api.stripe.com" })).toBe("LIVE_FORBIDDEN");
    expect(codeOf({ scope: { ...scope, network_allowlist: [] } })).toBe("NETWORK_DENIED");
  });
});

describe("network", () => {
  const live: NetworkPolicy = { mode: "live", allow: ["api.stripe.com", "http://10.0.0.5:8080"], sandboxOrigins: [] };
  const codeFor = (url: string, policy = live) => {
    const verdict = networkVerdict(url, policy);
    return verdict.pass ? "pass" : verdict.refusal.code;
  };

  test.each([
    "https://api.stripe.com/v1/refunds",
    "https://API.Stripe.COM./v1",
    "https://api%2Estripe.com/v1",
    "http://10.0.0.5:8080/",
  ])("%s is listed, however it is written", (url) => {
    expect(codeFor(url)).toBe("pass");
  });

  test.each([
    ["P1-T02-NEG-03 another host", "https://evil.com/"],
    ["P1-T02-NEG-04 another host, percent-encoded", "https://evil%2Ecom/"],
    ["a listed host as user-info", "https://api.stripe.com@evil.com/"],
    ["user-info at a listed host", "https://user:pass@api.stripe.com/"],
    ["a port of its own", "https://api.stripe.com:8443/"],
    ["plain http", "http://api.stripe.com/"],
    ["a literal address", "https://93.184.216.34/"],
    ["an address in another spelling", "https://0x5db8d822/"],
    ["a host that ends like a listed one", "https://xapi.stripe.com/"],
    ["a subdomain of a listed one", "https://a.api.stripe.com/"],
    ["another scheme", "ftp://api.stripe.com/"],
    ["no URL", "api.stripe.com"],
  ])("%s is denied", (_, url) => {
    expect(codeFor(url)).toBe("NETWORK_DENIED");
  });

  test("a name in another script is compared in its IDNA form", () => {
    expect(canonicalHost("https://BÜCHER.example./")).toBe("xn--bcher-kva.example");
    expect(codeFor("https://bücher.example/", { ...live, allow: ["xn--bcher-kva.example"] })).toBe("pass");
  });

  test("P1-H04 sandbox mode reaches its configured simulators and nothing else, not even a listed host", () => {
    const sandbox: NetworkPolicy = {
      mode: "sandbox",
      allow: ["dev-store.myshopify.com"],
      sandboxOrigins: ["http://127.0.0.1:4020", "http://10.0.0.9:4020"],
    };

    expect(codeFor("http://127.0.0.1:4020/admin", sandbox)).toBe("pass");
    expect(codeFor("http://127.0.0.1:4021/admin", sandbox)).toBe("NETWORK_DENIED");
    expect(codeFor("http://10.0.0.9:4020/admin", sandbox)).toBe("NETWORK_DENIED");
    expect(codeFor("https://dev-store.myshopify.com/admin", sandbox)).toBe("LIVE_FORBIDDEN");
  });
});

describe("tenant", () => {
  const verdictOf = (input: JsonObject, schema: JsonObject = { type: "object", additionalProperties: true }) => {
    const request = requestOf({ input: { value: input } });
    return tenantVerdict(resolvedOf(registered({ input_schema: schema }), request), request);
  };
  const ANNOTATED: JsonObject = {
    type: "object",
    $defs: { line: { type: "object", properties: { order: { type: "string", "x-countermark": "entity_id" } } } },
    properties: { lines: { type: "array", items: { $ref: "#/$defs/line" } } },
  };

  test("P1-T-RK06c an entity id of another tenant is refused and its place is named, not its value", () => {
    const request = requestOf({ input: { value: { ...VALID_INPUT, order_id: "shop_xyz_ord_1" } } });

    expect(tenantVerdict(resolvedOf(registered(), request), request)).toMatchObject({
      refusal: {
        code: "CROSS_TENANT_DENIED",
        field_path: "$.order_id",
        message: expect.not.stringContaining("shop_xyz"),
      },
    });
  });

  test("an annotated id is checked wherever it stands, whatever it looks like", () => {
    expect(verdictOf({ lines: [{ order: "shop_abc_ord_1" }] }, ANNOTATED).verdict).toBe("passed");
    expect(verdictOf({ lines: [{ order: "shop_abc_ord_1" }, { order: "1001" }] }, ANNOTATED)).toMatchObject({
      refusal: { code: "CROSS_TENANT_DENIED", field_path: "$.lines[1].order" },
    });
  });

  test("P1-T-RK06c an id that is annotated in a map is checked under whichever name it stands, and no other member is", () => {
    const id: JsonObject = { type: "string", "x-countermark": "entity_id" };
    const named: JsonObject = { type: "object", properties: { note: { type: "string" } }, additionalProperties: id };
    const matched: JsonObject = { type: "object", patternProperties: { "^o": id }, additionalProperties: true };
    const byList: JsonObject = { type: "object", additionalProperties: { type: "array", items: id } };

    for (const [map, value] of [
      [named, "shop_xyz_ord_1"],
      [matched, "shop_xyz_ord_1"],
      [byList, ["shop_xyz_ord_1"]],
    ] as const)
      expect(verdictOf({ orders: { other: value } }, { type: "object", properties: { orders: map } })).toMatchObject({
        refusal: { code: "CROSS_TENANT_DENIED", field_path: expect.stringMatching(/^\$\.orders\.other/) },
      });
    expect(verdictOf({ note: "for Ada", other: "shop_abc_ord_1" }, named).verdict).toBe("passed");
    expect(verdictOf({ name: "for Ada", other: "shop_abc_ord_1" }, matched).verdict).toBe("passed");
  });

  test.each<EntityKind>(["order", "payment", "refund", "fulfillment", "customer", "ticket", "message"])(
    "an unannotated member named like an id is checked when it holds another tenant's %s id",
    (kind) => {
      expect(verdictOf({ some_id: entityIdOf("shop_abc", kind, "1") ?? "" }).verdict).toBe("passed");
      expect(verdictOf({ deep: [{ some_id: entityIdOf("shop_xyz", kind, "1") ?? "" }] })).toMatchObject({
        refusal: { code: "CROSS_TENANT_DENIED", field_path: "$.deep[0].some_id" },
      });
      expect(verdictOf({ some_ids: [entityIdOf("shop_xyz", kind, "1") ?? ""] }).verdict).toBe("refused");
    },
  );

  test("ids of providers are no entity ids", () => {
    const ids = {
      payment_id: "pi_3NvQ2eLkdIwHu7ix",
      order_id: "gid://shopify/Order/1",
      customer_id: "cus_9s6XKzkNRiz8i3",
    };

    expect(verdictOf(ids).verdict).toBe("passed");
  });

  test("a call without a tenant is refused, also where a key would hold it", () => {
    const read = registered({ side_effect_level: "READ" });
    const request = requestOf({ tenantId: "" });

    expect(tenantVerdict(resolvedOf(read, request), request)).toMatchObject({
      refusal: { code: "TENANT_CONTEXT_MISSING" },
    });
  });
});

describe("approval", () => {
  const write = resolvedOf(registered({ side_effect_level: "HARD_WRITE" }));
  const decide = (of: typeof call, facts: Partial<CallFacts>, request: Partial<CallRequest> = {}) =>
    approvalDecision(of, requestOf(request), factsOf(of, { approval: null, ...facts }));
  const fact = (changes: Partial<ApprovalFact>): ApprovalFact => ({
    approval_id: "approval-1",
    attempt: 1,
    status: "APPROVED",
    params_fingerprint: call.fingerprint,
    consumed: false,
    ...changes,
  });
  const rule = factsOf(call).rule;
  const withCondition = (condition: string): Partial<CallFacts> =>
    rule === undefined ? {} : { rule: { ...rule, condition } };

  test("P1-T16 a tool with a rule asks a person first", () => {
    expect(decide(write, {})).toMatchObject({ verdict: "asks", by: rule });
  });

  test("a rule's condition sees the run document and the input", () => {
    expect(decide(write, withCondition("$.order.amount > 500")).verdict).toBe("skipped");
    expect(decide(write, withCondition("$.input.amount_cents > 500")).verdict).toBe("asks");
  });

  test.each(["$.order.total > 1", "$.order.amount >", '$.order.amount < "x"'])(
    "the condition %s cannot be answered, so a person is asked",
    (condition) => {
      expect(decide(write, withCondition(condition)).verdict).toBe("asks");
    },
  );

  test("a FINANCIAL call asks whatever its condition says, and is refused without a rule", () => {
    expect(decide(call, withCondition("false")).verdict).toBe("asks");
    expect(decide(call, { rule: undefined })).toMatchObject({ refusal: { code: "CC04_RULE_MISSING" } });
  });

  test("a call that nobody wants approved needs none; one that its workflow wants approved does", () => {
    expect(decide(write, { rule: undefined }).verdict).toBe("skipped");
    expect(decide(write, withCondition("false"), { approvalAsked: "the step asks" })).toMatchObject({
      verdict: "asks",
      reason: "the step asks",
    });
  });

  test("an approval passes once, by a claim", () => {
    expect(decide(call, { approval: fact({}) })).toMatchObject({
      claims: [{ kind: "approval", approvalId: "approval-1" }],
    });
    expect(decide(call, { approval: fact({ consumed: true }) }).verdict).toBe("asks");
  });

  test("an approval of other parameters is none", () => {
    expect(decide(call, { approval: fact({ params_fingerprint: "0".repeat(32) }) }).verdict).toBe("asks");
  });

  test.each([
    ["PENDING", "HITL_PENDING"],
    ["DENIED", "HITL_DENIED"],
    ["TIMED_OUT", "HITL_TIMEOUT"],
    ["VOIDED", "BASE_DRIFTED"],
    ["CANCELLED", "HITL_CLOSED"],
  ] as const)("an approval that is %s refuses with %s", (status, code) => {
    expect(decide(call, { approval: fact({ status }) })).toMatchObject({ refusal: { code } });
  });

  test.each([
    ["TIMED_OUT", "asks"],
    ["VOIDED", "asks"],
    ["DENIED", "refused"],
  ] as const)("a compensation tried once more after its approval was %s: %s", (status, verdict) => {
    const once = { purpose: "compensation", attempt: 1 } as const;

    expect(decide(call, { approval: fact({ status }) }, { ...once, attempt: 2 }).verdict).toBe(verdict);
    expect(decide(call, { approval: fact({ status }) }, once).verdict).toBe("refused");
    expect(decide(call, { approval: fact({ status }) }, { purpose: "retry", attempt: 2 }).verdict).toBe("refused");
  });
});
