import { describe, expect, test } from "vitest";
import { asEvents, asKey, asStarted, asTenants, codeIn, type Got, read } from "./answer.ts";
import { freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();
const MIB = 1_048_576;

describe("keys and roles", () => {
  test("without a valid key nothing is answered but health, the document and webhooks", async () => {
    const { anonymous, app } = bench();

    const bare = await anonymous.get("/v1/me");
    const wrong = await anonymous.get("/v1/me", { authorization: `Bearer cmk_${"a".repeat(32)}` });
    const basic = await anonymous.get("/v1/me", { authorization: "Basic b2xnYTpw" });
    const health = await read(await app.request("/v1/health"));

    for (const answer of [bare, wrong, basic]) {
      expect(answer).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED", status: 401, retryable: false } });
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    }
    expect(health).toMatchObject({ status: 200, body: { status: "ok", version: "9.9.9-test", database: "ok" } });
  });

  test.each([
    { role: "viewer", reads: true, operates: false, decides: false, administers: false },
    { role: "operator", reads: true, operates: true, decides: false, administers: false },
    { role: "approver", reads: true, operates: false, decides: true, administers: false },
    { role: "admin", reads: true, operates: true, decides: true, administers: true },
  ] as const)(
    "a key of role $role does what its row of the table says, and nothing else",
    async ({ role, reads, operates, decides, administers }) => {
      const client = await bench().client(`the-${role}`, role);

      const may = async (answer: Promise<Got>) => codeIn(await answer) !== "ROLE_REQUIRED";

      expect(await may(client.get("/v1/runs"))).toBe(reads);
      expect(await may(client.post("/v1/runs"))).toBe(operates);
      expect(await may(client.post("/v1/calls"))).toBe(operates);
      expect(await may(client.post("/v1/approvals/none/decision"))).toBe(decides);
      expect(await may(client.post("/v1/tools/none/revoke"))).toBe(administers);
      expect(await may(client.post("/v1/runs/none/resolve"))).toBe(administers);
      expect(await may(client.get("/v1/credentials"))).toBe(administers);
      expect(await may(client.post("/v1/credentials"))).toBe(administers);
      expect(await may(client.get("/v1/endpoints"))).toBe(administers);
      expect(await may(client.post("/v1/endpoints"))).toBe(administers);
      expect(await may(client.get("/v1/tenants"))).toBe(false);
    },
  );

  test("an attempt beyond one's role is written down with who and what", async () => {
    const { client } = bench();
    const victor = await client("victor", "viewer");

    const refused = await victor.post("/v1/runs", { workflow: "Note", input: {} });

    expect(refused.body).toMatchObject({ detail: "this needs a key of role operator or admin; yours is viewer" });
    const { body } = asEvents(await victor.get("/v1/ledger/streams/audit?limit=200"));
    const entries = body.events.filter(({ actor }) => actor === "victor");
    expect(entries).toMatchObject([{ type: "request.refused", payload: { request: "POST /v1/runs", role: "viewer" } }]);
  });

  test("an installer adds tenants and keys anywhere, an admin keys of the own tenant only (P1-T34)", async () => {
    const { client, app } = bench();
    const ines = await client("ines", "installer", { tenant: "platform" });
    const ada = await client("ada", "admin");

    const added = await ines.post("/v1/tenants", { tenant_id: "test_third" });
    const twice = await ines.post("/v1/tenants", { tenant_id: "test_third" });
    const colliding = await ines.post("/v1/tenants", { tenant_id: `${SHOP}_eu` });
    const made = asKey(await ines.post("/v1/keys", { tenant_id: "test_third", principal_id: "theo", role: "admin" }));
    const me = await read(await app.request("/v1/me", { headers: { authorization: `Bearer ${made.body.key}` } }));
    const own = await ada.post("/v1/keys", { principal_id: "vera", role: "viewer" });
    const foreign = await ada.post("/v1/keys", { tenant_id: OTHER, principal_id: "mole", role: "admin" });
    const risen = await ada.post("/v1/keys", { principal_id: "ada", role: "installer" });
    const nowhere = await ines.post("/v1/keys", { tenant_id: "test_none", principal_id: "x", role: "viewer" });

    expect(added.status).toBe(201);
    expect(twice.status).toBe(409);
    expect(colliding).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID" } });
    expect(me.body).toMatchObject({ tenant_id: "test_third", principal_id: "theo", role: "admin" });
    expect(own.status).toBe(201);
    expect(foreign).toMatchObject({ status: 403, body: { code: "CROSS_TENANT_ATTEMPT" } });
    expect(risen).toMatchObject({ status: 403, body: { code: "ROLE_REQUIRED" } });
    expect(nowhere).toMatchObject({ status: 404, body: { code: "TENANT_NOT_FOUND" } });
    const { tenants } = asTenants(await ines.get("/v1/tenants")).body;
    expect(tenants.map(({ tenant_id }) => tenant_id)).toContain("test_third");
  });
});

describe("what may stand in a request", () => {
  const post = async (body: string | Uint8Array | ReadableStream<Uint8Array>, headers: Record<string, string> = {}) => {
    const { client, app } = bench();
    const { key } = await client("olga", "operator");
    const init = {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${key}`, ...headers },
      duplex: "half" as const,
    };
    return read(await app.request("/v1/runs", init));
  };

  test("a refusal is a problem document with code, meaning, remedy and place", async () => {
    const answer = await post(JSON.stringify({ workflow: "Note", input: {}, wrokflow: 1 }));

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      type: "urn:countermark:code:REQUEST_INVALID",
      title: "the request does not follow its schema",
      status: 400,
      detail: "`$.wrokflow`: there is no field `wrokflow`",
      code: "REQUEST_INVALID",
      remedy: "correct the field named",
      retryable: false,
      field_path: "$.wrokflow",
    });
  });

  test("a field that is missing or of the wrong type is named", async () => {
    const missing = await post(JSON.stringify({ input: {} }));
    const wrong = await post(JSON.stringify({ workflow: 7, input: {} }));

    expect(missing.body).toMatchObject({ detail: "`$.workflow`: is required" });
    expect(wrong.body).toMatchObject({ field_path: "$.workflow" });
  });

  test("a member that occurs twice is refused, not chosen from", async () => {
    const answer = await post('{"workflow":"Note","workflow":"PayOut","input":{}}');

    expect(answer).toMatchObject({ status: 400, body: { code: "SCHEMA_PARSE_ERROR", details: { offset: 19 } } });
  });

  test("bytes that are not UTF-8 are refused", async () => {
    const answer = await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]));

    expect(answer).toMatchObject({ status: 400, body: { code: "BODY_NOT_UTF8" } });
  });

  test("of a body of 10 MB no more than the limit is read", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulled >= 10 * MIB) return controller.close();
        pulled += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });

    const streamed = await post(body);
    const announced = await post("{}", { "content-length": String(10 * MIB) });

    expect(streamed).toMatchObject({ status: 413, body: { code: "BODY_TOO_LARGE" } });
    expect(pulled).toBeLessThan(2 * MIB);
    expect(announced.status).toBe(413);
  });

  test("U+0000 in a path, in a parameter or in a body is refused before anything is looked for", async () => {
    const ines = await bench().client("ines", "admin");

    for (const path of ["/v1/runs/%00", "/v1/runs?workflow=a%00", "/v1/ledger/streams/x%00"]) {
      const answer = await ines.get(path);
      expect(answer).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID" } });
    }
    expect((await ines.get("/v1/runs?workflow=a%00")).body).toMatchObject({ field_path: "$.workflow" });
    const body = await post('{"workflow":"Note","input":{"text":"\\u0000"}}');
    expect(body).toMatchObject({ status: 400, body: { code: "SCHEMA_PARSE_ERROR" } });
  });

  test("a path that does not exist, and a parameter given twice, are refused with a code", async () => {
    const vera = await bench().client("vera", "viewer");

    expect(await vera.get("/v1/nothing")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(await vera.get("/v1/runs?limit=1&limit=2")).toMatchObject({
      status: 400,
      body: { code: "REQUEST_INVALID" },
    });
    expect(await vera.get("/v1/runs?limit=0")).toMatchObject({ status: 400, body: { field_path: "$.limit" } });
  });
});

describe("Idempotency-Key", () => {
  const start = (order_id: string) => ({ workflow: "Note", input: { order_id } });

  test("DUR-54 the same key with the same request gets the stored answer, and starts nothing again", async () => {
    const olga = await bench().client("olga", "operator");
    const asked = start(freshOrder());

    const first = await olga.post("/v1/runs", asked, { "idempotency-key": '"8e03978e-40d5-43dd-bc93"' });
    const second = await olga.post("/v1/runs", asked, { "idempotency-key": '"8e03978e-40d5-43dd-bc93"' });
    const bare = await olga.post("/v1/runs", asked, { "idempotency-key": "8e03978e-40d5-43dd-bc93" });

    expect(first.headers.get("idempotent-replayed")).toBeNull();
    for (const replayed of [second, bare]) {
      expect(replayed.headers.get("idempotent-replayed")).toBe("true");
      expect([replayed.status, replayed.body]).toEqual([first.status, first.body]);
    }
  });

  test("DUR-54 the same key with another request is refused", async () => {
    const olga = await bench().client("olga", "operator");
    await olga.post("/v1/runs", start(freshOrder()), { "idempotency-key": "one" });

    const other = await olga.post("/v1/runs", start(freshOrder()), { "idempotency-key": "one" });

    expect(other).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
  });

  test("keys belong to principals", async () => {
    const { client } = bench();
    const [olga, otto] = [await client("olga", "operator"), await client("otto", "operator")];

    const first = asStarted(await olga.post("/v1/runs", start(freshOrder()), { "idempotency-key": "shared" }));
    const second = asStarted(await otto.post("/v1/runs", start(freshOrder()), { "idempotency-key": "shared" }));

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.run_id).not.toBe(first.body.run_id);
  });

  test("two at the same time: one is served, the other told to wait or given its answer", async () => {
    const olga = await bench().client("olga", "operator");
    const asked = start(freshOrder());

    const answers = await Promise.all([1, 2, 3].map(() => olga.post("/v1/runs", asked, { "idempotency-key": "race" })));

    const served = answers.filter(({ status }) => status === 201).map(asStarted);
    expect(new Set(served.map(({ body }) => body.run_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status !== 201).map(codeIn)).toEqual(
      answers.filter(({ status }) => status !== 201).map(() => "IDEMPOTENCY_IN_PROGRESS"),
    );
  });

  test("a request that was refused gives its key back", async () => {
    const olga = await bench().client("olga", "operator");

    const refused = await olga.post("/v1/runs", { workflow: "Nowhere", input: {} }, { "idempotency-key": "again" });
    const served = await olga.post("/v1/runs", start(freshOrder()), { "idempotency-key": "again" });

    expect([refused.status, served.status]).toEqual([404, 201]);
  });

  test.each(["", "x".repeat(256), "a b"])("a key of %o is refused", async (key) => {
    const olga = await bench().client("olga", "operator");

    const answer = await olga.post("/v1/runs", start(freshOrder()), { "idempotency-key": key });

    expect(answer).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID" } });
  });
});
