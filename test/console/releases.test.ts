import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  activatePack,
  addKey,
  addTenant,
  createApp,
  type Installation,
  type Listening,
  openInstallation,
  serve,
} from "../../src/api/index.ts";
import { after, assert, formatInstant, type JsonObject, seededRandom } from "../../src/contracts/index.ts";
import { entryOf, parsePolicy } from "../../src/gate/index.ts";
import type { Role } from "../../src/guard/index.ts";
import {
  buildBundle,
  newSigningKey,
  publicKeyOf,
  readSigningKey,
  signApproval,
  termsOf,
} from "../../src/release/index.ts";
import { compilePack } from "../../src/run/index.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { tillPack } from "../http/pack.ts";
import { notedFrom } from "../http/till-bundle.ts";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { BUILT, CHROMIUM, NO_BROWSER, openTab } from "./browser.ts";
import { IS_WITHIN, seriousIn } from "./fit.ts";
import { tabFaults } from "./tabbing.ts";

const TENANT = "till";
const DAY_MS = 86_400_000;
const KEY = readSigningKey(newSigningKey(seededRandom(1)));
const ANN = readSigningKey(newSigningKey(seededRandom(2)));
const POLICY = parsePolicy(SLO_POLICY);
const TILL = tillPack();

describe.skipIf(CHROMIUM === undefined)(`releases on the console (${NO_BROWSER})`, () => {
  let [directory, root] = ["", ""];
  let database: FreshDatabase;
  let installation: Installation;
  let listening: Listening;
  let browser: Browser;
  let admin = "";

  const keyOf = async (principalId: string, role: Role): Promise<string> =>
    (await addKey(installation, { tenantId: TENANT, principalId, kind: "person", role, by: "test" })).key;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "countermark-console-"));
    await writeFile(join(directory, "trust.json"), rosterText());
    database = await freshDatabase();
    const opened = { host: realHost, directory, server: database.options, migrate: false, tools: TILL.tools };
    installation = await openInstallation({ ...opened, tier: "HARDENED" });
    await addTenant(installation, { tenantId: TENANT, name: TENANT, mode: "sandbox", by: "test" });
    await activatePack(installation, { tenantId: TENANT, pack: TILL.pack, by: "test" });
    listening = await serve(createApp(installation, { consoleDirectory: BUILT }), { port: 0 });
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    admin = await keyOf("ada", "admin");
    const good = bundle("1.0.0");
    root = good.root;
    await post("/v1/environments/dev/promote", { bundle: good.text });
    await post("/v1/environments/dev/health", { health: "good", reason: "looked at" });
    await evaluate(false);
  });

  afterAll(async () => {
    await browser.close();
    await listening.close();
    await installation.close();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  /** Asks as the administrator, outside of the browser. */
  async function post(path: string, body: JsonObject, key = admin) {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const asked = await fetch(`${listening.origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await asked.text();
    expect(asked.ok, text).toBe(true);
    return Object(JSON.parse(text));
  }

  /** What Ann signs of a waiver, as it is sent. */
  async function signed(waiverId: string): Promise<JsonObject> {
    const shown = await fetch(`${listening.origin}/v1/waivers/${waiverId}`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    const terms = entryOf({ ...Object(await shown.json()).waiver, approvals: [] }, 0);
    assert(terms.ok && ANN.ok, "what is shown is a waiver");
    const approved_at = formatInstant(realHost.clock.now());
    const statement = { waiver: termsOf(terms.waiver), approver: "ann", role: "operator", approved_at };
    return JSON.parse(JSON.stringify(signApproval(statement, ANN.value)));
  }

  /** Records what the policy says of the first bundle. */
  const evaluate = (isGood: boolean): Promise<unknown> =>
    post("/v1/gates/evaluations", {
      policy: SLO_POLICY,
      subject: root,
      evidence: [{ name: "runs.ndjson", text: runsEvidence(isGood) }],
    });

  const open = async (principal: string, role: Role, path = ""): Promise<Page> =>
    openTab(browser, listening.origin, { key: await keyOf(principal, role), path, tenant: TENANT });

  test("a promotion that a gate keeps back is understood from home down to the row, and goes through once that is flipped", async () => {
    const page = await open("olga", "admin");
    await page.getByText(/No: candidate .* may not go to staging/).waitFor();
    await page.getByRole("link", { name: /policy slo 1\.0\.0 says NO-GO/ }).click();
    const kept = page.locator("#staging").getByRole("list", { name: "what keeps it back" });
    await kept.getByText("would pass with").waitFor();
    const why = await kept.textContent();
    await kept.getByRole("link", { name: "slo correctness" }).click();
    await page.getByText("were it to pass, it would be GO").waitFor();
    const told = await page.locator("#correctness").textContent();

    expect(why).toContain("RELEASE_GATE_ALLOWS_PROMOTION");
    expect(told).toMatch(/0 of 1.*1 of the failing ones good.*r1/);

    await page.keyboard.press("6");
    await evaluate(true);
    await page.locator("#staging").getByText("nothing keeps it back").waitFor();
    await page.getByRole("button", { name: "promote from dev" }).click();
    await page.getByRole("button", { name: "promote to staging" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator(".track li").nth(1).locator(".bundle").waitFor();
    expect(await page.locator(".track li").nth(1).textContent()).toContain("not judged yet");
    await page.context().close();
  });

  test("REL-02: who is about to promote notes into prod that are not so there reads that first", async () => {
    const page = await open("pru", "admin", "releases");
    await page.locator("#prod").getByRole("list", { name: "what keeps it back" }).waitFor();
    await page.locator("#prod").getByRole("button", { name: "promote from staging" }).click();
    await page.getByRole("dialog").getByText("in prod it takes the place of nothing").waitFor();

    expect(await page.getByRole("dialog").locator(".wait").textContent()).toContain("its notes go back to r0");
    await page.context().close();
  });

  test("two decisions are laid side by side, and the gate that turned is said to pass now", async () => {
    const page = await open("pia", "viewer", "gates");
    await page.getByRole("row", { name: /NO-GO/ }).getByRole("link", { name: "compare" }).click();
    await page.getByRole("link", { name: "lay beside" }).first().click();
    await page.getByRole("heading", { name: "Two decisions" }).waitFor();
    const row = page.getByRole("row", { name: /correctness/ }).last();
    await row.waitFor();

    expect(await row.textContent()).toMatch(/passes now.*0\/1.*1\/1/);
    await page.context().close();
  });

  test("an environment is rolled back with a reason, and what it left is bad from then on", async () => {
    const [seen, next] = [bundle("2.0.0"), bundle("3.0.0")];
    await post("/v1/environments/dev/promote", { bundle: seen.text });
    const page = await open("rob", "admin", "releases");
    await page.locator("#dev").getByRole("button", { name: "roll back" }).click();
    await page.getByText(`${seen.id} (is marked bad`).waitFor();
    await post("/v1/environments/dev/promote", { bundle: next.text });
    await page.locator(".track").getByText(next.id).waitFor();
    await page.getByLabel("reason").fill("refunds fail");
    await page.getByRole("button", { name: "roll dev back" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("ENVIRONMENT_MOVED");
    await page.getByRole("button", { name: "leave it" }).click();

    await page.locator("#dev").getByRole("button", { name: "roll back" }).click();
    await page.getByText(`${next.id} (is marked bad, and comes nowhere again)`).waitFor();
    await page.getByLabel("reason").fill("refunds fail");
    await page.getByRole("button", { name: "roll dev back" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator("#dev").getByText("refunds fail").first().waitFor();

    await page.goto(`${listening.origin}/t/${TENANT}/releases/${next.id}`);
    await page.getByText("was in dev").waitFor();
    expect(await page.locator(".stays").textContent()).toContain("bad");
    await page.context().close();
  });

  test("a hold whose answer was lost is asked for again under the same key, and is placed once", async () => {
    const page = await open("hana", "admin", "releases");
    await page.route("**/v1/holds", (route) => route.fetch().then(() => route.abort()), { times: 1 });
    await page.locator("#prod").getByRole("button", { name: "hold" }).click();
    await page.getByLabel("reason").fill("peak season");
    const place = page.getByRole("button", { name: "hold prod" });
    await place.click();
    await page.getByRole("alert").waitFor();
    await place.click();
    await page.getByRole("dialog").waitFor({ state: "detached" });

    const headers = { authorization: `Bearer ${admin}` };
    const { holds } = Object(await (await fetch(`${listening.origin}/v1/environments`, { headers })).json());
    expect(holds).toMatchObject([{ scope: "prod", reason: "peak season" }]);
    await page.context().close();
  });

  test("a waiver is read on its decision, counts once it is signed where its key lies, and no more once it is taken back", async () => {
    const noGo = await post("/v1/gates/evaluations", BORNE);
    const asked = { ...WAIVER, evaluation: noGo.evaluation.evaluation_id };
    const { waiver_id } = await post("/v1/waivers", { ...asked, expires_at: later(DAY_MS) });
    const page = await open("ann", "approver", `gates/${noGo.evaluation.evaluation_id}`);
    await page.getByText("1 more to approve").waitFor();
    await page.getByText("Under only a decision bears 1 waived gate: 0 in force, 1 left.").waitFor();
    await page.getByText("look at what is signed; approve or refuse it").click();
    const command = (await page.locator(".empty .digest").textContent()) ?? "";
    expect(command).toContain(`waiver approve ${waiver_id} --as operator --terms `);
    expect(await page.locator(".cards").textContent()).toContain(WAIVER.reason);

    await post(
      `/v1/waivers/${waiver_id}/approve`,
      { envelope: await signed(waiver_id) },
      await keyOf("ann", "approver"),
    );
    await page.locator(".badge", { hasText: "in force" }).waitFor();
    await page.getByText("1 in force, 0 left").waitFor();
    const go = await post("/v1/gates/evaluations", BORNE);
    await page.goto(`${listening.origin}/t/${TENANT}/gates/${go.evaluation.evaluation_id}`);
    await page.getByText("GO on condition of").waitFor();
    await page.getByText(/covers correctness, by ann/).waitFor();
    await page.getByText("may be renewed at once, for 14 d at most").waitFor();
    await page.getByText("look at what was signed; take it back").click();
    await page.getByRole("button", { name: "take back …" }).click();
    await page.getByLabel("reason").fill("the runner is mended");
    await page.keyboard.press("Enter");
    await page.locator(".badge", { hasText: "revoked" }).waitFor();
    const again = await post("/v1/gates/evaluations", BORNE);
    await page.goto(`${listening.origin}/t/${TENANT}/gates/${again.evaluation.evaluation_id}`);
    await page.getByRole("heading", { name: "Asked about it" }).waitFor();
    expect(await page.locator(".cards").textContent()).toMatch(/revoked.*W-\d{4}-0001.*taken back (now|\d+ s ago)/);
    expect(await tabFaults(page)).toEqual([]);
    await page.getByRole("link", { name: waiver_id }).click();
    await page.getByText("the runner is mended").first().waitFor({ state: "attached" });

    expect(again.decision.verdict).toBe("NO-GO");
    await page.context().close();
  });

  test("a waiver that nobody signed in time says that it is over, without being asked", async () => {
    const noGo = await post("/v1/gates/evaluations", { ...BORNE, subject: "another" });
    const page = await open("ann", "approver", `gates/${noGo.evaluation.evaluation_id}`);
    const asked = { ...WAIVER, evaluation: noGo.evaluation.evaluation_id, expires_at: later(SOON_MS) };
    await post("/v1/waivers", { ...asked, remediation: { ...WAIVER.remediation, due_at: asked.expires_at } });
    await page.locator(".badge", { hasText: "waits for approval" }).waitFor();

    await page.locator(".badge", { hasText: "expired" }).waitFor();
    expect(await page.getByText("look at what is signed").count()).toBe(0);
    await page.context().close();
  });

  test("who may not move an environment sees why, and has no button for it", async () => {
    const page = await open("vic", "viewer", "releases");
    const dev = page.locator("#dev");
    await dev.getByRole("button", { name: "hold" }).waitFor();

    expect(await dev.getByRole("button", { name: "roll back" }).isDisabled()).toBe(true);
    expect(await dev.locator(".acts").textContent()).toContain("ROLE_REQUIRED");
    await page.context().close();
  });

  test("the ledger is searched by its address, verified with what was hashed, and saved as lines that hold together", async () => {
    const page = await open("lea", "viewer", "ledger?type=environment&span=all");
    await page.getByRole("link", { name: "environment.rolled_back" }).waitFor();
    await page.getByRole("button", { name: "verify all of it" }).click();
    await page.getByText(/✓ \d+ events in \d+ streams hold/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "save as NDJSON" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    await page.getByRole("link", { name: "environment.rolled_back" }).click();
    await page.locator(".asked-for").getByText("✓ its hash").waitFor();

    expect(lines.every((line) => String(JSON.parse(line).type).startsWith("environment."))).toBe(true);
    expect(await page.locator(".asked-for").textContent()).toContain("refunds fail");
    await page.context().close();
  });

  test("no screen of it scrolls sideways at 390, 820 or 1440 px, axe finds nothing serious, and Tab leads round all of it", async () => {
    const page = await open("wim", "admin");
    const places = [
      "releases",
      `releases/${root}`,
      `releases/${root}/lineage`,
      "gates?tab=policies",
      policyPath(),
      "ledger?tab=receipts",
    ];
    for (const place of places) {
      await page.goto(`${listening.origin}/t/${TENANT}/${place}`);
      await page.locator("main h1").first().waitFor();
      await page.locator(".loading").first().waitFor({ state: "detached" });
      for (const width of [390, 820, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(IS_WITHIN), `${place} at ${width} px`).toBe(true);
      }
      expect(await seriousIn(page), place).toEqual([]);
      expect(await tabFaults(page), place).toEqual([]);
    }
    await page.context().close();
  });
});

const later = (ms: number): string => formatInstant(after(realHost.clock.now(), ms));

/** Long enough to be seen while it waits. */
const SOON_MS = 3_000;

/** A NO-GO that may be waived: its profile bears one gate. */
const BORNE = {
  policy: `${SLO_POLICY.replace("id: slo", "id: borne").replace("limit: 0.9,", "limit: 0.9, severity: high, waivable: true,")}waivers: { approvals: 1, ttl_seconds: 1209600, consecutive_max: 2, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }
profiles: { only: { budget: { waived: 1 }, conditions: waived_only } }
`,
  profile: "only",
  subject: "a release",
  evidence: [{ name: "runs.ndjson", text: runsEvidence(false) }],
};

const WAIVER = {
  gate: "correctness",
  reason: "one flaky runner, replaced on Monday",
  remediation: { issue_ref: "#17", owner: "ann", due_at: later(DAY_MS / 2) },
  scope: { environments: ["dev"], profiles: ["only"] },
};

function rosterText(): string {
  assert(KEY.ok && ANN.ok, "keys that were made can be read");
  const now = realHost.clock.now();
  const valid = { valid_from: formatInstant(after(now, -DAY_MS)), valid_until: formatInstant(after(now, DAY_MS)) };
  const keys = [
    { keyid: KEY.value.keyId, public_key: publicKeyOf(KEY.value), roles: ["release"], ...valid },
    {
      keyid: ANN.value.keyId,
      public_key: publicKeyOf(ANN.value),
      roles: ["approver"],
      principal: "ann",
      approves_as: ["operator"],
      ...valid,
    },
  ];
  return JSON.stringify({ keys });
}

const policyPath = (): string => {
  assert(POLICY.ok, "the test's policy can be read");
  return `gates/policies/${POLICY.value.digest}?days=1`;
};

/** A version of the till as a bundle that pins the policy. */
function bundle(version: string) {
  assert(KEY.ok && POLICY.ok, "key and policy can be read");
  const compiled = compilePack({ ...TILL.pack.pack, version });
  assert(compiled.ok, "the version compiles");
  const { text, digest } = POLICY.value;
  const commit = compiled.compiled.config_hash.slice(0, 40);
  const built = buildBundle({
    pack: compiled.compiled,
    label: "candidate",
    source: { commit, dirty: false },
    builder: "test",
    createdAt: realHost.clock.now(),
    policies: [{ id: text.id, version: text.version, digest }],
    sbom: null,
    ...notedFrom("r0", commit),
    key: KEY.value,
  });
  assert(built.ok, "the bundle can be built");
  const { bundle_id: id, root_digest } = built.value.manifest;
  return { text: built.value.text, id, root: root_digest };
}
