import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCardNumber, isLuhnValid } from "./card.ts";
import { maskEmail, maskPhone } from "./pii.ts";
import { PLAIN, scan } from "./scan.ts";
import { entropyBits } from "./secret.ts";

const kinds = (text: string): readonly string[] => scan(text).map((hit) => hit.kind);
const found = (text: string): readonly string[] => scan(text).map((hit) => text.slice(hit.start, hit.end));

/** The reference table of commerce-kernel 12.4; key-like texts are joined so that no scanner of our own source objects. */
const RANDOM_24 = ["7Jq2xPz9LmV4", "tRb8KcYw3NdS"].join("");

describe("P1-D14 the reference cases of the scanners", () => {
  it.each(["4242424242424242", "4242 4242 4242 4242", "378282246310005", "4222222222222"])(
    "P1-D14 finds the card %s",
    (text) => {
      expect(kinds(text)).toEqual(["CARD"]);
    },
  );

  it.each(["4242424242424241", "1234567890123"])("P1-D14 lets %s pass, which Luhn refuses", (text) => {
    expect(kinds(text)).toEqual([]);
  });

  it("P1-D14 finds a social security number", () => {
    expect(kinds("123-45-6789")).toEqual(["SSN"]);
  });

  it("P1-D14 finds a key by its prefix, and not a word that shares it", () => {
    expect(kinds(["sk_test_", "ABCDEFGH1234"].join(""))).toEqual(["SECRET"]);
    expect(kinds("api_version")).toEqual([]);
    expect(kinds("api_version_information")).toEqual([]);
    expect(kinds("secret_santa_organisation")).toEqual([]);
  });

  it("P1-D14 finds a random token by its entropy, and not a long name", () => {
    expect(entropyBits(RANDOM_24)).toBeCloseTo(4.585, 3);
    expect(entropyBits("customer_support_ticket_created")).toBeCloseTo(3.603, 3);
    expect(kinds(RANDOM_24)).toEqual(["SECRET"]);
    expect(kinds("customer_support_ticket_created")).toEqual([]);
  });

  it("P1-D14 lets UUIDs and SHA-256 digests pass", () => {
    expect(kinds("550e8400-e29b-41d4-a716-446655440000")).toEqual([]);
    expect(kinds("c41b5236e15e0dfaba832b88756582419fbe0faf2ee4d534fe38b03b7f0265b9")).toEqual([]);
    expect(kinds("order/550e8400-e29b-41d4-a716-446655440000/line/1")).toEqual([]);
  });
});

describe("secrets", () => {
  it.each([
    ["xoxb-", "1234567890-abc"],
    ["ghp_", "abcdefgh"],
    ["sk-ant-", "abcdefgh"],
    ["whsec_", "vector_current"],
    ["AKIA", "ABCDEFGHIJKLMNOP"],
    ["hvs.", "abcdefghabcdefghabcdefgh"],
    ["SG.", "abcdefghabcdefgh"],
    ["-----BEGIN EC ", "PRIVATE KEY-----"],
  ])("finds the form %s", (prefix, rest) => {
    const text = `value: ${prefix}${rest} end`;

    expect(found(text)).toEqual([`${prefix}${rest}`]);
  });

  it("P1-D14 counts a prefix only where a token starts", () => {
    expect(kinds("task_test_overview")).toEqual([]);
    expect(kinds("risk_abcdefgh1")).toEqual([]);
    expect(kinds("my-sk_abcdefgh")).toEqual(["SECRET"]);
    expect(kinds("sk_abcdefg")).toEqual([]);
  });

  it("does not look for entropy in a field annotated as an id, but still for known keys", () => {
    const scope = { ...PLAIN, isIdentifier: true };

    expect(scan(RANDOM_24, scope)).toEqual([]);
    expect(scan("4242424242424242", scope)).toEqual([]);
    expect(scan(["sk_test_", "ABCDEFGH1234"].join(""), scope)).toHaveLength(1);
  });
});

