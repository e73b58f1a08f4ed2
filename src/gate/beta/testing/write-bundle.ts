import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "./bundle.ts";
import { filesOf } from "./signoff.ts";

/** Writes a bundle as it is delivered: `manifest.json` and `rows.ndjson` in a folder that is there. */
export function writeBundle(folder: string, bundle: Bundle): void {
  for (const { name, text } of filesOf(bundle)) writeFileSync(join(folder, name), text);
}
