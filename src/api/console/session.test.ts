import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { GRANTS_MAX, grantsWith, openSession, sealSession } from "./session.ts";

const KEY = new Uint8Array(32).fill(7);
const SESSION = { grants: { shop: "a".repeat(64) }, endsAt: instant(2_000) };
const COOKIE = sealSession(SESSION, KEY);

test("a session is what it was until it ends", () => {
  expect(openSession(COOKIE, KEY, instant(1_999))).toEqual(SESSION);
  expect(openSession(COOKIE, KEY, instant(2_000))).toBeUndefined();
});

test("what is new counts before what was held, and what would not fit into a cookie goes", () => {
  const many = Object.fromEntries(
    Array.from({ length: GRANTS_MAX }, (_, n) => [`${"t".repeat(60)}${n}`, "a".repeat(64)]),
  );
  const grants = grantsWith({ shop: "new" }, { ...many, shop: "old" });

  expect(grants.shop).toBe("new");
  expect(Object.keys(grants)).toHaveLength(GRANTS_MAX);
  expect(`countermark_session=${sealSession({ grants, endsAt: instant(2_000_000_000_000) }, KEY)}`.length).toBeLessThan(
    4_096,
  );
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
