import { afterAll, beforeAll, expect, test } from "vitest";
import { call, flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";

/** READ steps one after another, then what is asked for. */
const reading = (steps: number, last = call("last", "look")) =>
  flow("W", [
    ...Array.from({ length: steps }, (_, index) =>
      call(`read_${index}`, "look", {
        tool_input_mapping: { text: `page ${index}` },
        next_step: index + 1 < steps ? `read_${index + 1}` : "last",
      }),
    ),
    last,
  ]);

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

test("READ steps that do not wait for the commit of the one before are all recorded, in their order", async () => {
  const tenant = await shop.tenant({ workflows: [reading(39)] });

  const run = await tenant.runs("W");

  const done = (await tenant.events(run.run_id)).filter(({ type }) => type === "step.succeeded");
  expect(run).toMatchObject({ outcome: "SUCCESS" });
  expect(done.map(({ step }) => step)).toEqual([...Array.from({ length: 39 }, (_, index) => `read_${index}`), "last"]);
});

test("a step that writes begins after everything before it is recorded, its own intent included", async () => {
  const tenant = await shop.tenant({ workflows: [reading(10, call("last", "reserve"))] });
  let seen: readonly string[] = [];
  tenant.answers("reserve", async () => {
    const [run] = await tenant.sql((sql) => sql<{ run_id: string }[]>`select run_id from run`);
    seen = await tenant.types(run?.run_id ?? "");
    return applied();
  });

  await tenant.runs("W");

  expect(seen.filter((type) => type === "step.succeeded")).toHaveLength(10);
});

test("a run that is taken over while it runs ahead stops reading, and its successor ends it", async () => {
  const tenant = await shop.tenant({ workflows: [reading(39)] });
  tenant.answers("look", async () => {
    const read = tenant.calls("look").length;
    if (read === 5)
      await tenant.sql((sql) => sql`update due set worker_id = null, due_at = clock() where kind = 'run'`);
    return applied({ count: read });
  });

  const run = await tenant.runs("W");

  expect(run.outcome).toBe("SUCCESS");
  expect((await tenant.types(run.run_id)).filter((type) => type === "step.succeeded")).toHaveLength(40);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
