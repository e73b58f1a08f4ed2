import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, type Listening, serve } from "../../src/api/index.ts";
import { SHOP, useBench } from "../http/bench.ts";
import { type Issuer, startIssuer } from "../http/issuer.ts";
import { BUILT, CHROMIUM, NO_BROWSER, openTab } from "./browser.ts";

describe.skipIf(CHROMIUM === undefined)(`signing in at an issuer (${NO_BROWSER})`, () => {
  const bench = useBench();
  let listening: Listening;
  let issuer: Issuer;
  let browser: Browser;

  beforeAll(async () => {
    let app = bench().app;
    listening = await serve({ fetch: (request) => app.fetch(request) }, { port: 0 });
    issuer = await startIssuer([`${listening.origin}/sign-in`]);
    app = createApp(bench().installation, {
      consoleDirectory: BUILT,
      oidc: {
        issuer: issuer.issuer,
        ...issuer.client,
        redirectBase: listening.origin,
        scope: "openid email",
        groupsClaim: "groups",
      },
    });
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    await listening.close();
    await issuer.close();
  });

  /** Asks the served app as an admin. */
  async function admin() {
    const { key } = await bench().client("ann", "admin");
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return async (path: string, body: object) =>
      Object(
        await (
          await fetch(`${listening.origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
        ).json(),
      );
  }

  test("somebody signs in by the button, is who they were bound as, and is out when the binding is removed", async () => {
    const post = await admin();
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(20_000);
    const walk = async (name: string): Promise<void> => {
      await page.goto(`${listening.origin}/sign-in`);
      await page.getByRole("button", { name: `sign in at ${new URL(issuer.issuer).host}` }).click();
      if (name === "") return;
      await page.locator("input[name=login]").fill(name);
      await page.locator("input[name=password]").fill("any");
      await page.getByRole("button", { name: /sign-in/i }).click();
    };

    await walk("s-grace");
    const problem = page.getByRole("alert");
    await problem.waitFor();
    expect(await problem.textContent()).toMatch(/OIDC_UNBOUND.*countermark binding add/);

    await post("/v1/bindings", {
      claim: "subject",
      value: "s-grace",
      principal_id: "grace",
      role: "operator",
    });
    await walk(""); // the issuer knows her still
    await page.getByRole("heading", { name: "Is it safe?" }).waitFor();
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "countermark_session");
    expect(new URL(page.url()).pathname).toBe(`/t/${SHOP}`);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });

    await page.goto(`${listening.origin}/t/${SHOP}/settings`);
    await page.getByText("as grace (operator)").waitFor();
    const { key } = await bench().client("ada", "admin");
    const settings = await openTab(browser, listening.origin, { key, path: "settings", tenant: SHOP });
    const row = settings.getByRole("list", { name: "who is let in without a key" }).getByRole("listitem");
    expect(await row.textContent()).toMatch(/whose subject is s-grace.*as grace, operator.*bound by ann/);
    await settings.getByRole("button", { name: "let in no more …" }).click();
    await settings.getByRole("button", { name: "let in no more", exact: true }).click();
    await row.getByText("✕ ended").waitFor();
    await settings.context().close();
    await page.reload();
    await page.getByLabel("key").waitFor();
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.context().close();
  });
});
