import { expect, test } from "vitest";
import { asAlerts, asOverview, asStarted, codeIn } from "./answer.ts";
import { freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();

async function blab(tenant = SHOP): Promise<string> {
  const olga = await bench().client(`olga-${tenant}`, "operator", { tenant });
  const input = { order_id: freshOrder(tenant) };
  const { run_id } = asStarted(await olga.post("/v1/runs", { workflow: "Blab", input })).body;
  await bench().until(
    () => olga.get(`/v1/runs/${run_id}`),
    ({ ended_at }) => ended_at !== null,
  );
  return run_id;
}

test("P1-T-RK08b whoever may read hears of a card number at the record, newest first, page by page", async () => {
  const vera = await bench().client("vera", "viewer");
  expect(asAlerts(await vera.get("/v1/alerts")).body.alerts).toEqual([]);
  const [first, second] = [await blab(), await blab()];

  const page = asAlerts(await vera.get("/v1/alerts?limit=1")).body;
  const rest = asAlerts(await vera.get(`/v1/alerts?limit=1&before=${page.next}`)).body;
  const end = asAlerts(await vera.get(`/v1/alerts?limit=1&before=${rest.next}`)).body;

  expect([...page.alerts, ...rest.alerts].map(({ run_id }) => run_id)).toEqual([second, first]);
  expect(end).toMatchObject({ alerts: [], next: null });
  expect(page.alerts[0]).toMatchObject({
    alert: "secret_stopped",
    severity: "P1",
    says: "a card number in its output at `$.done` was stopped at the record",
    step_id: "ask",
    tool: "blab",
    runbook: "RB-04",
  });
});

test("alerts are a tenant's own, counted in its overview, and looked for from when on it is asked", async () => {
  const vera = await bench().client("vera2", "viewer");
  const oscar = await bench().client("oscar", "viewer", { tenant: OTHER });
  const run = await blab(OTHER);

  expect(asAlerts(await oscar.get("/v1/alerts")).body.alerts.map(({ run_id }) => run_id)).toEqual([run]);
  const { alerts } = asOverview(await oscar.get("/v1/overview")).body;
  expect(alerts).toEqual([
    { alert: "secret_stopped", severity: "P1", count: 1, is_more: false, oldest_at: expect.any(String) },
  ]);
  expect(asOverview(await vera.get("/v1/overview")).body.alerts).toMatchObject([{ count: 2 }]);
  expect(asAlerts(await vera.get("/v1/alerts?since=2100-01-01T00:00:00Z")).body.alerts).toEqual([]);
});

test("a time that is none and a page that nobody gave are refused", async () => {
  const vera = await bench().client("vera3", "viewer");

  const refused = [await vera.get("/v1/alerts?since=yesterday"), await vera.get("/v1/alerts?before=x")];

  expect(refused.map(codeIn)).toEqual(["REQUEST_INVALID", "REQUEST_INVALID"]);
});
