import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createApp } from "../../src/api/index.ts";
import { freshOrder, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();

const PAGE = { "console-tenant": SHOP, "content-type": "application/json" };

/** Signs in as a page of the server does; gives the answer and the cookie. */
async function signIn(shown: object, headers: Record<string, string> = {}) {
  const response = await bench().app.request("/session", {
    method: "POST",
    body: JSON.stringify(shown),
    headers: { ...PAGE, ...headers },
  });
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return { response, cookie, body: Object(await response.json()) };
}

const codeOf = (got: { readonly body: unknown }): string =>
  JSON.stringify(got.body).match(/sign-in#([\w-]+)/)?.[1] ?? "";

test("a link signs a browser in once, as whoever made it", async () => {
  const olga = await bench().client("olga", "operator");
  const code = codeOf(await olga.post("/v1/sign-in-codes"));

  const first = await signIn({ code });
  const again = await signIn({ code });
  const me = await bench().app.request("/v1/me", { headers: { "console-tenant": SHOP, cookie: first.cookie } });

  expect(first.response.headers.get("set-cookie")).toMatch(/HttpOnly.*SameSite=Strict/);
  expect(first.body.grants).toEqual([{ tenant_id: SHOP, principal_id: "olga", kind: "person", role: "operator" }]);
  expect(again.body).toMatchObject({ code: "SIGN_IN_LINK_SPENT", status: 401 });
  expect(await me.json()).toMatchObject({ tenant_id: SHOP, principal_id: "olga", role: "operator" });
});

test.each([
  ["by TLS to a proxy", { "x-forwarded-proto": "https" }, true],
  ["by several proxies, the first of them by TLS", { "x-forwarded-proto": "https, http" }, true],
  ["in clear to a proxy", { "x-forwarded-proto": "http" }, false],
  ["in clear", {}, false],
])("a browser that came %s keeps its cookie to TLS: %j %s", async (_way, headers, isSecure) => {
  const olga = await bench().client("olga", "operator");

  const { response } = await signIn({ key: olga.key }, headers);

  expect(response.status).toBe(200);
  expect(/; Secure/.test(response.headers.get("set-cookie") ?? "")).toBe(isSecure);
});

test("one session holds grants of several tenants; the page says which it means, and sees that tenant alone", async () => {
  const here = await bench().client("ann", "viewer");
  const there = await bench().client("bob", "viewer", { tenant: OTHER });
  const one = await signIn({ key: here.key });
  const both = await signIn({ key: there.key }, { cookie: one.cookie });
  const asked = (tenant: string) =>
    bench().app.request("/v1/me", { headers: { "console-tenant": tenant, cookie: both.cookie } });

  expect(await (await asked(SHOP)).json()).toMatchObject({ tenant_id: SHOP, principal_id: "ann" });
  expect(await (await asked(OTHER)).json()).toMatchObject({ tenant_id: OTHER, principal_id: "bob" });
  expect((await asked("platform")).status).toBe(401);
});

test("a session acts for nobody unless the page itself asks", async () => {
  const olga = await bench().client("olga2", "operator");
  const { cookie } = await signIn({ key: olga.key });
  const body = JSON.stringify({ workflow: "Note", input: { order_id: freshOrder() } });
  const start = (headers: Record<string, string>) =>
    bench().app.request("/v1/runs", {
      method: "POST",
      body,
      headers: { cookie, "content-type": "application/json", ...headers },
    });

  expect((await start({})).status).toBe(401);
  expect((await start({ "console-tenant": SHOP })).status).toBe(201);
});

test("another site's form can neither sign in nor out", async () => {
  const olga = await bench().client("olga3", "operator");
  const signing = await bench().app.request("/session", { method: "POST", body: JSON.stringify({ key: olga.key }) });
  const leaving = await bench().app.request("/session", { method: "DELETE" });

  expect([signing.status, leaving.status]).toEqual([400, 400]);
});

test("a forged key and a forged session are refused, and nothing says why", async () => {
  const forged = await signIn({ key: `cmk_${"A".repeat(32)}` });
  const { cookie } = await signIn({ key: (await bench().client("eve", "viewer")).key });
  const bent = cookie.replace(/=(.)/, (_, first: string) => `=${first === "A" ? "B" : "A"}`);
  const me = await bench().app.request("/v1/me", { headers: { "console-tenant": SHOP, cookie: bent } });

  expect(forged.body).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(forged.cookie).toBe("");
  expect(await me.json()).toMatchObject({ code: "UNAUTHENTICATED" });
});

test("signing out takes the cookie back", async () => {
  const response = await bench().app.request("/session", { method: "DELETE", headers: PAGE });

  expect(response.headers.get("set-cookie")).toMatch(/countermark_session=;.*Max-Age=0/);
});

test("the overview counts what waits, and says since when", async () => {
  const olga = await bench().client("olga4", "operator");
  const run = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } });
  const { run_id } = Object(run.body);
  await bench().until(
    () => olga.get(`/v1/runs/${run_id}`),
    ({ ended_at }) => ended_at !== null,
  );
  const { body } = await olga.get("/v1/overview");

  expect(body).toMatchObject({
    mode: "sandbox",
    approvals: { count: 0, is_more: false, oldest_at: null },
    unknown_effects: { count: 0 },
    breakers: [],
  });
  expect(Object(body).runs).toContainEqual(expect.objectContaining({ status: "SUCCEEDED" }));
});

