import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/contracts/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { codeIn, member } from "./answer.ts";
import { freshOrder, SHOP, useBench } from "./bench.ts";

const bench = useBench();

/** Stores a webhook that cannot be applied, and gives its letter's id. */
async function rejectedWebhook(reason = "EVENT_UNUSABLE"): Promise<string> {
  const { installation } = bench();
  const id = installation.host.ids.next();
  await inTenant(
    installation.database,
    SHOP,
    (sql) => sql`
      insert into inbound_event (tenant_id, event_id, source, source_event_id, event_type, type, entity_type, entity_id,
             received_at, seq, signature_valid, payload_json, payload_sha256, processing_status, status_reason)
      values (${SHOP}, ${id}, 'STRIPE', ${id}, 'charge.failed', '', '', '', clock(), 1, true, '{}', '', 'REJECTED', ${reason})`,
  );
  return id;
}

const listed = (body: Json, name: string): readonly JsonObject[] => {
  const rows = member(body, name);
  return Array.isArray(rows) ? rows.filter(isJsonObject) : [];
};

describe("dead letters over HTTP", () => {
  test("a webhook that cannot be applied is listed, shown, and resolved once, by whoever may operate", async () => {
    const [olga, vera] = [await bench().client("olga", "operator"), await bench().client("vera", "viewer")];
    const id = await rejectedWebhook();
    const path = `/v1/dead-letters/${id}`;

    const before = await vera.get("/v1/dead-letters?state=PENDING_REVIEW");
    const needs = await vera.get("/v1/needs-person");
    const refused = await vera.post(`${path}/resolve`, { reason: "seen" });
    const requeued = await olga.post(`${path}/requeue`, { reason: "again" });
    const resolved = await olga.post(`${path}/resolve`, { reason: "seen" });
    const again = await olga.post(`${path}/resolve`, { reason: "seen once more" });
    const discarded = await olga.post(`${path}/discard`, { reason: "never mind" });
    const shown = await vera.get(path);

    const row = { dead_letter_id: id, kind: "webhook", reason_code: "EVENT_UNUSABLE", state: "PENDING_REVIEW" };
    expect(listed(before.body, "dead_letters")).toContainEqual(expect.objectContaining(row));
    expect(listed(needs.body, "needs")).toContainEqual(
      expect.objectContaining({ what: "dead_letter", id, run_id: null }),
    );
    expect([refused.status, codeIn(refused)]).toEqual([403, "ROLE_REQUIRED"]);
    expect([requeued.status, codeIn(requeued)]).toEqual([409, "DEAD_LETTER_NOT_REQUEUABLE"]);
    expect(resolved.body).toMatchObject({ state: "RESOLVED", reviewed_by: "olga", review_reason: "seen" });
    expect(again.body).toEqual(resolved.body);
    expect([discarded.status, codeIn(discarded)]).toEqual([409, "STATE_TRANSITION_ILLEGAL"]);
    expect(shown.body).toMatchObject({ state: "RESOLVED", original: null });
    expect(codeIn(await vera.get("/v1/dead-letters/none"))).toBe("DEAD_LETTER_NOT_FOUND");
  });

  test("one of a type that nobody uses is no letter", async () => {
    const vera = await bench().client("vera", "viewer");
    const id = await rejectedWebhook("EVENT_NOT_USED");

    expect((await vera.get(`/v1/dead-letters/${id}`)).status).toBe(404);
  });
});

describe("versions over HTTP", () => {
  test("a run on the active version stays as it is, an ended one is refused, and who tried is written down", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const start = async (workflow: string) =>
      String(member((await olga.post("/v1/runs", { workflow, input: { order_id: freshOrder() } })).body, "run_id"));
    const [open, done] = [await start("Listen"), await start("Note")];
    await until(
      () => olga.get(`/v1/runs/${done}`),
      ({ ended_at }) => ended_at !== null,
    );

    const current = await olga.post(`/v1/runs/${open}/upgrade`);
    const closed = await olga.post(`/v1/runs/${done}/upgrade`);
    const cancelled = await olga.post(`/v1/runs/${done}/cancel`, { reason: "too late" });
    const all = await olga.post("/v1/upgrades", { dry_run: true });

    expect(current.body).toMatchObject({ run_id: open, result: "current", first: null });
    expect([codeIn(closed), codeIn(cancelled)]).toEqual(["RUN_CLOSED", "RUN_CLOSED"]);
    expect(all.body).toEqual({ runs: [], next: null });
    const audit = await olga.get("/v1/ledger/streams/audit?limit=200");
    expect(JSON.stringify(audit.body)).toContain("run.act_refused");
  });

  test("a transcript is exported with the pack that it takes to decide it again", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const started = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } });
    const path = `/v1/runs/${member(started.body, "run_id")}`;
    await until(
      () => olga.get(path),
      ({ ended_at }) => ended_at !== null,
    );

    const exported = await olga.get(`${path}/transcript`);

    expect(exported.body).toMatchObject({ schema: "countermark.transcript.v1", workflow_id: "Note" });
    expect(listed(exported.body, "events").map(({ type }) => type)).toEqual([
      "run.started",
      "step.succeeded",
      "run.ended",
    ]);
  });
});
