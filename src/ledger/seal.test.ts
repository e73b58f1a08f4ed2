import { describe, expect, it, test } from "vitest";
import { sha256Hex } from "../contracts/index.ts";
import { openEnvelope, sealValue, type TenantKey } from "./seal.ts";
import { declaresSealed, isSealedReference } from "./sealed-reference.ts";

describe("sealed values", () => {
  const key: TenantKey = { tenant: "shop_abc", id: "key-1", secret: new Uint8Array(32).fill(7) };
  let drawn = 0;
  const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
  const sealed = (value: string) => sealValue({ email: value }, key, random);
  const opened = (content: string, changes: Partial<TenantKey> = {}) =>
    openEnvelope(Buffer.from(content), { ...key, ...changes });

  it("a value comes back with the key that sealed it, by a reference that is its envelope's digest", () => {
    const { reference, content } = sealed("jane@example.com");

    expect(isSealedReference({ ...reference })).toBe(true);
    expect(reference.$sealed).toBe(sha256Hex(content));
    expect(opened(content)).toEqual({ email: "jane@example.com" });
  });

  it("nothing of the value is in the envelope, and equal values have different references", () => {
    const first = sealed("jane@example.com");
    const second = sealed("jane@example.com");

    expect(first.reference.$sealed).not.toBe(second.reference.$sealed);
    expect(first.content).not.toContain("jane");
  });

  it.each([
    ["another key", { secret: new Uint8Array(32).fill(8) }],
    ["another key's id", { id: "key-2" }],
    ["another tenant, even under the same secret,", { tenant: "shop_xyz" }],
  ])("%s does not open it", (_name, changes) => {
    const { content } = sealed("jane@example.com");

    expect(() => opened(content, changes)).toThrow(expect.objectContaining({ code: "SEAL_UNREADABLE" }));
  });

  it("what is no envelope, or a changed one, does not open", () => {
    const envelope = JSON.parse(sealed("jane@example.com").content);
    const changed = JSON.stringify({ ...envelope, ciphertext: "AAAA" });
    const shortened = JSON.stringify({ ...envelope, tag: "AAAA" });

    for (const content of ["no envelope", changed, shortened]) {
      expect(() => opened(content)).toThrow(expect.objectContaining({ code: "SEAL_UNREADABLE" }));
    }
  });
});

test("a schema declares a member as sealed by its annotation, in whichever branch", () => {
  const reference = { "x-countermark": "sealed" };
  const schema = {
    properties: {
      contact: reference,
      ship_to: { anyOf: [{ $ref: "#/$defs/sealed" }, { type: "null" }] },
      order_id: {},
    },
    $defs: { sealed: reference },
  };

  expect(["contact", "ship_to", "order_id", "phone"].filter((member) => declaresSealed(schema, member))).toEqual([
    "contact",
    "ship_to",
  ]);
});