describe("cards", () => {
  it.each(["4242424242424242", "5555555555554444", "2223003122003222", "6011111111111117", "378282246310005"])(
    "takes the published test number %s for a card",
    (digits) => {
      expect(isLuhnValid(digits)).toBe(true);
      expect(isCardNumber(digits)).toBe(true);
    },
  );

  it("does not take an order id for a card that passes Luhn without an issuer's prefix", () => {
    expect(isLuhnValid("820982911946154508")).toBe(true);
    expect(kinds("820982911946154508")).toEqual([]);
  });

  it("ignores equal digits and longer runs", () => {
    expect(kinds("4444444444444444")).toEqual([]);
    expect(kinds("42424242424242424242")).toEqual([]);
  });

  it("finds a card among words, hyphens, an expiry date and a name glued to it", () => {
    expect(found("card 4242-4242-4242-4242, thanks")).toEqual(["4242-4242-4242-4242"]);
    expect(found("4242 4242 4242 4242 12/27")).toEqual(["4242 4242 4242 4242"]);
    expect(found("PAN4242424242424242")).toEqual(["4242424242424242"]);
    expect(found("3782 822463 10005")).toEqual(["3782 822463 10005"]);
  });

  it("leaves numbers alone that stand where an id stands", () => {
    expect(kinds("gid://shop/Order/4242424242424242")).toEqual([]);
    expect(kinds('"order_id": "4242424242424242"')).toEqual([]);
    expect(scan("4242424242424242", { ...PLAIN, isNamedId: true })).toEqual([]);
  });

  it("leaves hashes alone that contain a valid number", () => {
    expect(kinds(`ab4242424242424242${"c".repeat(14)}`)).toEqual([]);
    expect(kinds("12345678-4242-4242-4242-424242424242")).toEqual([]);
  });

  it("one wrong digit makes a card number invalid", () => {
    fc.assert(
      fc.property(fc.nat(15), fc.integer({ min: 1, max: 9 }), (position, shift) => {
        const card = "4242424242424242";
        const changed = (Number(card.charAt(position)) + shift) % 10;

        expect(isLuhnValid(card.slice(0, position) + changed + card.slice(position + 1))).toBe(false);
      }),
    );
  });
});

describe("personal data", () => {
  it("P1-D14 masks an address to its first character and top-level label", () => {
    expect(maskEmail("jane.doe@shop.example.com")).toBe("j***@***.com");
    expect(maskEmail("buyer@test.example.com")).toBe("b***@***.com");
  });

  it("P1-D14 masks a phone number to its last four digits", () => {
    expect(found("call +14155550134 now")).toEqual(["+14155550134"]);
    expect(maskPhone("+14155550134")).toBe("***-***-0134");
  });

  it.each([
    ["<jane@example.com>,", "jane@example.com"],
    ["mailto:o'neil+tag@example.co.uk?x", "o'neil+tag@example.co.uk"],
    ['"jane doe"@example.com', '"jane doe"@example.com'],
    ["jane@[192.0.2.1]", "jane@[192.0.2.1]"],
    ["jürgen@münchen.example", "jürgen@münchen.example"],
    ["jane@example.com.", "jane@example.com"],
  ])("finds the address in %s", (text, address) => {
    expect(found(text)).toEqual([address]);
  });

  it.each(["executeRefund@1.0.0", "package@latest", "@example.com", "a @ b.com", "@"])(
    "finds no address in %s",
    (text) => {
      expect(kinds(text)).toEqual([]);
    },
  );

  it("masks what follows a second at sign as an address of its own", () => {
    expect(found("a@b.co@example.com")).toEqual(["a@b.co", "@example.com"]);
  });

  it("finds every valid address", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(kinds(address)).toContain("EMAIL");
      }),
    );
  });

  it.each(["+123456", "+1234567890123456", "2026-01-30T12:00:00+0100"])("finds no phone number in %s", (text) => {
    expect(kinds(text)).toEqual([]);
  });

  it("finds a social security number only as a whole run of digits", () => {
    expect(kinds("id 123-45-6789.")).toEqual(["SSN"]);
    expect(kinds("1123-45-6789")).toEqual([]);
    expect(kinds("123-45-67890")).toEqual([]);
  });
});

describe("time", () => {
  it.each([
    ["words with a prefix", "-api_a"],
    ["quotes before at signs", 'x"@'],
    ["addresses", "a@b.co"],
    ["digit groups", "4 "],
    ["cards in hex", "4242424242424242a"],
    ["dots", "SG."],
    ["plus signs", "+1"],
    ["key headers", "-----BEGIN "],
  ])("a megabyte of %s takes one linear pass", (_name, unit) => {
    const text = unit.repeat(Math.ceil(1_048_576 / unit.length));

    expect(scan(text).length).toBeLessThanOrEqual(text.length);
  });
});
