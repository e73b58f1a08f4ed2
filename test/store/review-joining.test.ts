import { afterAll, beforeAll, expect, test } from "vitest";
import { call, flow, rule } from "../flow/pack.ts";
import { applied } from "../flow/provider.ts";
import { type FlowShop, openFlowShop } from "../flow/shop.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(() => shop.close());

test("a run that comes upon a call between its approval and its beginning waits for it, and asks nobody again", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("send", "dispatch")])], rules: [rule("dispatch")] });
  tenant.answers("dispatch", () => applied({ state: "sent" }));
  const asking = await tenant.start("W", { text: "to all" });
  const [pending] = await shop.until("a request", async () => {
    const rows = await tenant.approvals(asking);
    return rows.length > 0 && rows;
  });
  await tenant.rests(asking, "SUSPENDED_HITL");
  await shop.rest();
  if (pending === undefined) throw new Error("a request");
  await tenant.decides(pending, "APPROVE");

  // The run that asked is kept from going on, as a busy machine might.
  await tenant.sql((sql) => sql`update due set due_at = null where id = ${asking}`);
  const joining = await tenant.start("W", { text: "to all" });
  shop.work();
  await shop.until("a look at the call", async () => (await tenant.run(joining)).version > 0);
  await shop.rest();
  const asked = await tenant.approvals(joining);
  await tenant.sql((sql) => sql`update due set due_at = clock() where id = ${asking}`);
  shop.work();
  const ended = [await tenant.ends(asking), await tenant.ends(joining)];

  expect(asked).toEqual([]);
  expect(ended.map(({ outcome }) => outcome)).toEqual(["SUCCESS", "SUCCESS"]);
  expect(tenant.calls("dispatch")).toHaveLength(1);
});
