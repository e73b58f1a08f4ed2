import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createApp, type OidcSettings } from "../../src/api/index.ts";
import { approvalIdOf, asApproval, asEvents, asStarted } from "./answer.ts";
import { freshOrder, OTHER, SHOP, useBench } from "./bench.ts";
import { type Issuer, passIssuer, startIssuer } from "./issuer.ts";

const bench = useBench({ quorum: 2 });

const HERE = "https://console.test";

let issuer: Issuer;
let app: ReturnType<typeof createApp>;
let settings: OidcSettings;

beforeAll(async () => {
  issuer = await startIssuer([`${HERE}/sign-in`]);
  settings = {
    issuer: issuer.issuer,
    ...issuer.client,
    redirectBase: HERE,
    scope: "openid email",
    groupsClaim: "groups",
  };
  app = createApp(bench().installation, { oidc: settings });
});
afterEach(() => {
  issuer.forge = null;
  issuer.foreignKey = false;
});
afterAll(() => issuer.close());

const PAGE = { "console-tenant": "", "content-type": "application/json" };

/** The app's answer to a page of its own, with the cookies that it sets. */
async function ask(path: string, body: object, cookie = "", of = app) {
  const response = await of.request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { ...PAGE, cookie },
  });
  const cookies = response.headers.getSetCookie().map((one) => one.split(";")[0] ?? "");
  return { response, body: Object(await response.json()), cookie: cookies.join("; ") };
}

/** Signs in as somebody, as a browser does: out to the issuer and back. */
async function signIn(name: string, { cookie = "", turn = (location: string) => location, of = app } = {}) {
  const left = await ask("/session/oidc", {}, cookie, of);
  const search = await passIssuer(turn(left.body.location), name);
  const held = [cookie, left.cookie].filter((one) => one !== "").join("; ");
  return {
    search,
    pending: held,
    location: left.body.location,
    ...(await ask("/session", { oidc: search }, held, of)),
  };
}

const me = async (cookie: string, tenant = SHOP) => {
  const response = await app.request("/v1/me", { headers: { "console-tenant": tenant, cookie } });
  return Object(await response.json());
};

/** An admin of a tenant, who asks the app that knows the issuer. */
async function admin(tenant = SHOP) {
  const { key } = await bench().client(`admin-of-${tenant}`, "admin", { tenant });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const post = async (path: string, body: object) => {
    const response = await app.request(path, { method: "POST", body: JSON.stringify(body), headers });
    return { status: response.status, body: Object(await response.json()) };
  };
  return {
    post,
    get: async (path: string) => Object(await (await app.request(path, { headers })).json()),
    bind: (claim: string, value: string, rest: object) => post("/v1/bindings", { claim, value, ...rest }),
  };
}

