import type { Page } from "playwright-core";

/** In the page: notes every control that is there, and from then on which is come to, where it stands, and whether one sees that one is there. */
const LISTEN = `
  const controls = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  const there = [...document.querySelectorAll(controls)].filter((one) => !one.matches(":disabled"));
  const walk = (globalThis.walk = { there, steps: [], stop: new AbortController() });
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  addEventListener("focusin", ({ target }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    const { left, right, top, bottom } = target.getBoundingClientRect();
    walk.steps.push({
      target,
      isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) > 0,
      box: { left, right, top: top + scrollY, bottom: bottom + scrollY },
    });
  }, { signal: walk.stop.signal });
  addEventListener("focusout", ({ target }) => {
    const { left, right, top, bottom } = target.getBoundingClientRect();
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const step = walk.steps.findLast((one) => one.target === target);
    if (step !== undefined) step.isCovered = seen !== null && seen.closest(".top") !== target.closest(".top");
  }, { signal: walk.stop.signal });`;

/** In the page: whether one came round. */
const IS_ROUND = "new Set(walk.steps.map(({ target }) => target)).size < walk.steps.length";

/** In the page: what was amiss with the way round, a line each. */
const FAULTS = `(() => {
  walk.stop.abort();
  const told = (element) => element.outerHTML.slice(0, 120);
  const again = walk.steps.findIndex(({ target }, at) => walk.steps.findIndex((one) => one.target === target) < at);
  const round = walk.steps.slice(0, again < 0 ? undefined : again).filter(({ target }) => target.isConnected);
  const reached = new Set(round.map(({ target }) => target));
  return [
    ...walk.there
      .filter((one) => one.isConnected && one.checkVisibility({ visibilityProperty: true }) && !reached.has(one))
      .map((one) => "not reached: " + told(one)),
    ...round.filter(({ isSeen }) => !isSeen).map(({ target }) => "not seen where one is: " + told(target)),
    ...round.slice(1).flatMap(({ target, box }, at) => {
      const before = round[at];
      const isBefore = (before.target.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) === 0;
      const isBack = box.bottom <= before.box.top && box.right <= before.box.left;
      return isBefore || isBack ? ["against the order of the page: " + told(target)] : [];
    }),
  ];
})()`;

/** In the page: what of it one came to and could not see, because the page's head lies over it. */
const COVERED = `(() => {
  walk.stop.abort();
  return walk.steps
    .filter(({ isCovered }) => isCovered)
    .map(({ target }) => "under the page's head: " + target.outerHTML.slice(0, 120));
})()`;

/** Between one look at whether one came round and the next. */
const AT_ONCE = 25;
/** More controls than any screen has. */
const STEPS_MAX = 500;

/**
 * Goes round a screen by Tab alone. What is amiss: a control that is not come to, because it takes no focus or another holds it; one
 * that does not show that one is there, or lies under the page's head; one that is come to against the order of the page; one without a
 * name.
 */
export async function tabFaults(page: Page): Promise<readonly string[]> {
  await goRound(page, "Tab");
  const faults: readonly string[] = await page.evaluate(FAULTS);
  await goRound(page, "Shift+Tab"); // what one goes back to comes in at the top
  const covered: readonly string[] = await page.evaluate(COVERED);
  return [...faults, ...covered, ...(await nameless(page))];
}

async function goRound(page: Page, key: string): Promise<void> {
  await page.evaluate(LISTEN);
  for (let steps = 0; steps < STEPS_MAX && !(await page.evaluate(IS_ROUND)); steps += AT_ONCE)
    for (let step = 0; step < AT_ONCE; step++) await page.keyboard.press(key);
}

/** Controls that the browser tells those who do not see them nothing of. */
async function nameless(page: Page): Promise<readonly string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  await devtools.detach();
  return nodes
    .filter(({ ignored, name, properties = [] }) => {
      const isControl = properties.some((one) => one.name === "focusable" && one.value.value === true);
      return !ignored && isControl && String(name?.value ?? "").trim() === "";
    })
    .map(({ role, backendDOMNodeId }) => `without a name: ${role?.value} ${backendDOMNodeId}`);
}
