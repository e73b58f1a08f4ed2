import { describe, expect, test } from "vitest";
import { formatInstant, instant, isJsonObject, type Json, type JsonObject } from "../../src/contracts/index.ts";
import { inTenant, type TenantQuery } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { asStarted, codeIn, type Got, member } from "./answer.ts";
import { freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();

const inShop = <T>(work: (sql: TenantQuery) => Promise<T>): Promise<T> =>
  inTenant(bench().installation.database, SHOP, work);

const listed = (body: Json, name: string): readonly JsonObject[] => {
  const rows = member(body, name);
  return Array.isArray(rows) ? rows.filter(isJsonObject) : [];
};

const said = (got: Got) => [got.status, codeIn(got)];

/** A breaker that a service's failures have opened. */
async function openBreaker(name: string): Promise<void> {
  await inShop(async (sql) => {
    await sql`
      insert into breaker (tenant_id, breaker_id, state, failure_times, success_count, probe_count, expires_at, revision)
      values (${SHOP}, ${name}, 'CLOSED', '{}', 0, 0, clock() + interval '5 minutes', 1)`;
    await sql`
      update breaker set state = 'OPEN', opened_at = clock(), revision = 5 where tenant_id = ${SHOP} and breaker_id = ${name}`;
  });
}

const breakerIn = (body: Json, name: string): JsonObject =>
  listed(body, "breakers").find(({ breaker_id }) => breaker_id === name) ?? {};

describe("breakers over HTTP", () => {
  test("an open one is shown with its history; an administrator closes the one that was looked at, on the record", async () => {
    const [ada, vera] = [await bench().client("ada", "admin"), await bench().client("vera", "viewer")];
    await openBreaker("stripe");
    const path = "/v1/breakers/stripe/reset";
    const shown = breakerIn((await vera.get("/v1/breakers")).body, "stripe");

    const barred = await vera.post(path, { revision: 5, reason: "it is back" });
    const moved = await ada.post(path, { revision: 4, reason: "it is back" });
    const done = await ada.post(path, { revision: 5, reason: "it is back" });
    const again = await ada.post(path, { revision: 5, reason: "it is back" });
    const unknown = await ada.post("/v1/breakers/none/reset", { revision: 0, reason: "it is back" });
    const audit = await vera.get("/v1/ledger/streams/audit?limit=200");

    expect(shown).toMatchObject({
      state: "OPEN",
      revision: 5,
      open_duration_seconds: 60,
      changes: [{ state: "OPEN" }],
    });
    expect(shown.actions).toEqual([expect.objectContaining({ name: "reset", allowed: false, code: "ROLE_REQUIRED" })]);
    expect([barred, moved, again, unknown].map(said)).toEqual([
      [403, "ROLE_REQUIRED"],
      [409, "BREAKER_MOVED"],
      [409, "BREAKER_MOVED"],
      [404, "BREAKER_NOT_FOUND"],
    ]);
    expect(done.body).toMatchObject({
      state: "CLOSED",
      revision: 6,
      changes: [{ state: "CLOSED" }, { state: "OPEN" }],
    });
    expect(listed(audit.body, "events").filter(({ type }) => type === "breaker.reset")).toEqual([
      expect.objectContaining({
        actor: "ada",
        payload: expect.objectContaining({ state: "OPEN", reason: "it is back" }),
      }),
    ]);
  });
});

describe("keys over HTTP", () => {
  test("an administrator lists and revokes them; a revoked one is nobody's from its next request on", async () => {
    const [ada, olga] = [await bench().client("ada", "admin"), await bench().client("olga", "operator")];
    const keys = await ada.get("/v1/keys");
    const own = listed(keys.body, "keys").find(({ principal_id }) => principal_id === "olga") ?? {};
    const path = `/v1/keys/${own.key_id}/revoke`;

    const barred = await olga.get("/v1/keys");
    const revoked = await ada.post(path, { reason: "she has left" });
    const after = await olga.get("/v1/me");
    const again = await ada.post(path);
    const unknown = await ada.post("/v1/keys/none/revoke");

    expect(own).toMatchObject({ kind: "person", role: "operator", revoked_at: null, is_yours: false });
    expect(JSON.stringify(keys.body)).not.toMatch(/cmk_|sha256/);
    expect([barred, after, unknown].map(said)).toEqual([
      [403, "ROLE_REQUIRED"],
      [401, "UNAUTHENTICATED"],
      [404, "KEY_NOT_FOUND"],
    ]);
    expect(revoked.body).toMatchObject({ key_id: String(own.key_id), revoked_at: expect.any(String) });
    expect(again.body).toEqual(revoked.body);
  });

  test("the last key that could make others cannot be revoked, however many others there are", async () => {
    const ada = await bench().client("ada", "admin", { tenant: OTHER });
    await bench().client("olga", "operator", { tenant: OTHER });
    const own = listed((await ada.get("/v1/keys")).body, "keys").find(({ is_yours }) => is_yours) ?? {};

    expect(said(await ada.post(`/v1/keys/${own.key_id}/revoke`))).toEqual([409, "KEY_IS_LAST"]);
    await bench().client("eve", "admin", { tenant: OTHER });
    expect(said(await ada.post(`/v1/keys/${own.key_id}/revoke`))).toEqual([200, null]);
  });
});

describe("what is held and what waits, over HTTP", () => {
  test("runs in hand are listed with holder, epoch and end of the lease; those that are due, with how long", async () => {
    const [olga, stranger] = [
      await bench().client("olga", "operator"),
      await bench().client("olga", "operator", { tenant: OTHER }),
    ];
    const start = async () => {
      const { body } = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
      await bench().until(
        () => olga.get(`/v1/runs/${body.run_id}`),
        ({ status }) => status === "SUSPENDED_WAIT",
      );
      return body.run_id;
    };
    const [worked, tokened] = [await start(), await start()];
    const holder = { step_id: "hold", thread_id: "agent-1", host_id: "machine-1", pid: 4_711 };
    await olga.post(`/v1/runs/${tokened}/leases`, holder);
    await inShop(async (sql) => {
      await sql`update run set status = 'RUNNING' where tenant_id = ${SHOP} and run_id = ${worked}`;
      await sql`
        update due set worker_id = 'worker-1', epoch = 7, due_at = clock() + interval '1 hour'
         where tenant_id = ${SHOP} and kind = 'run' and id = ${worked}`;
      await sql`
        insert into takeover (tenant_id, run_id, epoch, holder, previous_epoch, previous_holder, stale_since, detected_at)
        values (${SHOP}, ${worked}, 7, 'worker-1', 6, 'worker-0', clock() - interval '9 seconds', clock())`;
    });

    const held = await olga.get("/v1/leases");
    const taken = await olga.get("/v1/takeovers");
    const elsewhere = await stranger.get("/v1/leases");

    expect(listed(held.body, "leases")).toEqual([
      expect.objectContaining({ run_id: worked, workflow_id: "Hold", by: "worker", holder: "worker-1", epoch: 7 }),
      expect.objectContaining({ run_id: tokened, by: "token", holder: "agent-1" }),
    ]);
    expect(listed(taken.body, "takeovers")).toEqual([
      expect.objectContaining({
        run_id: worked,
        epoch_before: 6,
        epoch_after: 7,
        previous_holder: "worker-0",
        violations: 0,
      }),
    ]);
    expect(elsewhere.body).toMatchObject({ leases: [], due: [] });
  });

  test("events that are not applied are listed with what they wait for", async () => {
    const vera = await bench().client("vera", "viewer");
    await inShop(
      (sql) => sql`
        insert into inbound_event (tenant_id, event_id, source, source_event_id, event_type, type, entity_type, entity_id,
               received_at, seq, predecessor_source_event_id, signature_valid, payload_json, payload_sha256, processing_status, held_since)
        values (${SHOP}, 'e-1', 'STRIPE', 'evt_2', 'charge.refunded', 'payment.refunded', 'payment', ${`${SHOP}_pay_1`}, clock(), 1, 'evt_1',
               true, '{}', '', 'HELD_ORDERING', clock())`,
    );

    const held = await vera.get("/v1/unsettled-events");
    const others = await vera.get("/v1/unsettled-events?status=RECONCILE_QUEUED");

    expect(listed(held.body, "events")).toEqual([
      expect.objectContaining({
        event_id: "e-1",
        status: "HELD_ORDERING",
        waits_for: "evt_1",
        event_type: "charge.refunded",
      }),
    ]);
    expect(others.body).toEqual({ events: [] });
  });
});

describe("series over HTTP", () => {
  /** Around now, so that all parts but one are empty. */
  const around = (ms: number): string => {
    const now = realHost.clock.now();
    return `from=${formatInstant(instant(now - ms))}&to=${formatInstant(instant(now + ms))}`;
  };

  test("what ended is counted in its part, workflow by workflow, and refused calls with their reasons", async () => {
    const { client, until } = bench();
    const [olga, ada] = [await client("olga", "operator"), await client("ada", "admin")];
    const { run_id } = asStarted(
      await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } }),
    ).body;
    await until(
      () => olga.get(`/v1/runs/${run_id}`),
      ({ ended_at }) => ended_at !== null,
    );
    await ada.post("/v1/tools/note/revoke", { reason: "it misspells" });
    await olga.post("/v1/calls", { tool: "note", input: { order_id: freshOrder() } });

    const series = await olga.get(`/v1/series?${around(3_600_000)}&parts=4`);
    const parts = listed(series.body, "parts");

    expect(parts).toHaveLength(4);
    expect(parts.map(({ succeeded }) => Number(succeeded) > 0)).toEqual([false, true, false, false]);
    expect(parts[0]).toMatchObject({ succeeded: 0, p95_ms: null, cost_micros: 0, refused_calls: 0 });
    expect(listed(series.body, "workflows")).toContainEqual(
      expect.objectContaining({ workflow_id: "Note", runs: 1, succeeded: 1 }),
    );
    expect(member(series.body, "refusals")).toEqual([{ code: "PERMISSION_DENIED", count: 1 }]);
  });

  test.each([
    ["from=soon&to=2026-01-01T00:00:00Z", "$.from"],
    ["from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "$.to"],
    ["from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "$.from"],
  ])(
    "a time that is none, ends before it begins or is longer than a month is refused: %s",
    async (query, field_path) => {
      const vera = await bench().client("vera", "viewer");

      expect((await vera.get(`/v1/series?${query}`)).body).toMatchObject({ code: "REQUEST_INVALID", field_path });
    },
  );
});
