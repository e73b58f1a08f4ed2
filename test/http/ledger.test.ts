import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/contracts/index.ts";
import { onAdmin } from "../database/admin.ts";
import {
  asActivated,
  asChecked,
  asEvents,
  asPacks,
  asReplay,
  asStarted,
  asStreams,
  asVerification,
  type Run,
} from "./answer.ts";
import { freshOrder, OTHER, useBench } from "./bench.ts";

const bench = useBench();
const ended = ({ ended_at }: Run) => ended_at !== null;

/** A run of Note that has ended. */
async function noted() {
  const { client, until } = bench();
  const olga = await client("olga", "operator");
  const started = asStarted(await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } }));
  const runId = started.body.run_id;
  await until(() => olga.get(`/v1/runs/${runId}`), ended);
  return { olga, runId };
}

describe("the ledger over HTTP", () => {
  test("streams are listed with their heads, and each is read with its chain", async () => {
    const { olga, runId } = await noted();

    const listed = asStreams(await olga.get("/v1/ledger/streams?limit=200"));
    const first = asEvents(await olga.get(`/v1/ledger/streams/${runId}?limit=1`));
    const rest = asEvents(await olga.get(`/v1/ledger/streams/${runId}?after=${first.body.next}`));

    const events = [...first.body.events, ...rest.body.events];
    const head = listed.body.streams.find(({ stream }) => stream === runId);
    expect(head).toEqual({ stream: runId, seq: events.length, hash: events.at(-1)?.hash });
    expect(events.slice(1).map(({ prev_hash }) => prev_hash)).toEqual(events.slice(0, -1).map(({ hash }) => hash));
    expect(listed.body.streams.map(({ stream }) => stream)).toContain("audit");
  });

  test("every stream of the tenant verifies, the audit stream among them", async () => {
    const { olga } = await noted();
    const { streams } = asStreams(await olga.get("/v1/ledger/streams?limit=200")).body;

    const verified = asVerification(await olga.post("/v1/ledger/verify"));

    expect(verified.body).toMatchObject({ verified: true, broken: null, streams: streams.length });
    expect(verified.body.events).toBe(streams.reduce((sum, { seq }) => sum + seq, 0));
  });

  test("a stream of another tenant is not found", async () => {
    const { runId } = await noted();
    const oscar = await bench().client("oscar", "admin", { tenant: OTHER });

    expect(await oscar.post("/v1/ledger/verify", { stream: runId })).toMatchObject({
      status: 404,
      body: { code: "STREAM_NOT_FOUND" },
    });
  });

  test("an event that was put under a day or a stream where nobody reads is found", async () => {
    const { olga, runId } = await noted();
    const copied = (change: object) =>
      onAdmin(
        bench().database.options,
        (sql) => sql`
          insert into countermark.event
          select (jsonb_populate_record(e, ${JSON.stringify(change)}::text::jsonb)).*
            from countermark.event e where stream = ${runId} and seq = 2`,
      );

    await copied({ stream_day: "2026-01-01", event_id: "elsewhere" });
    const day = asVerification(await olga.post("/v1/ledger/verify"));
    await copied({ stream: "0-nowhere", event_id: "nowhere" });
    const stream = asVerification(await olga.post("/v1/ledger/verify"));

    expect(day.body.broken).toMatchObject({ stream: runId, seq: 2, rule: "foreign_entry", found: "2026-01-01" });
    expect(stream.body.broken).toMatchObject({ stream: "0-nowhere", rule: "foreign_entry", expected: "no event" });
  });

  test("an altered entry, an altered payload and a cut-off end are named, and so is the run that no longer replays", async () => {
    const { olga, runId } = await noted();
    const { options } = bench().database;
    const other = await noted();
    const third = await noted();
    const payload = '{"forged":true}';
    await onAdmin(options, async (sql) => {
      await sql`update countermark.event set actor = 'nobody' where stream = ${runId} and seq = 2`;
      await sql`update countermark.event set payload = ${payload} where stream = ${other.runId} and seq = 2`;
      await sql`delete from countermark.event where stream = ${third.runId} and type = 'run.ended'`;
    });

    const entry = await olga.post("/v1/ledger/verify", { stream: runId });
    const content = asVerification(await olga.post("/v1/ledger/verify", { stream: other.runId }));
    const end = asVerification(await olga.post("/v1/ledger/verify", { stream: third.runId }));
    const all = asVerification(await olga.post("/v1/ledger/verify"));

    expect(entry.body).toMatchObject({
      verified: false,
      events: 1,
      broken: { stream: runId, seq: 2, rule: "altered_entry" },
    });
    expect(content.body.broken).toMatchObject({ seq: 2, rule: "altered_payload", found: sha256Hex(payload) });
    expect(end.body.broken).toMatchObject({ rule: "truncated" });
    expect(all.body.verified).toBe(false);
  });

  test("a recording that was changed is told from what the run decides, event by event (P1-T15)", async () => {
    const { olga, runId } = await noted();
    await onAdmin(
      bench().database.options,
      (sql) => sql`
        update countermark.event set payload = replace(payload, '"done":"note"', '"done":"fake"')
         where stream = ${runId} and type = 'step.succeeded'`,
    );

    const replayed = asReplay(await olga.post(`/v1/runs/${runId}/replay`));

    expect(replayed.body).toMatchObject({ identical: false, verdict: "semantic_drift", drift: "D4" });
    expect(replayed.body.first).toMatchObject({
      code: "REPLAY_MISMATCH",
      stream: runId,
      type: "run.ended",
      field_path: "$.payload.document_sha256",
    });
  });
});

