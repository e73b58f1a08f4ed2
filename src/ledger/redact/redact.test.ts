import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText, JSON_DEPTH_MAX, type Json, sha256Hex } from "../../contracts/index.ts";
import { type Redacted, redact } from "./redact.ts";
import { compileRedaction, type RedactionRules, type RedactionSource, SCAN_ONLY } from "./rules.ts";
import { scan } from "./scan.ts";

const context = { entry_id: "event-1", step_id: "charge", tool: "executeRefund", salt: new Uint8Array([1, 2, 3]) };

const KEY = ["sk_test_", "ABCDEFGH1234"].join("");
const CARD = "4242424242424242";

function rulesOf(source: Partial<RedactionSource>): RedactionRules {
  const rules = compileRedaction({ schema: true, sensitive: [], allowlist: null, ...source });
  if (!rules.ok) throw new Error(rules.refusal.message);
  return rules.value;
}

const scanned = (value: Json): Redacted => redact(value, SCAN_ONLY, context);

function cleanOf(value: Json, source: Partial<RedactionSource>): Json {
  const redacted = redact(value, rulesOf(source), context);
  if (redacted.kind === "rejected") throw new Error(`rejected: ${redacted.stub.reason}`);
  return redacted.value;
}

const object = (properties: { readonly [name: string]: Json }) => ({ type: "object", properties });

describe("the allow-list", () => {
  it("P1-D14 without one, what the schema declares is kept and everything else is dropped", () => {
    const schema = object({
      order: object({ id: { type: "string" }, lines: { type: "array", items: object({ sku: true }) } }),
      prices: { type: "object", additionalProperties: { type: "integer" } },
      open: { type: "object", additionalProperties: true },
    });
    const value = {
      order: { id: "o-1", note: "x", lines: [{ sku: "a", hidden: 1 }, { sku: "b" }] },
      prices: { a: 1 },
      open: { anything: 1 },
      surplus: true,
    };

    expect(cleanOf(value, { schema })).toEqual({
      order: { id: "o-1", lines: [{ sku: "a" }, { sku: "b" }] },
      prices: { a: 1 },
      open: {},
    });
  });

  it("what any branch of a composition or a local reference declares is declared", () => {
    const schema = {
      $defs: { node: object({ name: true, next: { $ref: "#/$defs/node" } }) },
      anyOf: [{ $ref: "#/$defs/node" }, object({ code: true })],
      patternProperties: { "^x_": true },
    };
    const value = { name: "a", next: { name: "b", next: { name: "c", code: 1 } }, code: 2, x_1: 3, y: 4 };

    expect(cleanOf(value, { schema })).toEqual({
      name: "a",
      next: { name: "b", next: { name: "c" } },
      code: 2,
      x_1: 3,
    });
  });

  it("with one, only the listed parts are kept, whole", () => {
    const value = { a: { b: { c: 1, d: 2 }, e: 3 }, items: [{ id: 1, email: "x" }, 7], token: 4 };

    expect(cleanOf(value, { allowlist: ["$.a.b", "$.items[*].id"] })).toEqual({
      a: { b: { c: 1, d: 2 } },
      items: [{ id: 1 }],
    });
    expect(cleanOf(value, { allowlist: [] })).toBeNull();
    expect(cleanOf(value, { allowlist: ["$"] })).toEqual(value);
    expect(cleanOf(value, { allowlist: ["$.**.d"] })).toEqual({ a: { b: { d: 2 } }, items: [{}] });
  });

  it("positional elements are declared by their own schemas", () => {
    const schema = {
      type: "array",
      prefixItems: [object({ a: true }), object({ b: true })],
      items: object({ c: true }),
    };

    expect(
      cleanOf(
        [
          { a: 1, b: 1 },
          { a: 2, b: 2 },
          { b: 3, c: 3 },
        ],
        { schema },
      ),
    ).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  });
});

describe("sensitive fields", () => {
  it("P1-D14 are replaced by their type, at any depth", () => {
    const sensitive = ["$.a.b", "$.items[*].email", "$.**.token", "$.pair[1]"];
    const value = {
      a: { b: { c: 1 } },
      items: [{ email: "x", token: null }, { email: ["x"] }],
      token: 1,
      pair: [true, false, true],
      deep: { deeper: [{ token: KEY }] },
    };

    expect(cleanOf(value, { sensitive, allowlist: ["$"] })).toEqual({
      a: { b: "[REDACTED:object]" },
      items: [{ email: "[REDACTED:string]", token: "[REDACTED:null]" }, { email: "[REDACTED:array]" }],
      token: "[REDACTED:number]",
      pair: [true, "[REDACTED:boolean]", true],
      deep: { deeper: [{ token: "[REDACTED:string]" }] },
    });
  });

  it.each(["a.b", "$a", "$.items[x]", "$.", "$.a b"])("%s is refused as an annotation", (path) => {
    const rules = compileRedaction({ schema: true, sensitive: [path], allowlist: null });

    expect(rules).toMatchObject({ ok: false, refusal: { code: "PATH_MALFORMED" } });
  });
});

