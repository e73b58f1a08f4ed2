import { afterAll, beforeAll, expect, test } from "vitest";
import { call, flow } from "./pack.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

test("a cancellation does not wait for the call in flight to answer", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
  tenant.answers("look", () => new Promise(() => undefined));
  const runId = await tenant.start("W");
  await shop.until("the call", async () => tenant.calls("look").length > 0 || undefined);

  await tenant.tells(runId, "cancel", { reason: "no longer wanted" });
  const run = await tenant.ends(runId);

  expect(run).toMatchObject({ status: "CANCELLED", code: "RUN_CANCELLED" });
  await shop.rest(); // the abandoned call has its grace
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
