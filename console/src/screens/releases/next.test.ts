import { expect, test } from "vitest";
import { candidatesOf } from "./next.ts";

const bundle = (bundle_id: string) =>
  ({ bundle_id, root_digest: "r", label: "candidate", health: "good", seq: 1 }) as const;

test("an environment takes next what the one before it holds, unless it holds that itself", () => {
  const environments = [
    { environment: "dev", bundle: bundle("b2") },
    { environment: "staging", bundle: bundle("b1") },
    { environment: "prod", bundle: bundle("b1") },
  ] as const;

  expect(candidatesOf(environments)).toMatchObject([
    { environment: "staging", from: "dev", bundle: { bundle_id: "b2" } },
  ]);
});

test("from an environment that holds nothing, nothing comes", () => {
  const environments = [
    { environment: "dev", bundle: bundle("b1") },
    { environment: "staging", bundle: null },
    { environment: "prod", bundle: null },
  ] as const;

  expect(candidatesOf(environments).map(({ environment }) => environment)).toEqual(["staging"]);
});