describe("signing in at an OpenID issuer", () => {
  test("whom an admin bound comes in as the principal named, by a cookie that no script reads", async () => {
    const bound = await (await admin()).bind("subject", "s-grace", { principal_id: "grace", role: "operator" });
    const came = await signIn("s-grace");
    const asked = new URL(came.location).searchParams;

    expect(bound.status).toBe(201);
    expect(came.body).toMatchObject({
      tenant_id: SHOP,
      grants: [{ tenant_id: SHOP, principal_id: "grace", kind: "person", role: "operator" }],
    });
    expect(came.response.headers.get("set-cookie")).toMatch(/countermark_session=[^;]+;.*HttpOnly; SameSite=Strict/);
    expect(await me(came.cookie)).toMatchObject({ principal_id: "grace", role: "operator" });
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect([asked.get("state"), asked.get("nonce"), asked.get("code_challenge")]).not.toContain(null);
  });

  test("the page is told where people sign in, and that nobody does where no issuer is configured", async () => {
    const told = await (await app.request("/session")).json();
    const without = createApp(bench().installation);
    const left = await ask("/session/oidc", {}, "", without);
    const answered = await ask("/session", { oidc: "?code=x" }, "", without);
    const bob = await bench().client("bob-admin", "admin");
    const bound = await bob.post("/v1/bindings", { claim: "group", value: "g", role: "viewer" });

    expect(told).toEqual({ grants: [], issuer: issuer.issuer });
    expect(await (await without.request("/session")).json()).toEqual({ grants: [], issuer: null });
    expect([left.body.code, answered.body.code, Object(bound.body).code]).toEqual(Array(3).fill("OIDC_NOT_CONFIGURED"));
  });

  test("whom nobody bound is let in nowhere", async () => {
    const { response, body, cookie } = await signIn("s-nobody");

    expect(response.status).toBe(403);
    expect(body).toMatchObject({
      code: "OIDC_UNBOUND",
      remedy: expect.stringContaining("countermark binding add"),
    });
    expect(cookie).not.toContain("countermark_session=");
  });

  test("one sign-in opens every tenant that binds one of the person's claims, each with its own role", async () => {
    issuer.accounts.set("s-hal", { email: "Hal@Example.com", email_verified: true, groups: ["staff", "ops"] });
    await (await admin()).bind("email", "HAL@example.com", { principal_id: "hal", role: "approver" });
    await (await admin(OTHER)).bind("group", "ops", { role: "operator" });
    await (await admin(OTHER)).bind("group", "staff", { role: "viewer" });
    const { body, cookie } = await signIn("s-hal");

    expect(body.grants).toEqual([
      { tenant_id: OTHER, principal_id: "hal@example.com", kind: "person", role: "operator" },
      { tenant_id: SHOP, principal_id: "hal", kind: "person", role: "approver" },
    ]);
    expect(await me(cookie, OTHER)).toMatchObject({ principal_id: "hal@example.com", role: "operator" });
  });

  test("signing in adds to what the browser holds already", async () => {
    const { key } = await bench().client("ida", "viewer", { tenant: OTHER });
    const held = await ask("/session", { key });
    await (await admin()).bind("subject", "s-ida", { principal_id: "ida", role: "viewer" });
    const { body } = await signIn("s-ida", { cookie: held.cookie });

    expect(body.tenant_id).toBe(SHOP);
    expect(body.grants.map((one: { readonly tenant_id: string }) => one.tenant_id)).toEqual([SHOP, OTHER]);
  });

  test("a binding that is removed ends what it gave at once, for everybody and for good", async () => {
    const ann = await admin();
    issuer.accounts.set("s-kim", { groups: ["night"] });
    const { body: binding } = await ann.bind("group", "night", { role: "viewer" });
    const { cookie, body } = await signIn("s-kim");
    const before = await me(cookie);
    const removed = await ann.post(`/v1/bindings/${binding.binding_id}/remove`, { reason: "no nights any more" });
    const again = await signIn("s-kim");

    expect(body.grants[0].principal_id).toMatch(/^oidc-[0-9a-f]{16}$/);
    expect(before.role).toBe("viewer");
    expect(removed.body.revoked_at).not.toBeNull();
    expect(await me(cookie)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(again.body).toMatchObject({ code: "OIDC_UNBOUND" });
    expect((await ann.post("/v1/bindings/none/remove", {})).body).toMatchObject({ code: "BINDING_NOT_FOUND" });
  });

  test("one person of a group is shut out by revoking their key, and the others stay", async () => {
    const ann = await admin();
    for (const name of ["s-lee", "s-mia"])
      issuer.accounts.set(name, { email: `${name}@x.org`, email_verified: true, groups: ["day"] });
    await ann.bind("group", "day", { role: "viewer" });
    const [lee, mia] = [await signIn("s-lee"), await signIn("s-mia")];
    const { keys } = await ann.get("/v1/keys");
    const key = keys.find((one: { readonly principal_id: string }) => one.principal_id === "s-lee@x.org");
    await ann.post(`/v1/keys/${key.key_id}/revoke`, {});

    expect(key.binding_id).toEqual(expect.any(String));
    expect(await me(lee.cookie)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await signIn("s-lee")).body).toMatchObject({ code: "OIDC_UNBOUND" });
    expect(await me(mia.cookie)).toMatchObject({ role: "viewer" });
  });

  test("an address that the issuer does not vouch for counts for nothing", async () => {
    await (await admin()).bind("email", "ned@x.org", { principal_id: "ned", role: "viewer" });
    issuer.accounts.set("s-ned", { email: "ned@x.org", email_verified: false });

    expect((await signIn("s-ned")).body).toMatchObject({ code: "OIDC_EMAIL_UNVERIFIED", status: 403 });
  });
});

