import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { openSession, sealSession } from "./session.ts";

const KEY = new Uint8Array(32).fill(7);
const SESSION = { grants: { shop: "a".repeat(64) }, endsAt: instant(2_000) };
const COOKIE = sealSession(SESSION, KEY);

test("a session is what it was until it ends", () => {
  expect(openSession(COOKIE, KEY, instant(1_999))).toEqual(SESSION);
  expect(openSession(COOKIE, KEY, instant(2_000))).toBeUndefined();
});

test("a session is none under another installation's key", () => {
  expect(openSession(COOKIE, new Uint8Array(32).fill(8), instant(0))).toBeUndefined();
});

test("no altered character of a cookie passes", () => {
  for (let at = 0; at < COOKIE.length; at++) {
    // The last character of base64url may carry bits that say nothing; then the bytes are the same.
    const other = COOKIE[at] === "A" ? "B" : "A";
    const altered = COOKIE.slice(0, at) + other + COOKIE.slice(at + 1);
    const opened = openSession(altered, KEY, instant(0));
    expect(opened === undefined || at === COOKIE.length - 1, `character ${at}`).toBe(true);
  }
});

test.each([undefined, "", ".", "a.b", "a"])("%j is no session", (cookie) => {
  expect(openSession(cookie, KEY, instant(0))).toBeUndefined();
});
