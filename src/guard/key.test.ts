import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractOf } from "./define-tool.ts";
import { externalKeyOf, internalKeyOf, keyTemplateProblem } from "./key.ts";
import { resolveCall } from "./resolve.ts";
import { REFUND, registered, requestOf, resolvedOf } from "./testing/calls.ts";

// Vectors F1 to F7 and the two external keys: commerce-kernel.md 10.5.
const ANY_OBJECT = { input_schema: { type: "object", additionalProperties: true }, external_idempotency_header: null };
const VECTORS: readonly (readonly [name: string, text: string, fingerprint: string])[] = [
  ["F1", "{}", "44136fa355b3678a1146ad16f7e8649e"],
  ["F2", '{"order_id":"t1_ord_1","amount_cents":4500,"currency":"USD"}', "b791aae110a6e5d5e197fe250a2faed7"],
  ["F3", '{"currency":"USD","amount_cents":4.5e3,"order_id":"t1_ord_1"}', "b791aae110a6e5d5e197fe250a2faed7"],
  ["F4", '{"b":[3,2,1],"a":{"z":null,"y":true,"x":1.0}}', "336795b883d90f58ab887439ed5ddcf2"],
  ["F5", '{"n":[1e21,1e-7,0.000001,-0,100.50,333333333.33333329]}', "7e3520c9ba5b6581033a466a839240b9"],
  [
    "F6",
    '{"\\u20ac":"Euro","\\r":"CR","1":"one","\\ud83d\\ude00":"smile","\\ufb33":"dalet","\\u00f6":"o"}',
    "b55a1a585d4bf81890f9fc280f62f744",
  ],
  ["F7", '{"order_id":"t1_ord_1","amount_cents":4501,"currency":"USD"}', "36ec78075c95c679c332dcbe3acc5e94"],
];

describe("fingerprints and keys", () => {
  test.each(VECTORS)("P1-D05 vector %s has its published fingerprint", (_, text, fingerprint) => {
    const call = resolvedOf(registered(ANY_OBJECT), requestOf({ input: { text } }));

    expect(call.fingerprint).toBe(fingerprint);
  });

  test.each([
    ["shop_abc", "autobiz:1268d8ec2637819bc4d2ef270b943ad4"],
    ["shop_xyz", "autobiz:683a4177527ff11e34aa7e2a33e124b4"],
  ])("P1-D05 the refund of tenant %s has its published keys", (tenantId, externalKey) => {
    const tool = registered(ANY_OBJECT);
    const [, , text] = VECTORS[1]?.[1] === undefined ? ["", "", ""] : ["", "", VECTORS[1][1]];
    const call = resolvedOf(tool, requestOf({ tenantId, input: { text } }));

    const internalKey = call.internalKey ?? "";

    expect(internalKey).toBe(`${tenantId}:executeRefund:1.0.0:agent-7:b791aae110a6e5d5e197fe250a2faed7`);
    expect(externalKeyOf(contractOf(REFUND), "autobiz:", { internalKey, generation: 0 })).toBe(externalKey);
  });

  test("P1-H07 reordered members and another run give the identical key, which holds no time", () => {
    const tool = registered(ANY_OBJECT);
    const one = resolvedOf(tool, requestOf({ input: { text: '{"a":1,"b":2}' }, runId: "run-1" }));
    const other = resolvedOf(tool, requestOf({ input: { text: '{"b":2,"a":1}' }, runId: "run-2", attempt: 5 }));

    expect(one.internalKey).toBe(other.internalKey);
    expect(one.internalKey).toMatch(/^shop_abc:executeRefund:1\.0\.0:agent-7:[0-9a-f]{32}$/);
  });

  test("an absent member and a null one are different parameters", () => {
    const tool = registered(ANY_OBJECT);

    expect(resolvedOf(tool, requestOf({ input: { text: "{}" } })).fingerprint).not.toBe(
      resolvedOf(tool, requestOf({ input: { text: '{"a":null}' } })).fingerprint,
    );
  });

  test("defaults are part of the fingerprint", () => {
    const schema = { type: "object", properties: { days: { type: "integer", default: 7 } } };
    const tool = registered({ input_schema: schema });
    const left = resolvedOf(tool, requestOf({ input: { value: {} } }));

    expect(left.input).toEqual({ days: 7 });
    expect(left.fingerprint).toBe(resolvedOf(tool, requestOf({ input: { value: { days: 7 } } })).fingerprint);
  });

  test("a later generation has another external key of the same length", () => {
    const keyOf = (generation: number) =>
      externalKeyOf(contractOf(REFUND), "autobiz:", { internalKey: "t:tool:1.0.0:p:f", generation });

    expect(new Set([keyOf(0), keyOf(1), keyOf(2)]).size).toBe(3);
    expect([keyOf(0), keyOf(1)].map((key) => key?.length)).toEqual([40, 40]);
  });

  test("READ has no key, and a tool without declared header has no external one", () => {
    expect(resolvedOf(registered({ side_effect_level: "READ" })).internalKey).toBeNull();
    expect(
      externalKeyOf(contractOf({ ...REFUND, external_idempotency_header: null }), "autobiz:", {
        internalKey: "k",
        generation: 0,
      }),
    ).toBeNull();
  });
});

describe("templates and components", () => {
  const components = {
    tenant_id: "t1",
    tool_name: "pay",
    tool_version: "1.0.0",
    principal_id: "p",
    params_fingerprint: "f",
  };

  test("a template may name scalars of the input", () => {
    const key = internalKeyOf("{tenant_id}:{tool_name}:{params.order.id}", components, { order: { id: "t1_ord_9" } });

    expect(key).toEqual({ ok: true, value: "t1:pay:t1_ord_9" });
  });

  test.each([
    ["absent", {}],
    ["an object", { order: { id: {} } }],
    ["a value with a colon", { order: { id: "a:b" } }],
    ["an inherited member", { order: {} }],
  ])("a template's parameter that is %s is refused", (_, input) => {
    expect(internalKeyOf("{tenant_id}:{tool_name}:{params.order.id}", components, input)).toMatchObject({
      ok: false,
      refusal: { code: "REQUEST_INVALID" },
    });
  });

  test("a component with a colon is refused, so two calls can never share a key", () => {
    const tool = registered({ side_effect_level: "HARD_WRITE" });

    expect(resolveCall(requestOf({ principalId: "agent:7" }), tool, null)).toMatchObject({
      ok: false,
      admission: { refusal: { code: "REQUEST_INVALID" } },
    });
  });

  test("standard keys of different components differ", () => {
    const word = fc.stringMatching(/^[a-z0-9_.-]{1,8}$/);
    const any = fc.record({
      tenant_id: word,
      tool_name: word,
      tool_version: word,
      principal_id: word,
      params_fingerprint: word,
    });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const keys = [one, other].map((each) => internalKeyOf(null, each, {}));
        expect(JSON.stringify(keys[0]) === JSON.stringify(keys[1])).toBe(
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort()),
        );
      }),
    );
  });

  test.each([
    [{ name: "a:b" }, "may not contain"],
    [{ idempotency_key_template: "{tool_name}" }, "{tenant_id}"],
    [{ idempotency_key_template: "{tenant_id}{tool_name}{time}" }, "{time}"],
    [{ external_idempotency_template: "fixed" }, "internal_key_sha256"],
    [{ external_idempotency_template: `${"x".repeat(240)}{internal_key_sha256}` }, "255"],
  ])("the contract %j is refused at registration", (changes, problem) => {
    expect(keyTemplateProblem(contractOf({ ...REFUND, ...changes }), "autobiz:")).toContain(problem);
  });
});
