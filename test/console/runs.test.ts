import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, NO_BROWSER, TENANT, useStage } from "./browser.ts";

/** Tabs of one browser; a browser opens six connections to one server, so with one each the page would stand still. */
const TABS = 7;
/** A server hears that a browser is gone a moment later. */
const LATER = { timeout: 10_000 };

describe.skipIf(CHROMIUM === undefined)(`runs in the console (${NO_BROWSER})`, () => {
  const stage = useStage();

  /** A run that waits for approval and that a program outside holds by token, of which nothing more is heard. */
  async function stuckRun(): Promise<string> {
    const { runId } = await stage().refund();
    const held = { step_id: "execute", thread_id: "outside-program", host_id: "h", pid: 7, ttl_seconds: 3_600 };
    await stage().operator.post(`/v1/runs/${runId}/leases`, held);
    return runId;
  }

  const openRun = async (page: Page, runId: string): Promise<void> => {
    await page.goto(`${stage().origin}/t/${TENANT}/runs/${runId}`);
    await page.getByRole("heading", { name: "Transcript" }).waitFor();
  };

  test("a stuck run says in whose hands it is, is taken from them after a look, and goes on", async () => {
    const runId = await stuckRun();
    const page = await stage().open("tom", "admin");
    await openRun(page, runId);
    expect(await page.locator(".facts", { hasText: "held by" }).textContent()).toContain("outside-program");
    await page.keyboard.press("t");
    const dialog = page.getByRole("dialog", { name: /^Take over/ });
    await dialog.waitFor();
    const told = await dialog.textContent();
    await dialog.getByLabel("reason").fill("the program was stopped");
    await dialog.getByRole("button", { name: "take over" }).click();
    await page.getByText("taken over: the next worker goes on with it").waitFor();

    expect(told).toMatch(/outside-program.* loses the run at once: whatever it still sends under epoch \d+ is refused/);
    await page.locator(".facts", { hasText: "taken over" }).waitFor();
    const letter = await stage().operator.approvalOf(runId);
    await page.goto(`${stage().origin}/t/${TENANT}/inbox?approval=${letter}`);
    await page.getByText("what is shown is what is hashed").waitFor();
    await page.keyboard.press("a");
    await page.getByRole("dialog", { name: "Approve executeRefund?" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await stage().operator.untilRunEnds(runId)).toBe("SUCCEEDED");
    await page.context().close();
  });

  test("who may only look sees what cannot be done and why, and may replay", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("viv", "viewer");
    await openRun(page, runId);
    await page.getByText("what you cannot do to it now, and why").click();
    expect(await page.locator(".barred").textContent()).toMatch(/cancel.*ROLE_REQUIRED/);
    expect(await page.getByRole("button", { name: /^cancel/ }).count()).toBe(0);
    await page.keyboard.press("p");
    await page.getByRole("dialog", { name: /^Replay/ }).waitFor();
    await page.keyboard.press("Enter");

    await page.getByText(/replayed: all \d+ events are decided alike/).waitFor();
    await page.context().close();
  });

  test("a run's path is walked by keyboard, and its state is there at each version", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("pat", "viewer");
    await openRun(page, runId);
    const first = page.locator(".graph .node").first();
    await first.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.locator(".step-facts").waitFor();
    expect(await page.locator(".step-facts h3").textContent()).toContain("check");
    await page.keyboard.press("[");
    await page.getByText("version 3 of 4").waitFor();

    expect(new URL(page.url()).search).toBe("?step=check&version=3");
    await page.context().close();
  });

  test("a run is asked for while what draws it still comes, and the answer to that is drawn", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("sam", "viewer");
    const isAsked = page.waitForRequest(/\/timeline\?/);
    await page.route(/\/assets\/base-.*\.js$/, async (route) => {
      await isAsked;
      await route.continue();
    });
    await page.route(/\/timeline\?/, (route) => route.abort());
    await page.route(/\/timeline\?/, (route) => route.continue(), { times: 1 }); // tried before the one above
    await openRun(page, runId);
    await page.locator(".bars .bar").first().waitFor();
    await page.locator(".graph .node.path").first().waitFor();
    await page.context().close();
  });

  test("all that is seen first of a run is asked for before the code that draws it, its first events once", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("sam", "viewer");
    await page.goto("about:blank"); // so that the screen before asks for nothing more
    const asked: string[] = [];
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith("/v1/") && pathname !== "/v1/changes")
        asked.push(`${pathname.replace(runId, "ID")}${search}`);
    });
    const events = "/v1/runs/ID/events?after=0&limit=50";
    const early = ["/v1/overview", "/v1/runs/ID", events, "/v1/runs/ID/timeline?dots=250", "/v1/runs/ID/workflow"];
    await page.route(/\/assets\/base-.*\.js$/, async (route) => {
      await expect.poll(() => asked.toSorted(), { timeout: 15_000 }).toEqual(early);
      await route.continue();
    });
    await openRun(page, runId);
    await page.locator(".event").first().waitFor();
    await page.context().close();

    expect(asked.filter((path) => path === events)).toHaveLength(1);
  });

  test("what a run does while its transcript comes is in the transcript", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("rae", "viewer");
    const said = async (): Promise<number> => Object(await stage().operator.get(`/v1/runs/${runId}`)).events;
    const before = await said();
    let isHeld = true;
    await page.route(/runs\/[^/]+\/events/, async (route) => {
      const response = await route.fetch();
      if (isHeld) await page.getByText("cancelled", { exact: false }).first().waitFor();
      isHeld = false;
      await route.fulfill({ response });
    });
    await page.goto(`${stage().origin}/t/${TENANT}/runs/${runId}`);
    await page.locator("h1 .badge").waitFor();
    await stage().operator.post(`/v1/runs/${runId}/cancel`, { reason: "not wanted" });
    await stage().operator.untilRunEnds(runId);
    const after = await said();
    expect(after).toBeGreaterThan(before);

    await page.locator(".transcript .event .number", { hasText: new RegExp(`^${after}$`) }).waitFor();
    await page.context().close();
  });

  test("runs are searched, and a view of them is kept in the browser", async () => {
    const { runId } = await stage().refund();
    const page = await stage().open("sue", "viewer", "runs");
    await page.getByRole("list", { name: "runs" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(runId);
    await page.keyboard.press("Enter");
    await page.waitForURL(/search=/);
    await page.locator(".row").nth(1).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "save this view …" }).click();
    await page.getByLabel("name of the view").fill("the refund");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "all", exact: true }).click();
    await page.reload();
    await page.getByRole("link", { name: "the refund" }).click();

    await page.waitForURL((url) => url.searchParams.get("search") === runId);
    await page.context().close();
  });

  test("a question mark lists the keys of the page that is shown", async () => {
    const page = await stage().open("kim", "viewer", "runs");
    await page.getByRole("list", { name: "runs" }).waitFor();
    await page.keyboard.press("?");
    const onRuns = await page.getByRole("dialog", { name: "Keys of this page" }).textContent();
    await page.keyboard.press("Escape");
    await page.keyboard.press("3");
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    await page.keyboard.press("?");
    const onInbox = await page.getByRole("dialog", { name: "Keys of this page" }).textContent();

    expect(onRuns).toMatch(/\/search.*jthe next run.*2Runs/);
    expect(onInbox).not.toContain("the next run");
    await page.context().close();
  });

  test("many tabs of one browser listen through one connection, and the last one to go ends it", async () => {
    await expect.poll(() => stage().listeners(), LATER).toBe(0);
    const page = await stage().open("tab", "viewer", "runs");
    const tabs = await Promise.all(Array.from({ length: TABS - 1 }, () => page.context().newPage()));
    await Promise.all(
      tabs.map(async (tab) => {
        await tab.goto(`${stage().origin}/t/${TENANT}/runs`);
        await tab.getByText("● live").waitFor();
      }),
    );
    const { runId } = await stage().refund();
    for (const tab of [page, ...tabs]) await tab.getByText(runId).waitFor();

    expect(stage().listeners()).toBe(1);
    await page.context().close();
    await expect.poll(() => stage().listeners(), LATER).toBe(0);
  });
});