describe("the scanners as a second line", () => {
  it("P1-T-RK08a P1-T35 an email in tool output is masked and reported", () => {
    expect(scanned({ customer: { email: "jane.doe@shop.example.com", phone: "+14155550134" } })).toEqual({
      kind: "clean",
      value: { customer: { email: "j***@***.com", phone: "***-***-0134" } },
      findings: [
        { kind: "EMAIL", detector: "rfc5322", field_path: "$.customer.email", alert: "P2" },
        { kind: "PHONE", detector: "e164", field_path: "$.customer.phone", alert: "P2" },
      ],
    });
  });

  it("P1-T-RK08b an API key in tool output rejects the write and leaves a stub without content", () => {
    const value = { result: { key: KEY }, note: "123-45-6789" };

    const redacted = scanned(value);

    expect(redacted).toMatchObject({
      kind: "rejected",
      stub: {
        entry_id: "event-1",
        step_id: "charge",
        tool: "executeRefund",
        reason: "SECRET",
        code: "REDACTION_SECRET",
        detector: "prefix:sk_",
        field_path: "$.result.key",
        size_bytes: canonicalText(value).length,
      },
    });
    expect(JSON.stringify(redacted)).not.toContain("ABCDEFGH1234");
    expect(JSON.stringify(redacted)).not.toContain("6789");
  });

  it("the stub's digest is salted", () => {
    const digest = (salt: Uint8Array) => {
      const redacted = redact("123-45-6789", SCAN_ONLY, { ...context, salt });
      return redacted.kind === "rejected" ? redacted.stub.content_sha256_salted : "";
    };

    expect(digest(context.salt)).toBe(sha256Hex(Buffer.concat([context.salt, Buffer.from('"123-45-6789"')])));
    expect(digest(new Uint8Array([4]))).not.toBe(digest(context.salt));
  });

  it("P1-D14 the reason is the gravest, whatever stands first", () => {
    const reason = (value: Json) => {
      const redacted = scanned(value);
      return redacted.kind === "rejected" ? redacted.stub.reason : "none";
    };

    expect(reason(["123-45-6789", CARD, KEY])).toBe("SECRET");
    expect(reason(["123-45-6789", CARD])).toBe("CARD");
    expect(reason(["123-45-6789", "jane@example.com"])).toBe("SSN");
    expect(reason([...Array.from({ length: 200 }, () => "jane@example.com"), KEY])).toBe("SECRET");
  });

  it("P1-D14 a card is found as a number too, but not where the field holds an id", () => {
    expect(scanned({ pan: 4242424242424242 })).toMatchObject({ kind: "rejected", stub: { reason: "CARD" } });
    expect(scanned({ id: 4242424242424242, order_id: CARD, order_ids: { item_id: [CARD] } })).toMatchObject({
      kind: "clean",
      findings: [],
    });
  });

  it("P1-D14 fields annotated as ids skip the entropy and the card rule, and no other", () => {
    const schema = object({ reference: { type: "string", "x-countermark": "id" }, plain: { type: "string" } });
    const random = ["7Jq2xPz9LmV4", "tRb8KcYw3NdS"].join("");
    const kindOf = (value: Json) => redact(value, rulesOf({ schema }), context).kind;

    expect(kindOf({ reference: random })).toBe("clean");
    expect(kindOf({ reference: CARD })).toBe("clean");
    expect(kindOf({ plain: random })).toBe("rejected");
    expect(kindOf({ plain: CARD })).toBe("rejected");
    expect(kindOf({ reference: KEY })).toBe("rejected");
  });

  it("P1-D14 names of members are scanned too", () => {
    const emails = scanned({ "jane@example.com": 1, "john@example.com": 2, "j***@***.com (2)": 3 });
    const secret = scanned({ list: { [KEY]: "jane@example.com" } });

    expect(emails).toMatchObject({
      kind: "clean",
      value: { "j***@***.com": 1, "j***@***.com (2)'": 2, "j***@***.com (2)": 3 },
    });
    expect(secret).toMatchObject({ kind: "rejected", stub: { field_path: "$.list" } });
    expect(JSON.stringify(secret)).not.toContain(KEY);
  });

  it("R1 a mask that completes a card number with what stands beside it rejects the write", () => {
    expect(scan("+14155554155 4242 4242 4247").map((hit) => hit.kind)).toEqual(["PHONE"]);
    expect(scanned("+14155554155 4242 4242 4247")).toMatchObject({ kind: "rejected", stub: { reason: "CARD" } });
  });

  it("what is masked or dropped by the contract is not scanned", () => {
    const schema = object({ key: true });

    expect(cleanOf({ key: KEY, other: CARD }, { schema, sensitive: ["$.key"] })).toEqual({ key: "[REDACTED:string]" });
  });

  it("a sealed reference passes, whatever the field, and nothing that only looks like one", () => {
    const sealed = { $sealed: sha256Hex("secret") };
    const source = { schema: object({ email: { type: "string" } }), sensitive: ["$.email"] };

    expect(cleanOf({ email: sealed }, source)).toEqual({ email: sealed });
    expect(cleanOf({ email: { ...sealed, more: "x" } }, source)).toEqual({ email: "[REDACTED:object]" });
    expect(cleanOf({ email: { $sealed: "x" } }, source)).toEqual({ email: "[REDACTED:object]" });
  });
});

