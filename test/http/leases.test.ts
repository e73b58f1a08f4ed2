import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/contracts/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { assertWriter } from "../../src/worker/index.ts";
import { asEvents, asStarted, codeIn, type Got, member } from "./answer.ts";
import { type Client, freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();
let olga: Client;

beforeAll(async () => {
  olga = await bench().client("olga", "operator");
});

const HOLDER = { step_id: "hold", thread_id: "agent-1", host_id: "machine-1", pid: 4_711 } as const;

/** The leases of a run that waits for a person, so that no worker has it in hand. */
async function waitingRun(): Promise<string> {
  const started = asStarted(await olga.post("/v1/runs", { workflow: "Hold", input: { order_id: freshOrder() } }));
  const path = `/v1/runs/${started.body.run_id}`;
  await bench().until(
    () => olga.get(path),
    ({ status }) => status === "SUSPENDED_WAIT",
  );
  return `${path}/leases`;
}

/** A lease on such a run, and what its holder shows. */
async function held(asked: JsonObject = {}) {
  const leases = await waitingRun();
  const granted = await olga.post(leases, { ...HOLDER, ...asked });
  expect(granted.status).toBe(201);
  const token = String(member(granted.body, "lease_token"));
  return { leases, granted: granted.body, token, shows: { step_id: HOLDER.step_id, lease_token: token } };
}

const said = (got: Got) => [got.status, codeIn(got)];

const statuses = (list: Json) => {
  const leases = member(list, "leases");
  return Array.isArray(leases) ? leases.map((lease: Json) => [member(lease, "epoch"), member(lease, "status")]) : [];
};

describe("a lease by token over HTTP", () => {
  test("CO-304 is registered for half an hour, beaten, renewed and released by its token; the run is the workers' then", async () => {
    const { leases, granted, token, shows } = await held();

    const beaten = await olga.post(`${leases}/heartbeat`, shows);
    const renewed = await olga.post(`${leases}/renew`, { ...shows, ttl_seconds: 7_200 });
    await olga.post(leases.replace("leases", "resume"));
    const listed = await olga.get(leases);
    const released = await olga.post(`${leases}/release`, shows);
    const ended = await bench().until(
      () => olga.get(leases.replace("/leases", "")),
      ({ outcome }) => outcome !== null,
    );

    expect(granted).toMatchObject({ ...HOLDER, lane: "controller", ttl_seconds: 1_800, status: "ACTIVE" });
    expect(token).toMatch(/^lease_[0-9a-f]{32}$/);
    expect(beaten).toMatchObject({ status: 200, body: { expiry: member(granted, "expiry"), status: "ACTIVE" } });
    expect(renewed.body).toMatchObject({ ttl_seconds: 7_200, epoch: member(granted, "epoch") });
    expect(Date.parse(String(member(renewed.body, "expiry")))).toBeGreaterThan(
      Date.parse(String(member(granted, "expiry"))),
    );
    expect(released.body).toMatchObject({ status: "RELEASED" });
    expect(ended.body).toMatchObject({ outcome: "SUCCESS" });
    for (const { body } of [beaten, renewed, listed, released]) {
      expect(JSON.stringify(body)).not.toContain(token);
      expect(JSON.stringify(body)).toMatch(/fp:[0-9a-f]{12}/);
    }
    const events = asEvents(await olga.get(leases.replace("leases", "events")));
    const types = events.body.events.map(({ type }) => type).filter((type) => type.startsWith("lease."));
    expect(types).toEqual(["lease.registered", "lease.released"]);
  });

  test("K-12 keeps everybody else from the step and from the run, whichever lane they name", async () => {
    const { leases } = await held();

    const rival = await olga.post(leases, { ...HOLDER, thread_id: "agent-2" });
    const onOtherStep = await olga.post(leases, { ...HOLDER, lane: "default", step_id: "write" });
    const onOtherLane = await olga.post(leases, { ...HOLDER, lane: "lane-2", step_id: "write" });

    expect([rival, onOtherStep].map(said)).toEqual(Array(2).fill([409, "E_LOCK_CONFLICT"]));
    expect(onOtherLane).toMatchObject({ status: 201, body: { lane: "lane-2" } });
  });

  test("K-13 is refused to who shows another token, step or run alike, and to who released it", async () => {
    const { leases, shows } = await held();
    const other = await held();

    const wrong = [
      await olga.post(`${leases}/heartbeat`, { ...shows, lease_token: "lease_00" }),
      await olga.post(`${leases}/renew`, { ...shows, step_id: "write" }),
      await olga.post(`${leases}/release`, other.shows),
      await olga.post("/v1/runs/none/leases/heartbeat", shows),
    ];
    await olga.post(`${leases}/release`, shows);
    const again = await olga.post(`${leases}/release`, shows);

    expect(wrong.map(said)).toEqual(Array(4).fill([409, "E_LEASE_LOST"]));
    expect(new Set(wrong.map(({ body }) => member(body, "detail"))).size).toBe(1);
    expect(said(again)).toEqual([409, "STATE_TRANSITION_ILLEGAL"]);
  });

  test("CO-633 is lost once it has run out: its holder is told to stop, the run waits for a person, the next owner has a higher epoch", async () => {
    const { leases, granted, shows } = await held();
    const { database } = bench().installation;
    const [, , , runId = ""] = leases.split("/");
    await database.owner`update countermark.lease set expiry = clock() where run_id = ${runId}`;

    const late = await olga.post(`${leases}/renew`, shows);
    await database.owner`update countermark.due set due_at = clock() where id = ${runId}`;
    const blocked = await bench().until(
      () => olga.get(`/v1/runs/${runId}`),
      ({ status }) => status === "BLOCKED",
    );
    const next = await olga.post(leases, { ...HOLDER, thread_id: "agent-2" });
    const { body } = await olga.get(`/v1/runs/${runId}/diagnosis`);

    expect(body).toMatchObject({ diagnosis: { validation: { status: "PASS" } } });
    expect(body).toHaveProperty(
      "diagnosis.report.lease_transitions",
      expect.arrayContaining([
        expect.objectContaining({ reason_code: "LEASE_EXPIRED", from_status: "ACTIVE", to_status: "EXPIRED" }),
      ]),
    );
    expect(said(late)).toEqual([409, "E_LEASE_LOST"]);
    expect(blocked.body).toMatchObject({ code: "E_LEASE_LOST" });
    expect(next.status).toBe(201);
    expect(Number(member(next.body, "epoch"))).toBeGreaterThan(Number(member(granted, "epoch")));
    expect(statuses((await olga.get(leases)).body).map(([, status]) => status)).toEqual(["EXPIRED", "ACTIVE"]);
  });

  test("CO-650 of a holder that a person takes the run from is fenced, and its successor goes on with a token of its own", async () => {
    const { leases, shows } = await held();
    const ada = await bench().client("ada", "admin");
    const successor = { thread_id: "agent-2", host_id: "machine-2", pid: 1 };

    const taken = await ada.post(leases.replace("leases", "takeover"), {
      override: "force",
      reason: "lost",
      successor,
    });
    const [own] = [member(taken.body, "leases")].flat();
    const late = await olga.post(`${leases}/heartbeat`, shows);
    const alive = await olga.post(`${leases}/heartbeat`, {
      step_id: HOLDER.step_id,
      lease_token: member(own ?? null, "lease_token"),
    });

    expect(taken.status).toBe(200);
    expect(said(late)).toEqual([409, "STATE_TRANSITION_ILLEGAL"]);
    expect(alive).toMatchObject({ status: 200, body: { thread_id: "agent-2", status: "ACTIVE" } });
    expect(statuses((await olga.get(leases)).body).map(([, status]) => status)).toEqual(["TAKEN_OVER", "ACTIVE"]);
  });

  test("CO-630 counts and shows in its run's report and diagnosis a write that came under an epoch that was over", async () => {
    const { leases, granted, token } = await held();
    const { installation } = bench();
    const [, , , runId = ""] = leases.split("/");
    const claim = { tenantId: SHOP, runId, token, epoch: Number(member(granted, "epoch")) };
    const ada = await bench().client("ada", "admin");
    await ada.post(leases.replace("leases", "takeover"), { override: "force", reason: "lost" });

    const late = await inTenant(installation.database, SHOP, (sql) => assertWriter(sql, installation, claim));
    const { body: report } = await olga.get(`/v1/runs/${runId}/recovery`);
    const { body: diagnosed } = await olga.get(`/v1/runs/${runId}/diagnosis?severity=ERROR`);

    expect(late).toMatchObject({ ok: false, refusal: { code: "E_STALE_WRITER" } });
    expect(report).toHaveProperty("report.kpis.stale_writes_rejected", 1);
    expect(diagnosed).toMatchObject({
      diagnosis: {
        validation: { status: "PASS" },
        report: { timeline: { entries: [{ category: "LEASE", payload: { operation: "STALE_WRITE_REJECTED" } }] } },
      },
    });
  });

  test("needs somebody who may operate, a run of the own tenant, and names and times that can be", async () => {
    const leases = await waitingRun();
    const vera = await bench().client("vera", "viewer");
    const stranger = await bench().client("sam", "operator", { tenant: OTHER });

    expect(said(await vera.post(leases, { ...HOLDER }))).toEqual([403, "ROLE_REQUIRED"]);
    expect(said(await stranger.post(leases, { ...HOLDER }))).toEqual([404, "RUN_NOT_FOUND"]);
    expect(said(await stranger.get(leases))).toEqual([404, "RUN_NOT_FOUND"]);
    for (const wrong of [{ pid: 0 }, { ttl_seconds: 0 }, { ttl_seconds: 86_401 }, { thread_id: "" }])
      expect(said(await olga.post(leases, { ...HOLDER, ...wrong }))).toEqual([400, "REQUEST_INVALID"]);
    expect(said(await olga.post(leases, { ...HOLDER, thread_id: "jane.doe@example.org" }))).toEqual([
      400,
      "REQUEST_INVALID",
    ]);
    expect(await vera.get(leases)).toMatchObject({ status: 200, body: { leases: [] } });
  });

  test("CO-632 is for a process that can be and no longer than a day, also where a successor is named", async () => {
    const { leases } = await held();
    const takeover = leases.replace("leases", "takeover");
    const ada = await bench().client("ada", "admin");
    const successor = { thread_id: "agent-2", host_id: "machine-2", pid: 1 };
    const candidates = { thread_ids: ["agent-2"] };

    const refused = [
      await olga.post(leases, { ...HOLDER, pid: 2 ** 31 }),
      await ada.post(takeover, { override: "force", successor: { ...successor, pid: 2 ** 31 } }),
      await ada.post(takeover, { override: "force", successor: { ...successor, ttl_seconds: 86_401 } }),
      await ada.post(takeover, { override: "force", candidates: { ...candidates, ttl_seconds: 86_401 } }),
    ];
    const longest = { ...successor, pid: 2 ** 31 - 1, ttl_seconds: 86_400 };

    expect(refused.map(said)).toEqual(Array(4).fill([400, "REQUEST_INVALID"]));
    expect(await ada.post(takeover, { override: "force", successor: longest })).toMatchObject({ status: 200 });
  });

  test("is not given on a run that has ended", async () => {
    const started = asStarted(await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } }));
    const path = `/v1/runs/${started.body.run_id}`;
    await bench().until(
      () => olga.get(path),
      ({ outcome }) => outcome !== null,
    );

    expect(said(await olga.post(`${path}/leases`, { ...HOLDER }))).toEqual([409, "RUN_CLOSED"]);
  });
});
