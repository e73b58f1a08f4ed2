import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, ELSEWHERE, NO_BROWSER, OTHER, TENANT, useStage } from "./browser.ts";
import { IS_WITHIN, seriousIn } from "./fit.ts";
import { tabFaults } from "./tabbing.ts";

const SCREENS = ["", "runs", "inbox", "ledger?type=approval", "gates", "releases", "health", "settings", "runbook"];

describe.skipIf(CHROMIUM === undefined)(`the console (${NO_BROWSER})`, () => {
  const stage = useStage();

  /** The letter of a run, opened. */
  async function openLetter(page: Page, runId: string): Promise<void> {
    const { approvals } = Object(await stage().operator.get("/v1/approvals?status=PENDING&limit=200"));
    const { approval_id } = approvals.find((one: { readonly run_id: string }) => one.run_id === runId);
    await page.goto(`${stage().origin}/t/${TENANT}/inbox?approval=${approval_id}`);
    await page.getByText("what is shown is what is hashed").waitFor();
  }

  test("a refund is approved by keyboard alone, and its receipt is there to see", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("ann", "approver");
    await openLetter(page, runId);
    await page.keyboard.press("a");
    await page.getByRole("dialog", { name: "Approve executeRefund?" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await stage().operator.untilRunEnds(runId);
    await page.goto(`${stage().origin}/t/${TENANT}/runs/${runId}`);
    await page.locator("h1 .badge", { hasText: "succeeded" }).waitFor();

    const effects = await page.locator("section", { hasText: "Effects and approvals" }).textContent();
    expect(effects).toMatch(/execute\s*executeRefund\s*5\.00 USD/i);
    expect(effects).toMatch(/ann · past \d+ guards/);
    await page.context().close();
  });

  test("a denial needs a reason, and the refund is not made", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("ben", "approver");
    await openLetter(page, runId);
    await page.keyboard.press("d");
    await page.getByRole("button", { name: "deny", exact: true }).click();
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
    await page.getByLabel("reason").fill("not our article");
    await page.getByRole("button", { name: "deny", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });

    const status = await stage().operator.untilRunEnds(runId);
    expect(status).not.toBe("SUCCEEDED");
    await page.context().close();
  });

  test("an order that changed since is not refunded: the letter says what changed", async () => {
    const { runId, orderId } = await stage().refund();
    const page = await stage().open("cas", "approver");
    await openLetter(page, runId);
    await stage().operator.post("/v1/calls", { tool: "updateOrder", input: { order_id: orderId, tags: ["moved"] } });
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "approve exactly this" }).click();

    const problem = page.getByRole("alert");
    await problem.waitFor();
    expect(await problem.textContent()).toContain("BASE_DRIFTED");
    await page.locator(".panel .badge", { hasText: "voided" }).waitFor();
    expect(await page.locator(".facts .bad").textContent()).toContain(orderId);
    await page.context().close();
  });

  test("who may not approve sees why, and has no button for it", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("dan", "viewer");
    await openLetter(page, runId);

    expect(await page.getByRole("button", { name: /^approve/ }).isDisabled()).toBe(true);
    expect(await page.locator(".acts").textContent()).toContain("ROLE_REQUIRED");
    await page.context().close();
  });

  test("what happens is on the screen within a second, without asking for it", async () => {
    const page = await stage().open("eva", "approver", "inbox?all=true");
    await page.getByRole("list", { name: "approvals" }).waitFor();
    const before = await page.locator(".letter").count();
    const asked: string[] = [];
    await page.waitForTimeout(300);
    page.on("request", (request) => asked.push(request.url()));
    await stage().refund();
    await page.locator(".letter").nth(before).waitFor();

    expect(asked.some((url) => url.includes("/v1/approvals"))).toBe(true);
    await page.context().close();
  });

  test("a lost connection shows, and what happened meanwhile is there after it", async () => {
    const page = await stage().open("fay", "viewer", "runs");
    await page.getByRole("list", { name: "runs" }).waitFor();
    await stage().cut();
    await page.getByText("stale: connecting again").waitFor();
    const { run_id } = Object(
      await stage().operator.post("/v1/runs", { workflow: "DEMO-NOTES", input: { order_id: `${TENANT}_ord_1` } }),
    );
    await stage().mend();
    await page.getByText("● live").waitFor();

    await page.getByText(run_id).waitFor();
    await page.context().close();
  });

  test("P1-T-RK08b a secret that was stopped at the record makes it unsafe, and leads to where it was", async () => {
    const input = { order_id: `${TENANT}_ord_2` };
    const { run_id } = Object(await stage().operator.post("/v1/runs", { workflow: "DEMO-NOTES", input }));
    await stage().operator.untilRunEnds(run_id);
    const page = await stage().open("sue", "viewer");
    const safe = page.locator(".verdict.bad", { hasText: "Is it safe?" });
    await safe.getByRole("link", { name: /(was|were) stopped at the record/ }).click();
    await page.waitForURL(/ledger\?.*type=scanner\.detected/);
    await page.locator("table").getByText("scanner.detected").first().waitFor();

    expect(await page.locator("tbody").textContent()).toContain("error");
    expect(await page.locator("tbody").textContent()).not.toContain("warning");
    await page.context().close();
  });

  test("signing out in one tab is told in the others, which ask no more until somebody signs in", async () => {
    const page = await stage().open("lea", "viewer", "runs");
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await tab.getByText("● live").waitFor();
    await page.getByRole("button", { name: "sign out" }).click();
    await tab.getByText("✕ signed out").waitFor();
    expect(stage().listeners()).toBe(0);
    await page.getByLabel("key").fill(await stage().keyOf("lea", "viewer"));
    await page.keyboard.press("Enter");

    await tab.getByText("● live").waitFor();
    await page.context().close();
  });

  test("whoever has to sign in first comes to where they wanted to go, also by a link that is pasted there", async () => {
    const page = await stage().open("mia", "viewer");
    await page.getByRole("button", { name: "sign out" }).click();
    await page.getByLabel("key").waitFor();
    await page.goto(`${stage().origin}/t/${TENANT}/ledger?tab=receipts`);
    await page.getByText(`To see /t/${TENANT}/ledger sign in to its tenant.`).waitFor();
    const headers = { authorization: `Bearer ${await stage().keyOf("mia", "viewer")}` };
    const made = await fetch(`${stage().origin}/v1/sign-in-codes`, { method: "POST", headers });
    await page.goto(`${stage().origin}${Object(await made.json()).path}`);

    await page.waitForURL(`**/t/${TENANT}/ledger?tab=receipts`);
    await page.context().close();
  });

  test("where a page came over plain http nothing can be hashed: it says so, and there is only a way to deny", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("ned", "approver");
    const origin = stage().origin.replace("127.0.0.1", ELSEWHERE);
    await page.goto(`${origin}/sign-in`);
    await page.getByLabel("key").fill(await stage().keyOf("ned", "approver"));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Is it safe?" }).waitFor();
    await page.goto(`${origin}/t/${TENANT}/inbox?approval=${await stage().operator.approvalOf(runId)}`);
    await page.getByText("this page came over plain http").waitFor();
    expect(await page.getByRole("button", { name: /^approve/ }).isDisabled()).toBe(true);
    await page.keyboard.press("d");
    await page.getByLabel("reason").fill("not from here");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });

    expect(await stage().operator.untilRunEnds(runId)).not.toBe("SUCCEEDED");
    await page.context().close();
  });

  test("a forged key signs nobody in, and a session shows no tenant that it was not given", async () => {
    const page = await stage().open("gil", "viewer");
    await page.goto(`${stage().origin}/t/${OTHER}`);
    await page.getByRole("button", { name: "sign in" }).waitFor();
    await page.getByLabel("key").fill(`cmk_${"A".repeat(32)}`);
    await page.getByRole("button", { name: "sign in" }).click();

    expect(await page.getByRole("alert").textContent()).toContain("UNAUTHENTICATED");
    await page.context().close();
  });

  test("two tenants in two tabs of one browser do not mix", async () => {
    const page = await stage().open("hal", "viewer", "runs");
    const tab = await page.context().newPage();
    await tab.goto(`${stage().origin}/sign-in`);
    await tab.getByLabel("key").fill(await stage().keyOf("hal", "viewer", OTHER));
    await tab.getByRole("button", { name: "sign in" }).click();
    await tab.waitForURL(`**/t/${OTHER}`);
    await tab.goto(`${stage().origin}/t/${OTHER}/runs`);
    await tab.getByText("No run is like this.").waitFor();
    await page.reload();
    await page.getByRole("list", { name: "runs" }).waitFor();

    expect(await page.locator(".row").count()).toBeGreaterThan(0);
    expect(await tab.locator(".row").count()).toBe(0);
    await page.context().close();
  });

  test("an open breaker is reset by who may, with a reason, and its history says both", async () => {
    await stage().openBreaker("stripe");
    const page = await stage().open("ida", "admin", "health");
    const card = page.locator(".breakers li", { hasText: "stripe" });
    await card.getByText("calls are refused").waitFor();
    await card.getByRole("button", { name: "reset stripe …" }).click();
    await page.getByLabel("reason").fill("its status page says all clear");
    await page.getByRole("button", { name: "reset stripe", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await card.getByText("calls go through").waitFor();

    expect(await card.getByRole("list", { name: "history" }).textContent()).toMatch(/closed.*open/);
    expect(await page.locator(".plot canvas").count()).toBeGreaterThan(0);
    await page.getByRole("link", { name: "6h" }).click();
    expect(page.url()).toContain("range=6h");
    await page.context().close();
  });

  test("a key is made, shown once and revoked, and is nobody's from then on", async () => {
    const page = await stage().open("jan", "admin", "settings");
    await page.getByRole("button", { name: "make a key …" }).click();
    await page.getByLabel("whose it is").fill("newcomer");
    await page.getByRole("button", { name: "make the key" }).click();
    const key = (await page.getByRole("dialog", { name: "The key" }).locator("pre").textContent()) ?? "";
    await page.getByRole("button", { name: "I have kept it" }).click();
    const asks = () => fetch(`${stage().origin}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    expect((await asks()).status).toBe(200);
    const row = page.getByRole("list", { name: "keys of newcomer" });
    await row.getByRole("button", { name: "revoke …" }).click();
    await page.getByRole("button", { name: "revoke it for ever" }).click();
    await row.getByText("revoked").waitFor();

    expect((await asks()).status).toBe(401);
    expect(await page.content()).not.toContain(key);
    await page.context().close();
  });

  test("no screen scrolls sideways at 390, 820 or 1440 px, axe finds nothing serious, and Tab leads round all of it", async () => {
    const page = await stage().open("width", "admin");
    const { run_id } = Object(await stage().operator.get("/v1/runs?limit=1")).runs[0];
    for (const screen of [...SCREENS, `runs/${run_id}`, `ledger/${run_id}`]) {
      await page.goto(`${stage().origin}/t/${TENANT}/${screen}`);
      await page
        .locator(screen === "" ? ".verdict" : "main h1")
        .first()
        .waitFor();
      for (const width of [390, 820, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(IS_WITHIN), `${screen} at ${width} px`).toBe(true);
      }
      expect(await seriousIn(page), screen).toEqual([]);
      expect(await tabFaults(page), screen).toEqual([]);
    }
    await page.context().close();
  });
});
