import { expect, test } from "vitest";
import { claimedBy } from "./claims.ts";

const SETTINGS = { issuer: "https://id.test", groupsClaim: "roles" };

test("an address counts in lower case, and only while the issuer vouches for it", () => {
  const claims = { sub: "s", email: "Ann@X.org" };

  expect(claimedBy({ ...claims, email_verified: true }, SETTINGS)).toMatchObject({
    email: "ann@x.org",
    isEmailUnverified: false,
  });
  for (const email_verified of [false, "true", undefined])
    expect(claimedBy({ ...claims, email_verified }, SETTINGS)).toMatchObject({ email: null, isEmailUnverified: true });
});

test("groups are those texts that the configured claim lists, and no other claim's", () => {
  expect(claimedBy({ sub: "s", roles: ["a", 1, "b", null], groups: ["c"] }, SETTINGS).groups).toEqual(["a", "b"]);
  expect(claimedBy({ sub: "s", roles: "admin" }, SETTINGS).groups).toEqual([]);
});
