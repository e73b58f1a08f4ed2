import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { asAdded, asCredentials, asEndpoints, asEvents, asSet, member, read } from "./answer.ts";
import { type Client, OTHER, useBench } from "./bench.ts";

const bench = useBench();

const ORIGIN = "http://127.0.0.1:12111";
const credential = (name: string) => ({
  service: "stripe",
  origin: ORIGIN,
  secret: `sk_test_${name}`,
  settings: { webhook_secret: `whsec_test_${name}` },
});

/** What the audit stream says of a kind of act. */
async function audited(client: Client, type: string) {
  const { body } = asEvents(await client.get("/v1/ledger/streams/audit?limit=200"));
  return body.events.filter((event) => event.type === type);
}

describe("credentials over HTTP", () => {
  test("a credential is set, listed by the names of its settings, and audited, without any of its secrets", async () => {
    const ada = await bench().client("ada", "admin");

    const set = await ada.post("/v1/credentials", credential("first"));
    const listed = asCredentials(await ada.get("/v1/credentials"));
    const events = await audited(ada, "credential.set");

    expect(set).toMatchObject({
      status: 200,
      body: { service: "stripe", settings: ["webhook_secret"], changed: true },
    });
    expect(listed.body.credentials).toEqual([
      { service: "stripe", origin: ORIGIN, settings: ["webhook_secret"], overlaps: false },
    ]);
    expect(events).toMatchObject([{ actor: "ada", payload: { service: "stripe", origin: ORIGIN } }]);
    expect(JSON.stringify([set.body, listed.body, events])).not.toMatch(/test_first/);
  });

  test("the same again changes nothing, so webhooks signed with the one before are still taken", async () => {
    const { client, app } = bench();
    const ada = await client("ada", "admin");
    const { path } = asAdded(await ada.post("/v1/endpoints", { provider: "stripe" })).body;
    await ada.post("/v1/credentials", credential("old"));
    await ada.post("/v1/credentials", credential("new"));
    const before = (await audited(ada, "credential.set")).length;

    const again = await ada.post("/v1/credentials", credential("new"));
    const delivered = [await deliver(app, path, "old"), await deliver(app, path, "new")];

    expect(again).toMatchObject({ status: 200, body: { changed: false } });
    expect((await audited(ada, "credential.set")).length).toBe(before);
    expect(asCredentials(await ada.get("/v1/credentials")).body.credentials).toMatchObject([{ overlaps: true }]);
    expect(delivered.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("another setting, origin or secret is a change", async () => {
    const ada = await bench().client("ada", "admin");
    const base = { ...credential("base"), service: "till" };
    await ada.post("/v1/credentials", base);

    const changes = [
      await ada.post("/v1/credentials", { ...base, settings: { ...base.settings, account: "a" } }),
      await ada.post("/v1/credentials", { ...base, origin: "http://127.0.0.1:12112" }),
      await ada.post("/v1/credentials", base),
    ];

    expect(changes.map((answer) => asSet(answer).body.changed)).toEqual([true, true, true]);
  });

  test("no digest of a secret is kept under an Idempotency-Key: the request is judged anew", async () => {
    const ada = await bench().client("ada", "admin");
    const key = { "idempotency-key": "set-once" };

    const first = await ada.post("/v1/credentials", { ...credential("a"), service: "keyed" }, key);
    const second = await ada.post("/v1/credentials", { ...credential("b"), service: "keyed" }, key);

    for (const answer of [first, second]) {
      expect(answer).toMatchObject({ status: 200, body: { changed: true } });
      expect(answer.headers.get("idempotent-replayed")).toBeNull();
    }
  });

  test.each([
    ["a live key", { secret: `sk_li${"ve_"}51H7qYKJ2eZvKYlo2C` }, 403, "LIVE_FORBIDDEN", null],
    ["a live host", { origin: "https://api.stripe.com" }, 403, "LIVE_FORBIDDEN", null],
    ["an origin with a path", { origin: `${ORIGIN}/v1` }, 400, "REQUEST_INVALID", "$.origin"],
    ["an origin with a user", { origin: "http://me:you@127.0.0.1:12111" }, 400, "REQUEST_INVALID", "$.origin"],
    ["an origin of another scheme", { origin: "ftp://127.0.0.1" }, 400, "REQUEST_INVALID", "$.origin"],
    ["no secret", { secret: "" }, 400, "REQUEST_INVALID", "$.secret"],
    ["a mode of its own", { settings: { mode: "live" } }, 400, "REQUEST_INVALID", "$.settings"],
    ["a service that is none", { service: "a b" }, 400, "REQUEST_INVALID", "$.service"],
  ])("%s is refused, and no answer repeats a secret", async (_, part, status, code, field_path) => {
    const ada = await bench().client("ada", "admin");

    const refused = await ada.post("/v1/credentials", { ...credential("refused"), service: "refused", ...part });
    const listed = await ada.get("/v1/credentials");

    expect(refused).toMatchObject({ status, body: { code } });
    expect(member(refused.body, "field_path")).toBe(field_path);
    expect(JSON.stringify(refused.body)).not.toMatch(/sk_|whsec_|me:you/);
    expect(JSON.stringify(listed.body)).not.toContain("refused");
  });
});

describe("webhook addresses over HTTP", () => {
  test("an address is shown once, listed without its token, and audited", async () => {
    const ada = await bench().client("ada", "admin");
    const key = { "idempotency-key": "open-once" };

    const added = asAdded(await ada.post("/v1/endpoints", { provider: "printful" }, key));
    const other = asAdded(await ada.post("/v1/endpoints", { provider: "printful" }, key));
    const listed = asEndpoints(await ada.get("/v1/endpoints"));
    const events = await audited(ada, "endpoint.added");

    expect(added).toMatchObject({ status: 201, body: { provider: "printful", missing_setting: "webhook_secret" } });
    expect(added.body.path).toMatch(/^\/webhooks\/printful\/[\w-]{32}$/);
    expect(other.body.path).not.toBe(added.body.path);
    expect(listed.body.endpoints).toContainEqual({
      endpoint_id: added.body.endpoint_id,
      provider: "printful",
      missing_setting: "webhook_secret",
      created_at: expect.stringMatching(/^\d{4}-/),
      disabled_at: null,
    });
    const token = added.body.path.split("/").at(-1);
    expect(JSON.stringify([listed.body, events])).not.toContain(token);
    expect(events).toContainEqual(
      expect.objectContaining({
        actor: "ada",
        payload: { endpoint_id: added.body.endpoint_id, provider: "printful" },
      }),
    );
  });

  test("a provider that nobody knows is refused with those that are known", async () => {
    const ada = await bench().client("ada", "admin");

    const refused = await ada.post("/v1/endpoints", { provider: "fax" });

    expect(refused).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID", field_path: "$.provider" } });
    expect(member(refused.body, "detail")).toContain("sendgrid");
  });

  test("another tenant's credentials and addresses are not seen (P1-T34)", async () => {
    const { client } = bench();
    const ada = await client("ada", "admin");
    const oscar = await client("oscar", "admin", { tenant: OTHER });
    await ada.post("/v1/credentials", credential("own"));
    await ada.post("/v1/endpoints", { provider: "stripe" });

    expect((await oscar.get("/v1/credentials")).body).toEqual({ credentials: [] });
    expect((await oscar.get("/v1/endpoints")).body).toEqual({ endpoints: [] });
  });
});

let deliveries = 0;

/** A delivery of Stripe, signed with the secret of that name. */
async function deliver(app: ReturnType<typeof bench>["app"], path: string, name: string) {
  const body = JSON.stringify({
    id: `evt_test_${++deliveries}`,
    object: "event",
    type: "payment_intent.succeeded",
    created: 1_767_225_600,
    livemode: false,
    data: { object: { id: "pi_test_1", object: "payment_intent", status: "succeeded", metadata: {} } },
  });
  const seconds = Math.floor(bench().installation.host.clock.now() / 1000);
  const mac = createHmac("sha256", `whsec_test_${name}`).update(`${seconds}.${body}`).digest("hex");
  return read(
    await app.request(path, { method: "POST", body, headers: { "stripe-signature": `t=${seconds},v1=${mac}` } }),
  );
}
