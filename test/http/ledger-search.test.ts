import { beforeAll, describe, expect, test } from "vitest";
import {
  exportEventsEndpoint,
  listReceiptsEndpoint,
  searchEventsEndpoint,
} from "../../src/api/endpoints/ledger-search.ts";
import { ledgerEvent } from "../../src/api/wire/event.ts";
import { asStarted } from "./answer.ts";
import { type Client, freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();

let olga: Client;
let [noted, lost] = ["", ""];

beforeAll(async () => {
  olga = await bench().client("olga", "operator");
  [noted, lost] = [await rest("Note"), await rest("Lose")];
});

/** A run of a workflow, once it rests. */
async function rest(workflow: string): Promise<string> {
  const asked = { workflow, input: { order_id: freshOrder(SHOP) } };
  const { run_id } = asStarted(await olga.post("/v1/runs", asked)).body;
  await bench().until(
    () => olga.get(`/v1/runs/${run_id}`),
    ({ status }) => status === "SUCCEEDED" || status === "SUSPENDED_WAIT",
  );
  return run_id;
}

const search = async (query: string, client = olga) =>
  searchEventsEndpoint.answer.parse((await client.get(`/v1/ledger/events?limit=200&${query}`)).body).events;

const book = async (query: string, client = olga) =>
  listReceiptsEndpoint.answer.parse((await client.get(`/v1/ledger/receipts?${query}`)).body);

async function exported(query: string, client = olga) {
  const { body, headers } = await client.get(`${exportEventsEndpoint.path}?${query}`);
  const events = String(body)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ledgerEvent.parse(JSON.parse(line)));
  return { events, media: headers.get("content-type") };
}

describe("searching the ledger", () => {
  test("entries are found by stream, by type or its family, by correlation and by severity, newest first", async () => {
    const [one] = await search(`stream=${noted}`);
    const family = await search(`stream=${noted}&type=run`);
    const ended = await search("type=run.ended");
    const together = await search(`correlation=${one?.correlation}`);

    expect(one).toMatchObject({ stream: noted, type: "run.ended" });
    expect(family.every(({ type }) => type.startsWith("run."))).toBe(true);
    expect(family.length).toBeGreaterThan(1);
    expect(ended.map(({ type }) => type)).toEqual(ended.map(() => "run.ended"));
    expect(together.every(({ correlation }) => correlation === one?.correlation)).toBe(true);
    expect(await search("severity=error&type=run.started")).toEqual([]);
  });

  test("a page goes on where the one before ended; a time that leaves everything out finds nothing", async () => {
    const all = await search(`stream=${noted}`);
    const first = (await olga.get(`/v1/ledger/events?stream=${noted}&limit=2`)).body;
    const { next } = searchEventsEndpoint.answer.parse(first);
    const rest = await search(`stream=${noted}&before=${next}`);

    expect(rest).toEqual(all.slice(2));
    expect(await search("until=2020-01-01T00:00:00Z")).toEqual([]);
    expect(await olga.get("/v1/ledger/events?since=yesterday")).toMatchObject({
      status: 400,
      body: { code: "REQUEST_INVALID", field_path: "$.since" },
    });
    expect(await olga.get("/v1/ledger/events?before=somewhere")).toMatchObject({
      body: { code: "REQUEST_INVALID", field_path: "$.before" },
    });
  });

  test("an export gives entries a line, oldest first, with the hashes by which their stream holds together", async () => {
    const { events, media } = await exported(`stream=${noted}`);

    expect(media).toBe("application/x-ndjson");
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.slice(1).map(({ prev_hash }) => prev_hash)).toEqual(events.slice(0, -1).map(({ hash }) => hash));
  });

  test("the receipts book has each effect as it stands, with its run, and is asked by state", async () => {
    const { receipts } = await book("limit=200");
    const unknown = await book("status=unknown");
    const page = await book("limit=1");

    expect(receipts.map(({ run_id }) => run_id)).toEqual(expect.arrayContaining([noted, lost]));
    expect(unknown.receipts.map(({ run_id }) => run_id)).toContain(lost);
    expect(unknown.receipts.every(({ status }) => status === "unknown")).toBe(true);
    expect((await book(`before=${page.next}`)).receipts[0]).toEqual(receipts[1]);
    expect((await book(`run=${noted}&tool=note&provider=till`)).receipts).toHaveLength(1);
  });

  test("nothing of another tenant is found, exported or booked", async () => {
    const oscar = await bench().client("oscar", "admin", { tenant: OTHER });

    expect(await search(`stream=${noted}`, oscar)).toEqual([]);
    expect((await exported(`stream=${noted}`, oscar)).events).toEqual([]);
    expect((await book(`run=${noted}`, oscar)).receipts).toEqual([]);
  });

  test("a verification that is watched tells what there is to do, then what was found", async () => {
    const { body } = await olga.get("/v1/ledger/verification");
    const frames = String(body)
      .split("\n\n")
      .filter((frame) => frame !== "");
    const dataOf = (name: string) =>
      JSON.parse(/^data: (.*)$/m.exec(frames.find((frame) => frame.includes(`event: ${name}\n`)) ?? "")?.[1] ?? "null");

    expect(dataOf("verification")).toMatchObject({ verified: true, broken: null, ...dataOf("size") });
    expect(await olga.get("/v1/ledger/verification?stream=nowhere")).toMatchObject({
      status: 404,
      body: { code: "STREAM_NOT_FOUND" },
    });
  });
});
