import { expect, test } from "vitest";
import { instant, ManualClock, seededRandom } from "../../contracts/index.ts";
import { beginPending, findPending } from "./pending-sign-in.ts";

const KEY = new Uint8Array(32).fill(7);
const TEN_MINUTES = 600_000;

const begun = beginPending({ clock: new ManualClock(instant(0)), random: seededRandom(1) }, KEY);

test("the second half of a sign-in knows what the first half asked with, for ten minutes, in any process", () => {
  expect(findPending(begun.cookie, KEY, instant(TEN_MINUTES - 1))).toEqual(begun);
  expect(findPending(begun.cookie, KEY, instant(TEN_MINUTES))).toBeUndefined();
});

test("state, nonce and verifier differ, and the verifier has the length that PKCE asks for", () => {
  expect(new Set([begun.state, begun.nonce, begun.verifier]).size).toBe(3);
  expect(begun.verifier).toMatch(/^[\w-]{43}$/);
});

test("a cookie that was given more time, and another installation's, fit no answer", () => {
  const longer = begun.cookie.replace(/\d+$/, "9000000");

  expect(findPending(longer, KEY, instant(TEN_MINUTES))?.state).not.toBe(begun.state);
  expect(findPending(begun.cookie, new Uint8Array(32).fill(8), instant(0))?.state).not.toBe(begun.state);
});

test.each([undefined, "", "x", "seed.1"])("%j is no sign-in that was begun", (cookie) => {
  expect(findPending(cookie, KEY, instant(0))).toBeUndefined();
});
