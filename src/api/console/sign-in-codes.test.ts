import { expect, test } from "vitest";
import { instant, ManualClock, seededRandom } from "../../contracts/index.ts";
import { SignInCodes } from "./sign-in-codes.ts";

function newCodes() {
  const clock = new ManualClock(instant(0));
  return { clock, codes: new SignInCodes({ clock, random: seededRandom(1) }) };
}

test("a code signs in once", () => {
  const { codes } = newCodes();
  const { code } = codes.issue("sha");

  expect(codes.redeem(code)).toBe("sha");
  expect(codes.redeem(code)).toBeUndefined();
});

test("a code is worth nothing after ten minutes", () => {
  const { codes, clock } = newCodes();
  const { code, endsAt } = codes.issue("sha");
  clock.advance(600_000);

  expect(endsAt).toBe(600_000);
  expect(codes.redeem(code)).toBeUndefined();
});

test("of more than a thousand codes that wait the oldest is forgotten", () => {
  const { codes } = newCodes();
  const [oldest] = Array.from({ length: 1_001 }, () => codes.issue("sha").code);

  expect(codes.redeem(oldest ?? "")).toBeUndefined();
});
