import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** In the page: whether nothing reaches past its right edge. */
export const IS_WITHIN = "document.documentElement.scrollWidth <= innerWidth";

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe calls serious or critical of a screen that has come; while it comes, its words fade in and out. */
export async function seriousIn(page: Page): Promise<readonly string[]> {
  const coming = page.locator(".loading");
  while ((await coming.count()) > 0) await coming.first().waitFor({ state: "detached" });
  await page.evaluate(AXE); // not as a script of the page: its policy takes none
  const { violations }: { readonly violations: readonly Violation[] } = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