describe("bounds", () => {
  it("P1-D14 a text over 64 KiB is cut between characters and says how long it was", () => {
    const redacted = scanned("é".repeat(40_000));

    expect(redacted.kind).toBe("clean");
    const text = redacted.kind === "clean" ? String(redacted.value) : "";
    expect(text).toMatch(/^é+\[TRUNCATED:80000\]$/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(text)).toBeGreaterThan(65_500);
  });

  it("a secret behind the cut still rejects", () => {
    expect(scanned(`${"x ".repeat(40_000)}${KEY}`)).toMatchObject({ kind: "rejected", stub: { reason: "SECRET" } });
  });

  it("a document deeper than 64 levels is cut there", () => {
    let value: Json = "leaf";
    for (let level = 0; level < 10_000; level++) value = [value];

    const redacted = scanned(value);

    expect(redacted.kind).toBe("clean");
    expect(JSON.stringify(redacted)).toContain("[TRUNCATED:DEPTH]");
    expect(canonicalText(redacted.kind === "clean" ? redacted.value : null)).toHaveLength(JSON_DEPTH_MAX * 2 + 19);
  });

  it("findings are at most a hundred", () => {
    const redacted = scanned(Array.from({ length: 500 }, (_, i) => `user${i}@example.com`));

    expect(redacted.findings).toHaveLength(100);
  });

  it("what rejects the whole is among the findings, however many came before it", () => {
    const redacted = scanned([...Array.from({ length: 500 }, (_, i) => `user${i}@example.com`), "4242424242424242"]);

    expect(redacted.findings).toHaveLength(100);
    expect(redacted.findings.at(-1)).toMatchObject({ kind: "CARD", field_path: "$[500]", alert: "P1" });
  });

  it("a megabyte that is all personal data is masked", () => {
    const redacted = scanned("a@b.co@".repeat(150_000));

    expect(redacted).toMatchObject({ kind: "clean" });
  });
});

const fragment = fc.oneof(
  fc.emailAddress(),
  fc.constantFrom(
    KEY,
    CARD,
    "4242-4242-4242-4242",
    "123-45-6789",
    "+14155550134",
    "+1415555",
    "api_",
    "@",
    "a@b.co",
    "-",
  ),
  fc.stringMatching(/^[0-9 +@.-]{0,24}$/),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const text = fc.array(fragment, { maxLength: 4 }).map((parts) => parts.join(""));
const document = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
})).value;

const texts = (value: Json): readonly string[] => {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap((part: Json) => texts(part));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [name, ...texts(part)]);
};

describe("R1 what is stored is clean", () => {
  it("P1-D14 no text of a redacted document holds anything that the scanners find", () => {
    fc.assert(
      fc.property(document, (value) => {
        const redacted = scanned(value);
        if (redacted.kind === "rejected") return;

        expect(texts(redacted.value).flatMap((part) => scan(part))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("redacting again changes and finds nothing", () => {
    const source = { sensitive: ["$.**.a", "$[*].b"], allowlist: ["$"] };
    const rules = rulesOf(source);

    fc.assert(
      fc.property(document, (value) => {
        const first = redact(value, rules, context);
        if (first.kind === "rejected") return;

        expect(redact(first.value, rules, context)).toEqual({ kind: "clean", value: first.value, findings: [] });
      }),
      { numRuns: 500 },
    );
  });

  it("R3 a long name that looks like an address only once it is cut is not shown in a path", () => {
    const name = "@-+@!.aaaaaa.aaaaaaa.aa.aaaaaaaaaaaa.aaaaaaaa.aaaaaaa.aa.aaaaa.aaa@aaaaaaaaa.aaa0";

    const redacted = scanned({ "": { [name]: ["sk", "test", "ABCDEFGH1234"].join("_") } });

    expect(redacted.kind).toBe("rejected");
    for (const { field_path } of redacted.findings) expect(scan(field_path)).toEqual([]);
  });

  it("R3 neither stub nor findings hold an address, a key or a number that was found", () => {
    fc.assert(
      fc.property(document, (value) => {
        const redacted = scanned(value);
        const report = redacted.kind === "rejected" ? redacted : { findings: redacted.findings };
        const paths = redacted.findings.map((finding) => finding.field_path);

        expect(paths.flatMap((path) => scan(path))).toEqual([]);
        expect(JSON.stringify(report)).not.toContain("ABCDEFGH1234");
      }),
    );
  });

  it("a clean document is returned as it is", () => {
    const value = { order: { id: "o-1", lines: [1, 2] } };
    const redacted = scanned(value);

    expect(redacted.kind === "clean" && redacted.value).toBe(value);
  });
});