describe("one person stays one person", () => {
  test("who has a key and signs in at the issuer decides once: two people needed means two people", async () => {
    const olga = await bench().client("olga", "operator");
    const pat = await bench().client("pat", "approver");
    const quin = await bench().client("quin", "approver");
    await (await admin()).bind("subject", "s-pat", { principal_id: "pat", role: "approver" });
    const { cookie } = await signIn("s-pat");
    const { body: run } = asStarted(
      await olga.post("/v1/runs", { workflow: "PayOut", input: { order_id: freshOrder() } }),
    );
    const waiting = await bench().until(
      () => olga.get(`/v1/runs/${run.run_id}`),
      ({ status }) => status === "SUSPENDED_HITL",
    );
    const path = `/v1/approvals/${approvalIdOf(waiting.body)}`;
    const shown = asApproval(await pat.get(path)).body;
    const decision = { decision: "APPROVE", token: shown.token ?? "", preview_sha256: shown.preview_sha256 };

    const bySession = await app.request(`${path}/decision`, {
      method: "POST",
      body: JSON.stringify(decision),
      headers: { ...PAGE, "console-tenant": SHOP, cookie },
    });
    await pat.post(`${path}/decision`, decision);
    const half = asApproval(await quin.get(path)).body;
    const { events } = asEvents(await olga.get("/v1/ledger/streams/audit?limit=200")).body;
    const whole = await quin.post(`${path}/decision`, decision);

    expect(await bySession.json()).toMatchObject({ status: "PENDING", missing: 1 });
    expect(half).toMatchObject({ status: "PENDING", decisions: [{ approver: "pat" }] });
    expect(whole.body).toMatchObject({ status: "APPROVED" });
    expect(JSON.stringify(events)).toContain(JSON.stringify({ issuer: issuer.issuer, subject: "s-pat" }).slice(1, -1));
  });

  test("a subject that is known as somebody is never bound as somebody else, nor a principal as a second subject", async () => {
    const ann = await admin();
    await ann.bind("subject", "s-ray", { principal_id: "ray", role: "viewer" });
    await signIn("s-ray");
    const second = await ann.bind("subject", "s-ray-2", { principal_id: "ray", role: "viewer" });
    await ann.post(`/v1/bindings/${await bindingOf("s-ray")}/remove`, {});
    const other = await ann.bind("subject", "s-ray", { principal_id: "roy", role: "viewer" });

    expect(second).toMatchObject({ status: 409, body: { code: "OIDC_IDENTITY_TAKEN" } });
    expect(other.body).toMatchObject({ code: "OIDC_IDENTITY_TAKEN", detail: "`s-ray` is known as `ray`" });
  });

  test("an address that went to another person does not make them who had it before", async () => {
    await (await admin()).bind("email", "desk@x.org", { principal_id: "desk", role: "viewer" });
    for (const name of ["s-sue", "s-tom"]) issuer.accounts.set(name, { email: "desk@x.org", email_verified: true });
    const [first, second] = [await signIn("s-sue"), await signIn("s-tom")];

    expect(first.body.grants).toHaveLength(1);
    expect(second.body).toMatchObject({ code: "OIDC_IDENTITY_TAKEN" });
  });

  test("whose address is somebody's name already is not let in by a group: it might be the same person", async () => {
    await bench().client("una@x.org", "approver");
    issuer.accounts.set("s-una", { email: "una@x.org", email_verified: true, groups: ["desk"] });
    const ann = await admin();
    await ann.bind("group", "desk", { role: "approver" });
    const barred = await signIn("s-una");
    await ann.bind("subject", "s-una", { principal_id: "una@x.org", role: "approver" });

    expect(barred.body).toMatchObject({ code: "OIDC_IDENTITY_TAKEN", status: 409 });
    expect((await signIn("s-una")).body.grants[0]).toMatchObject({ principal_id: "una@x.org" });
  });

  test("no service and no agent signs in, a claim is bound once, and who makes no keys binds nothing", async () => {
    const ann = await admin();
    await bench().client("robot", "operator", { kind: "service" });
    const olga = await bench().client("olga2", "operator");
    const robot = await ann.bind("subject", "s-robot", { principal_id: "robot", role: "operator" });
    await ann.bind("group", "twice", { role: "viewer" });

    expect(robot.body).toMatchObject({ code: "REQUEST_INVALID", field_path: "$.principal_id" });
    expect((await ann.bind("group", "twice", { role: "admin" })).body).toMatchObject({ code: "BINDING_EXISTS" });
    expect((await ann.bind("group", "g", { role: "installer" })).body).toMatchObject({ code: "ROLE_REQUIRED" });
    expect((await ann.bind("group", "g", { role: "viewer", principal_id: "x" })).body.code).toBe("REQUEST_INVALID");
    expect(
      Object((await olga.post("/v1/bindings", { claim: "group", value: "g", role: "viewer" })).body),
    ).toMatchObject({
      code: "ROLE_REQUIRED",
    });
  });

  const bindingOf = async (value: string) => {
    const { bindings } = await (await admin()).get("/v1/bindings");
    return bindings.find((one: { readonly value: string }) => one.value === value).binding_id;
  };
});