describe("packs over HTTP", () => {
  test("a pack's text is checked with every error at its place, and changes nothing", async () => {
    const vera = await bench().client("vera", "viewer");

    const broken = await vera.post("/v1/check", { document: "id: [" });
    const wrong = asChecked(await vera.post("/v1/check", { document: "id: a\nname: A\nversion: one\n" }));
    const { pack } = bench().till.pack;
    const fine = await vera.post("/v1/check", { document: JSON.stringify(pack) });

    expect(broken.body).toMatchObject({ ok: false, digest: null, errors: [{ code: "PACK_SYNTAX", line: 1 }] });
    expect(wrong.body.errors).toContainEqual(
      expect.objectContaining({ code: "PACK_INVALID", path: "$.version", line: 3 }),
    );
    expect(wrong.body.text).toContain("3:10 $.version: must be a semantic version");
    expect(fine.body).toMatchObject({ ok: true, digest: bench().till.pack.config_hash, errors: [], text: "" });
  });

  test("a new version is activated; new runs start on it, and the list shows it", async () => {
    const { client, till } = bench();
    const ada = await client("ada", "admin", { tenant: OTHER });
    const document = JSON.stringify({ ...till.pack.pack, version: "1.1.0" });

    const activated = asActivated(await ada.post("/v1/packs", { document }));
    const listed = asPacks(await ada.get("/v1/packs"));
    const started = asStarted(await ada.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder(OTHER) } }));
    const refused = await ada.post("/v1/packs", { document: JSON.stringify({ ...till.pack.pack, bounds: null }) });

    expect(activated).toMatchObject({ status: 201, body: { pack_id: "till", version: "1.1.0" } });
    expect(listed.body.packs).toMatchObject([{ pack_id: "till", version: "1.1.0", state: "ACTIVE" }]);
    expect(listed.body.packs[0]?.tools).toContainEqual(
      expect.objectContaining({ name: "pay", side_effect_level: "FINANCIAL", revoked: false }),
    );
    expect(started.body.pack_digest).toBe(activated.body.digest);
    expect(refused).toMatchObject({ status: 400, body: { code: "CC02_BOUNDS_MISSING" } });
  });
});
