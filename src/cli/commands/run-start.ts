import { printAnswer } from "../answer.ts";
import { type Answer, type Client, withClient } from "../client.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { rawOf } from "../document.ts";
import { OBJECT_PLACES, readObject } from "../files.ts";
import { exitOfRun, followRun } from "../follow.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { runLine } from "../run-lines.ts";
import { WAIT_OPTION, waitMsOf } from "../wait-option.ts";

export const runStartCommand: Command = {
  operands: [{ name: "WORKFLOW", summary: "a workflow of an active pack" }],
  options: [
    { flags: "--input <json>", summary: `the trigger's payload, ${OBJECT_PLACES}`, default: "{}" },
    { flags: "--start-key <text>", summary: "starts one run however often it is given" },
    WAIT_OPTION,
  ],
  examples: [
    "countermark run start order_to_fulfil --input order.json",
    `countermark run start nightly --input '{"day":"2026-01-02"}' --start-key 2026-01-02`,
  ],
  run: async (context, args) => {
    const input = await readObject(context, args.value("input") ?? "");
    if (!input.ok) return reportRefusal(talkOf(context), input.refusal);
    const startKey = args.value("start-key");
    const body = {
      workflow: args.operand("WORKFLOW"),
      input: input.value,
      ...(startKey === undefined ? {} : { start_key: startKey }),
    };
    const answer = await withClient(context, "owner", async (client) => {
      const started = await client.post("/v1/runs", body);
      return followed({ client, context }, args, started);
    });
    return printAnswer(context, answer, { lines: (run, paint) => [runLine(run, paint)], exit: exitOfRun });
  },
};

/** The run as it stands after the wait, in the place of how it started. */
async function followed(
  at: { readonly client: Client; readonly context: Context },
  args: Arguments,
  started: Answer,
): Promise<Answer> {
  const runId = started.ok ? rawOf(started.body, "run_id") : undefined;
  const waitMs = waitMsOf(args);
  return runId === undefined || waitMs === 0 ? started : followRun(at, { runId, beyond: 0, waitMs });
}