describe("an answer that is not the issuer's to this sign-in", () => {
  const hour = (seconds: unknown) => Number(seconds) - 3_600;

  test.each([
    ["made for another client", "OIDC_AUDIENCE_WRONG", (claims: object) => ({ ...claims, aud: "another" })],
    ["an hour old", "OIDC_TOKEN_EXPIRED", (claims: { exp?: unknown }) => ({ ...claims, exp: hour(claims.exp) })],
    ["not of the issuer", "OIDC_TOKEN_INVALID", (claims: object) => ({ ...claims, iss: "https://elsewhere.test" })],
    ["without a subject", "OIDC_TOKEN_INVALID", ({ sub: _, ...claims }: { sub?: unknown }) => claims],
  ])("a token %s signs nobody in (%s)", async (_says, code, forge) => {
    issuer.forge = (claims) => JSON.parse(JSON.stringify(forge(claims)));

    expect((await signIn("s-grace")).body).toMatchObject({ code });
  });

  test("a token that the issuer's published keys did not sign is none", async () => {
    issuer.foreignKey = true;

    expect((await signIn("s-grace")).body).toMatchObject({ code: "OIDC_TOKEN_INVALID" });
  });

  test("a token that another sign-in asked for is refused by its nonce", async () => {
    const turn = (location: string): string => location.replace(/nonce=[^&]+/, "nonce=of-another");

    expect((await signIn("s-grace", { turn })).body).toMatchObject({ code: "OIDC_NONCE_MISMATCH", status: 401 });
  });

  test("an answer counts in the browser that asked, and once", async () => {
    const { search, pending } = await signIn("s-grace");
    const elsewhere = await ask("/session", { oidc: search });
    const bent = await ask("/session", { oidc: search.replace(/state=../, "state=xx") }, pending);
    const replayed = await ask("/session", { oidc: search }, pending);

    expect([elsewhere, bent].map(({ body }) => body.code)).toEqual(Array(2).fill("OIDC_STATE_MISMATCH"));
    expect(replayed.body).toMatchObject({ code: "OIDC_CODE_REFUSED", status: 401 });
  });

  test("somebody who was not let in at the issuer is told so", async () => {
    const { cookie, body } = await ask("/session/oidc", {});
    const state = new URL(body.location).searchParams.get("state");
    const refused = await ask(
      "/session",
      { oidc: `?error=access_denied&state=${state}&iss=${encodeURIComponent(issuer.issuer)}` },
      cookie,
    );

    expect(refused.body).toMatchObject({ code: "OIDC_DENIED", detail: "the issuer answered `access_denied`" });
  });

  test("an issuer that does not know us, and one that does not answer, are told apart", async () => {
    const wrong = createApp(bench().installation, { oidc: { ...settings, clientSecret: `${"x".repeat(40)}` } });
    const absent = createApp(bench().installation, { oidc: { ...settings, issuer: "http://127.0.0.1:9" } });

    expect((await signIn("s-grace", { of: wrong })).body).toMatchObject({ code: "OIDC_CLIENT_REFUSED" });
    expect((await ask("/session/oidc", {}, "", absent)).body).toMatchObject({
      code: "OIDC_ISSUER_UNAVAILABLE",
      status: 502,
    });
  });

  test("another site's form cannot begin a sign-in", async () => {
    expect((await app.request("/session/oidc", { method: "POST" })).status).toBe(400);
  });
});
