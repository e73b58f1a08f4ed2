import { describe, expect, test } from "vitest";
import { freshOrder, OTHER, useBench } from "./bench.ts";

const bench = useBench();
const ended = (body: { ended_at: string | null }) => body.ended_at !== null;

describe("runs over HTTP", () => {
  test("a run is started, done, shown with its receipt and replayed", async () => {
    const { client, until, till } = bench();
    const olga = await client("olga", "operator");
    const order_id = freshOrder();

    const started = await olga.post("/v1/runs", { workflow: "Note", input: { order_id } });
    const path = `/v1/runs/${started.body.run_id}`;
    const shown = await until(() => olga.get(path), ended);
    const replayed = await olga.post(`${path}/replay`);

    expect(started.status).toBe(201);
    expect(shown.body).toMatchObject({
      status: "SUCCEEDED",
      outcome: "SUCCESS",
      document: { write: { done: "note" } },
    });
    expect(shown.body.why).toMatch(/^succeeded at /);
    expect(shown.body.receipts).toHaveLength(1);
    expect(till.effects).toContain(`note ${order_id}`);
    expect(replayed.body).toMatchObject({ identical: true, first: null, document_sha256: shown.body.document_sha256 });
    expect(replayed.body.receipts).toEqual([shown.body.receipts[0].receipt_id]);
  });
});
