import { expect } from "vitest";
import type { FlowShop } from "./shop.ts";

/** Tables in which some column of some row holds the text, as text or as bytes, whoever's row it is. */
export async function tablesWith(shop: FlowShop, text: string): Promise<readonly string[]> {
  const { owner } = shop.installation.database;
  const bytes = Buffer.from(text).toString("hex");
  const tables = await owner<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'countermark' order by tablename`;
  expect(tables.length).toBeGreaterThan(20);
  const holding: string[] = [];
  for (const { name } of tables) {
    const rows = await owner`
      select 1 from ${owner(name)} as r where strpos(r::text, ${text}) > 0 or strpos(r::text, ${bytes}) > 0 limit 1`;
    if (rows.length > 0) holding.push(name);
  }
  return holding;
}
