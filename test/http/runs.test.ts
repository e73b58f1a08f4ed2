import { describe, expect, test } from "vitest";
import { asEvents, asReplay, asRun, asRuns, asStarted, codeIn, member, type Run } from "./answer.ts";
import { type Client, freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();
const ended = ({ ended_at }: Run) => ended_at !== null;
const isIn = (status: string) => (run: Run) => run.status === status;

describe("runs over HTTP", () => {
  test("a run is started, done, shown with its receipt and replayed to the same document and receipts (P1-T15)", async () => {
    const { client, until, till } = bench();
    const olga = await client("olga", "operator");
    const order_id = freshOrder();

    const started = asStarted(await olga.post("/v1/runs", { workflow: "Note", input: { order_id } }));
    const path = `/v1/runs/${started.body.run_id}`;
    const shown = await until(() => olga.get(path), ended);
    const replayed = asReplay(await olga.post(`${path}/replay`));

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
    expect(replayed.body.receipts).toEqual([shown.body.receipts[0]?.receipt_id]);
  });

  test("one start key starts one run", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");
    const asked = { workflow: "Note", input: { order_id: freshOrder() }, start_key: "order-77-paid" };

    const first = asStarted(await olga.post("/v1/runs", asked));
    const second = asStarted(await olga.post("/v1/runs", asked));

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.run_id).toBe(first.body.run_id);
  });

  test("runs are listed newest first, page by page", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const started = asStarted(await olga.post("/v1/runs", { workflow: "Listen", input: { order_id: freshOrder() } }));
      ids.unshift(started.body.run_id);
    }

    const first = asRuns(await olga.get("/v1/runs?workflow=Listen&limit=2"));
    const second = asRuns(await olga.get(`/v1/runs?workflow=Listen&limit=2&before=${first.body.next}`));

    expect([...first.body.runs, ...second.body.runs].map(({ run_id }) => run_id)).toEqual(ids);
    expect(second.body.next).toBeNull();
  });

  test("what a trigger's schema does not take is refused before anything is stored", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");

    const missing = await olga.post("/v1/runs", { workflow: "Note", input: {} });
    const unknown = await olga.post("/v1/runs", { workflow: "Nowhere", input: {} });

    expect(missing).toMatchObject({ status: 400, body: { code: "INVALID_INPUT" } });
    expect(unknown).toMatchObject({ status: 404, body: { code: "WORKFLOW_NOT_FOUND" } });
  });

  test("an input that may not be stored as it is starts nothing, and the answer does not repeat it", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");
    const note = "write to jane.doe@example.org";

    const refused = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder(), note } });

    expect(refused).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID", field_path: "$.note" } });
    expect(JSON.stringify(refused.body)).not.toContain("jane.doe");
  });

  test("a run that waits for a person says so, is resumed once, and names who did it", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const path = `/v1/runs/${started.body.run_id}`;

    const waiting = await until(() => olga.get(path), isIn("SUSPENDED_WAIT"));
    const resumed = await olga.post(`${path}/resume`, { payload: { seen: "yes" } });
    const shown = await until(() => olga.get(path), ended);
    const again = await olga.post(`${path}/resume`);
    const events = asEvents(await olga.get(`${path}/events`));

    expect(waiting.body.why).toMatch(/^waits at step `hold` until .* UTC/);
    expect(resumed.status).toBe(202);
    expect(shown.body).toMatchObject({ status: "SUCCEEDED", document: { hold: { seen: "yes" } } });
    expect(again).toMatchObject({ status: 409, body: { code: "RUN_CLOSED" } });
    const released = events.body.events.filter(({ type }) => type === "wait.released");
    expect(released).toMatchObject([{ payload: { by: "olga" } }]);
  });

  test("a run that waits for an event goes on when it is told of it", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const order_id = freshOrder();
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Listen", input: { order_id } }));
    const path = `/v1/runs/${started.body.run_id}`;
    const waiting = await until(() => olga.get(path), isIn("SUSPENDED_WAIT"));

    const told = await olga.post(`${path}/signal`, {
      event_type: "parcel.sent",
      entity_id: order_id,
      payload: { n: 1 },
    });
    const shown = await until(() => olga.get(path), ended);

    expect(waiting.body.why).toContain("for the event `parcel.sent`");
    expect(told.status).toBe(202);
    expect(shown.body).toMatchObject({ status: "SUCCEEDED", document: { listen: { n: 1 } } });
  });

  test("an event that no step of the run may still want is refused, and what it may want is named", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const start = async (workflow: string) =>
      asStarted(await olga.post("/v1/runs", { workflow, input: { order_id: freshOrder() } })).body.run_id;
    const [listening, holding] = [await start("Listen"), await start("Hold")];
    for (const id of [listening, holding]) await until(() => olga.get(`/v1/runs/${id}`), isIn("SUSPENDED_WAIT"));

    const misspelt = await olga.post(`/v1/runs/${listening}/signal`, { event_type: "parcel.snet" });
    const deaf = await olga.post(`/v1/runs/${holding}/signal`, { event_type: "parcel.sent" });

    for (const answer of [misspelt, deaf])
      expect(answer).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID", field_path: "$.event_type" } });
    expect(member(misspelt.body, "detail")).toMatch(
      /no event `parcel\.snet`, now or later; it may still take `parcel\.sent`$/,
    );
    expect(member(deaf.body, "detail")).toMatch(/it may still take no event$/);
  });

  test("a waiting run is cancelled, with who and why in its transcript and on the audit stream", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const path = `/v1/runs/${started.body.run_id}`;
    await until(() => olga.get(path), isIn("SUSPENDED_WAIT"));

    const asked = await olga.post(`${path}/cancel`, { reason: "ordered twice" });
    const shown = await until(() => olga.get(path), ended);
    const events = asEvents(await olga.get(`${path}/events`));
    const audit = asEvents(await olga.get("/v1/ledger/streams/audit?limit=200"));

    expect(asked.status).toBe(202);
    expect(shown.body).toMatchObject({ status: "CANCELLED", code: "RUN_CANCELLED" });
    expect(shown.body.why).toMatch(/^was cancelled at /);
    const payloads = events.body.events.filter(({ type }) => type === "run.cancel_requested");
    expect(payloads).toMatchObject([{ payload: { by: "olga", reason: "ordered twice" } }]);
    const audited = audit.body.events.filter(
      ({ type, payload }) => type === "run.cancel_asked" && member(payload, "run_id") === started.body.run_id,
    );
    expect(audited).toMatchObject([{ actor: "olga" }]);
  });

  test("an effect of which nobody knows whether it happened waits for a person, who settles it with its output", async () => {
    const { client, until, till } = bench();
    const [ada, olga] = [await client("ada", "admin"), await client("olga", "operator")];
    const order_id = freshOrder();
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Lose", input: { order_id } }));
    const path = `/v1/runs/${started.body.run_id}`;
    const waiting = await until(() => olga.get(path), isIn("SUSPENDED_WAIT"));

    const byOperator = await olga.post(`${path}/resolve`, { applied: true, output: { done: "yes" } });
    const misshapen = await ada.post(`${path}/resolve`, { applied: true, output: { dnoe: "yes" } });
    const settled = await ada.post(`${path}/resolve`, { applied: true, output: { done: "yes" } });
    const shown = await until(() => olga.get(path), ended);

    expect(waiting.body.why).toMatch(
      /^does not know whether step `send` took effect .*`countermark run resolve [^`]+`$/,
    );
    expect(byOperator).toMatchObject({ status: 403, body: { code: "ROLE_REQUIRED" } });
    expect(misshapen).toMatchObject({ status: 400, body: { code: "SCHEMA_INVALID" } });
    expect(settled.status).toBe(202);
    expect(shown.body).toMatchObject({ status: "SUCCEEDED", document: { send: { done: "yes" } } });
    expect(till.effects.filter((effect) => effect === `lose ${order_id}`)).toHaveLength(1);
  });

  test("nothing is settled by hand that is not open", async () => {
    const { client, until } = bench();
    const ada = await client("ada", "admin");
    const started = asStarted(await ada.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const path = `/v1/runs/${started.body.run_id}`;
    await until(() => ada.get(path), isIn("SUSPENDED_WAIT"));

    const settled = await ada.post(`${path}/resolve`, { applied: true, output: { done: "yes" } });

    expect(settled).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID", field_path: "$.lane" } });
  });
});

describe("runs of other tenants", () => {
  test("a run or approval that exists only elsewhere is not found, and nothing of it changes (P1-T34 DS-16 DUR-30)", async () => {
    const { client, until } = bench();
    const olga = await client("olga", "operator");
    const oscar = await client("oscar", "admin", { tenant: OTHER });
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
    const path = `/v1/runs/${started.body.run_id}`;
    const before = await until(() => olga.get(path), isIn("SUSPENDED_WAIT"));

    const answers = [
      await oscar.get(path),
      await oscar.get(`${path}/events`),
      await oscar.get(`${path}/stream`),
      await oscar.post(`${path}/cancel`, { reason: "mine now" }),
      await oscar.post(`${path}/resume`, {}),
      await oscar.post(`${path}/resolve`, { applied: true }),
      await oscar.post(`${path}/upgrade`, {}),
      await oscar.post(`${path}/takeover`, { override: "force", reason: "mine now" }),
      await oscar.post(`${path}/replay`),
    ];

    expect(answers.map((answer) => [answer.status, codeIn(answer)])).toEqual(answers.map(() => [404, "RUN_NOT_FOUND"]));
    expect(asRuns(await oscar.get("/v1/runs?workflow=Hold")).body.runs).toEqual([]);
    expect(asRun(await olga.get(path)).body.events).toBe(before.body.events);
  });

  test("an entity id of another tenant is forbidden wherever it stands, and recorded as an incident (P1-T34)", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");
    const foreign = freshOrder(OTHER);

    const inBody = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: foreign } });
    const inPath = await olga.get(`/v1/ledger/streams/${foreign}`);
    const inCall = await olga.post("/v1/calls", { tool: "look", input: { order_id: foreign } });

    for (const answer of [inBody, inPath, inCall]) {
      expect(answer).toMatchObject({ status: 403, body: { code: "CROSS_TENANT_ATTEMPT" } });
    }
    expect(await attemptsOf(olga)).toMatchObject(
      ["POST /v1/runs", "GET /v1/ledger/streams/{stream}", "POST /v1/calls"].map((request) => ({
        type: "request.cross_tenant",
        actor: "olga",
        severity: "error",
        payload: { source_tenant: SHOP, target_tenant: OTHER, severity: "HIGH", request },
      })),
    );
  });

  test("an own id that does not exist is simply not found", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");

    const answer = await olga.get(`/v1/ledger/streams/${freshOrder()}`);

    expect(answer).toMatchObject({ status: 404, body: { code: "STREAM_NOT_FOUND" } });
  });

  test("a forged tenant header chooses nothing, and is recorded as an incident (P1-T-RK06a)", async () => {
    const { client } = bench();
    const vera = await client("vera", "viewer");

    const me = await vera.get("/v1/me", { "x-tenant-id": OTHER });

    expect(me.body).toMatchObject({ tenant_id: SHOP, principal_id: "vera", role: "viewer", mode: "sandbox" });
    const attempts = (await attemptsOf(vera)).filter(({ actor }) => actor === "vera");
    expect(attempts).toMatchObject([
      { type: "request.tenant_header_ignored", severity: "error", payload: { target_tenant: OTHER } },
    ]);
  });
});

async function attemptsOf(client: Client) {
  const { body } = asEvents(await client.get("/v1/ledger/streams/audit?limit=200"));
  return body.events.filter(({ payload }) => member(payload, "code") === "CROSS_TENANT_ATTEMPT");
}
