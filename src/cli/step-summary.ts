import type { Refusal } from "../contracts/index.ts";
import { type Decision, decisionMarkdown } from "../gate/index.ts";
import type { Arguments, Context, Option } from "./command.ts";
import { appendText } from "./write-files.ts";

export const SUMMARY: Option = {
  flags: "--summary",
  summary: "append the decision as Markdown to the job's summary, the file that GITHUB_STEP_SUMMARY names",
};

/** Why a summary that is asked for cannot be written; null where it can, or where none is. */
export const summaryBar = ({ config }: Context, args: Arguments): Refusal | null =>
  args.flag("summary") && config.stepSummary === null
    ? { code: "USAGE", message: "`--summary` needs GITHUB_STEP_SUMMARY, the file that a job's summary is written to" }
    : null;

/** Appends a decision to the job's summary, GO or NO-GO, where that is asked for. */
export async function summarize(context: Context, args: Arguments, decision: Decision | undefined): Promise<void> {
  const { stepSummary } = context.config;
  if (!args.flag("summary") || stepSummary === null || decision === undefined) return;
  await appendText(context, stepSummary, decisionMarkdown(decision));
}