test("a listener hears which streams grew, of its own tenant alone", async () => {
  const olga = await bench().client("olga5", "operator");
  const other = await bench().client("oskar", "operator", { tenant: OTHER });
  const gone = new AbortController();
  const response = await bench().app.request("/v1/changes", {
    headers: { authorization: `Bearer ${olga.key}` },
    signal: gone.signal,
  });
  const frames = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  await frames?.read(); // the beat by which it says that it listens
  await other.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder(OTHER) } });
  const { body } = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } });
  let heard = "";
  for (let reads = 0; reads < 20 && !heard.includes(Object(body).run_id); reads++)
    heard += (await frames?.read())?.value ?? "";
  gone.abort();
  const streams = [...heard.matchAll(/"stream":"([^"]+)"/g)].map(([, stream = ""]) => stream);
  const mine = await Promise.all(
    streams.map(async (stream) => (await olga.get(`/v1/ledger/streams/${stream}`)).status),
  );

  expect(streams).toContain(Object(body).run_id);
  expect(new Set(mine)).toEqual(new Set([200]));
});

test("the first that a new listener hears are the streams that grew just before it came", async () => {
  const olga = await bench().client("olga6", "operator");
  const { body } = await olga.post("/v1/runs", { workflow: "Note", input: { order_id: freshOrder() } });
  const { run_id } = Object(body);
  await bench().until(
    () => olga.get(`/v1/runs/${run_id}`),
    ({ ended_at }) => ended_at !== null,
  );
  const { events } = Object((await olga.get(`/v1/runs/${run_id}`)).body);
  const gone = new AbortController();
  const response = await bench().app.request("/v1/changes", {
    headers: { authorization: `Bearer ${olga.key}` },
    signal: gone.signal,
  });
  const frames = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const beat = await frames?.read();
  const first = await frames?.read();
  gone.abort();

  expect(beat?.value).toBe(": beat\n\n");
  expect(first?.value).toMatch(/^id: 1\nevent: change\n/);
  expect(first?.value).toContain(`{"stream":"${run_id}","seq":${events}}`);
});

test("pages come with a strict policy, compressed, from memory; without a build they say how to make one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countermark-console-"));
  await writeFile(join(directory, "index.html"), "<!doctype html><title>Countermark</title>");
  const app = createApp(bench().installation, { consoleDirectory: directory });
  await rm(directory, { recursive: true });

  const page = await app.request("/t/shop/runs/anything", { headers: { "accept-encoding": "gzip" } });
  const nothing = await bench().app.request("/");

  expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'/);
  expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(page.headers.get("content-encoding")).toBe("gzip");
  expect((await app.request("/assets/none.js")).status).toBe(404);
  expect(await nothing.json()).toMatchObject({
    code: "CONSOLE_NOT_BUILT",
    remedy: expect.stringContaining("npm run build"),
  });
});
