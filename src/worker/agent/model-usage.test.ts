import { expect, test } from "vitest";
import { askedIn, spentIn } from "./model-usage.ts";

test("commerce-kernel 12.2 what an answer cost is rounded up once, not for each kind of token", () => {
  const body = JSON.stringify({ model: "mini", usage: { prompt_tokens: 1, completion_tokens: 1 } });

  const spent = spentIn(body, askedIn(null), { input: 250_000, output: 250_000 });

  expect(spent).toEqual({ model: "mini", tokens: 2, costMicros: 1 });
});
