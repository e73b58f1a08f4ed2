import type { JsonObject } from "../contracts/index.ts";
import { BUNDLE_BYTES_MAX, type Lineage, parseLineage, readLineage, type Stage } from "../release/index.ts";
import { withClient } from "./client.ts";
import type { Context } from "./command.ts";
import type { ExitCode } from "./exit-code.ts";
import { readBytes } from "./files.ts";
import { reportProblem, reportRefusal, talkOf } from "./report.ts";

export const LINEAGE_PLACES = "a bundle's file, its id or root digest, or a lineage's file";

/**
 * The lineage of what somebody names: read where it is one already, else traced from the record. An exit code where there is none,
 * which is then reported.
 */
export async function lineageOf(context: Context, named: string, stage: Stage | null): Promise<Lineage | ExitCode> {
  const bytes = await readBytes(context, named, { max: BUNDLE_BYTES_MAX });
  const staged = stage === null ? {} : { stage };
  if (!bytes.ok) return traced(context, { bundle_id: named, ...staged });
  const text = Buffer.from(bytes.value).toString("utf8");
  const lineage = parseLineage(text);
  return lineage.ok ? lineage.value : traced(context, { bundle: text, ...staged });
}

/** What the record answers about a bundle or a decision. */
export async function traced(context: Context, body: JsonObject): Promise<Lineage | ExitCode> {
  const answer = await withClient(context, "owner", (client) => client.post("/v1/lineage", body));
  if (!answer.ok) return reportRefusal(talkOf(context), answer.refusal);
  if (!answer.value.ok) return reportProblem(talkOf(context), answer.value.problem);
  const lineage = readLineage(answer.value.body.lineage ?? null);
  return lineage.ok ? lineage.value : reportRefusal(talkOf(context), lineage.refusal);
}
