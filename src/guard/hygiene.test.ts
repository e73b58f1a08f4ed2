import { describe, expect, test } from "vitest";
import { isLiveHost, liveCredentialIn, type Recipient, recipientRefusal } from "./hygiene.ts";
import { sandboxConfigurationRefusals } from "./sandbox.ts";

/** Texts that look live are put together here, so that none stands in this file. */
const live = (...parts: readonly string[]): string => parts.join("");
const WORD = "A1b2C3d4E5f6G7h8";

describe("live credentials", () => {
  test.each([
    ["stripe", live("sk_li", "ve_", WORD)],
    ["stripe", live("rk_li", "ve_", WORD)],
    ["stripe", live("pk_li", "ve_", WORD)],
    ["stripe", live("sk_o", "rg_", WORD)],
    ["shopify", live("shpat", "_", "0123456789abcdef".repeat(2))],
    ["sendgrid", live("S", "G.", WORD, "ABCDEF", ".", WORD, WORD, "ABCDEFGHIJK")],
    ["slack", live("xo", "xb-", "1234")],
    ["slack", live("xa", "pp-", "1-A")],
    ["aws", live("AK", "IA", WORD.toUpperCase())],
    ["vault", live("hv", "s.", WORD, WORD)],
    ["openai", live("sk-", "proj-", WORD)],
    ["openai", live("sk-", WORD, WORD)],
    ["anthropic", live("sk-", "ant-", WORD)],
  ])("P1-H01 a live form of %s is recognised, also inside a header", (provider, credential) => {
    expect(liveCredentialIn(credential)).toBe(provider);
    expect(liveCredentialIn(`Bearer ${credential}`)).toBe(provider);
  });

  test.each([
    "sk_test_abc",
    "rk_test_abc",
    "pf_sim_1",
    "SG.test",
    "xoxb-test-1",
    "sk-sim-1",
    "sim-vault",
    "re_3Nv",
    "",
  ])("P1-H01 the test form %s passes", (text) => {
    expect(liveCredentialIn(text)).toBeUndefined();
  });
});

describe("recipients", () => {
  const codeOf = (recipient: Recipient) => recipientRefusal(recipient)?.code ?? "allowed";

  test.each([
    ["buyer@test.example.com", "allowed"],
    ["Buyer@TEST.example.com", "allowed"],
    ["buyer@shop.example.com", "RECIPIENT_FORBIDDEN"],
    ["buyer@test.example.com.evil.com", "RECIPIENT_FORBIDDEN"],
    ["buyer@nottest.example.com", "RECIPIENT_FORBIDDEN"],
    ["a@shop.com,b@test.example.com", "RECIPIENT_FORBIDDEN"],
    ["@test.example.com", "RECIPIENT_FORBIDDEN"],
  ])("P1-H02 mail to %s: %s", (address, expected) => {
    expect(codeOf({ kind: "email", address })).toBe(expected);
  });

  test.each([
    ["+14155550134", "allowed"],
    ["+15005550006", "allowed"],
    ["+14155551234", "RECIPIENT_FORBIDDEN"],
    ["+491701234567", "RECIPIENT_FORBIDDEN"],
  ])("P1-H05 a message to %s: %s", (number, expected) => {
    expect(codeOf({ kind: "phone", number })).toBe(expected);
  });

  test.each([
    ["#test-ops", "allowed"],
    ["#ops", "RECIPIENT_FORBIDDEN"],
    ["@ann", "RECIPIENT_FORBIDDEN"],
    ["D024BE91L", "RECIPIENT_FORBIDDEN"],
    ["#test-", "RECIPIENT_FORBIDDEN"],
  ])("P1-H06 a post to %s: %s", (channel, expected) => {
    expect(codeOf({ kind: "chat", channel })).toBe(expected);
  });

  test("a refusal does not repeat the recipient", () => {
    expect(recipientRefusal({ kind: "email", address: "jane@shop.example.com" })?.message).not.toContain("jane");
  });
});

describe("sandbox configuration", () => {
  test("P1-H01 P1-H03 P1-H04 live keys and hosts are all named, with their options and without their values", () => {
    const refusals = sandboxConfigurationRefusals({
      secrets: { STRIPE_API_KEY: live("sk_li", "ve_", WORD), SHOPIFY_API_KEY: "sim-key" },
      origins: {
        printful: "https://api.printful.com",
        shopify: "http://127.0.0.1:4020",
        llm: "http://10.0.0.1",
        tax: "?",
      },
    });

    expect(refusals.map(({ code, details }) => [code, details?.option])).toEqual([
      ["LIVE_FORBIDDEN", "STRIPE_API_KEY"],
      ["LIVE_FORBIDDEN", "printful"],
      ["LIVE_FORBIDDEN", "llm"],
      ["LIVE_FORBIDDEN", "tax"],
    ]);
    expect(JSON.stringify(refusals)).not.toContain(WORD);
  });

  test("a sandbox of test keys and local simulators may start", () => {
    expect(
      sandboxConfigurationRefusals({
        secrets: { STRIPE_API_KEY: "sk_test_abc" },
        origins: { stripe: "http://localhost:4010", shopify: "http://[::1]:4020" },
      }),
    ).toEqual([]);
  });

  test("a host is live with all its subdomains, and no other host is", () => {
    expect(["stripe.com", "api.stripe.com", "a.b.myshopify.com"].every(isLiveHost)).toBe(true);
    expect(["notstripe.com", "stripe.com.evil.com", "localhost"].some(isLiveHost)).toBe(false);
  });
});
