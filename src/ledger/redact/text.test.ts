import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scan } from "./scan.ts";
import { redactText } from "./text.ts";

const KEY = ["sk_test_", "ABCDEFGH1234"].join("");

describe("redacting text", () => {
  /** The table of readiness-tracker RT-1203, column "required result". */
  it.each([
    ["token=abc123 api_key: zzz password=qwerty", "token=[REDACTED] api_key: [REDACTED] password=[REDACTED]"],
    ["API-KEY=xyz;next", "API-KEY=[REDACTED];next"],
    ["credential = v1, other=2", "credential = [REDACTED], other=2"],
    ['token: "a b"', "token: [REDACTED]"],
    ['{"token":"abc"}', '{"token":[REDACTED]}'],
    ["Authorization: Bearer abc.def", "Authorization: [REDACTED]"],
    ["secret_key=abc", "secret_key=[REDACTED]"],
    ["tokens: 5", "tokens: 5"],
    ["{input_tokens: 12, token_count: 3}", "{input_tokens: 12, token_count: 3}"],
  ])("%s is logged as %s", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    [`charge failed with ${KEY}`, "charge failed with [REDACTED:SECRET]"],
    ["sk-live-" + "1234567890 refused", "[REDACTED:SECRET] refused"],
    ["card 4242 4242 4242 4242 of jane@example.com", "card [REDACTED:CARD] of j***@***.com"],
    ["ssn 123-45-6789, call +14155550134", "ssn [REDACTED:SSN], call ***-***-0134"],
    ["postgres://app:hunter2@localhost/db", "postgres://[REDACTED]@localhost/db"],
    ["sent Bearer abcdefgh.ijkl", "sent Bearer [REDACTED]"],
    [`-----BEGIN ${"PRIVATE KEY"}-----\nMIIE\nabc`, "[REDACTED]"],
    ['password="never closed and more', "password=[REDACTED]"],
    [String.raw`{\"token\":\"abc\"}`, String.raw`{\"token\":[REDACTED]}`],
    ["the step failed: order o-1 not found", "the step failed: order o-1 not found"],
  ])("%s is logged as %s", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it("what is logged holds nothing that the scanners find, and redacting again changes nothing", () => {
    const parts = fc.oneof(
      fc.constantFrom(
        "token=",
        "secret: ",
        '"',
        "'",
        "://",
        ":",
        "@",
        "Bearer ",
        KEY,
        "4242424242424242",
        "\\",
        "[",
        "]",
      ),
      fc.constantFrom("a@b.co", "+14155550134", "123-45-6789", " ", ",", "api_key", "x1"),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    );
    const text = fc.array(parts, { maxLength: 8 }).map((list) => list.join(""));

    fc.assert(
      fc.property(text, (before) => {
        const after = redactText(before);

        expect(scan(after)).toEqual([]);
        expect(redactText(after)).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['token="', "token='x", "://a:", "Bearer ", "eyJaaaaaaaa.", "-----BEGIN ", "api_key_", "secret=:", '"\\'])(
    "a megabyte of %s takes linear time",
    (unit) => {
      const after = redactText(unit.repeat(Math.ceil(1_048_576 / unit.length)));

      expect(Buffer.byteLength(after)).toBeLessThanOrEqual(65_536);
    },
  );
});
