import { accepted, type JsonObject, type Result } from "../contracts/index.ts";
import { type Maker, readReleaseFolder } from "../gate/index.ts";
import type { Context } from "./command.ts";
import { readText } from "./files.ts";
import { VERSION } from "./version.ts";
import { writeFiles } from "./write-files.ts";

/** What reports say of the release that they are about, as its `context.json` has it. */
export async function readMaker(context: Context, path: string): Promise<Result<Omit<Maker, "at">>> {
  const text = await readText(context, path);
  if (!text.ok) return text;
  const candidate = readReleaseFolder([{ name: "context.json", text: text.value }], null);
  if (!candidate.ok) return candidate;
  const reportId = () => context.host.ids.next();
  return accepted({ context: candidate.value.context, reportId, toolVersion: VERSION });
}

/** Writes reports as the release gate reads them. */
export const writeReports = (
  context: Context,
  folder: string,
  reports: readonly { readonly id: string; readonly document: JsonObject }[],
): Promise<void> =>
  writeFiles(
    context,
    folder,
    reports.map(({ id, document }) => ({ path: `${id}.json`, text: `${JSON.stringify(document, null, 2)}\n` })),
  );
