import { RUN_STATUSES } from "../../run/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { noteNext } from "../output.ts";
import { runLines, runListLines } from "../run-lines.ts";

/** The API's own limit of a page. */
const PAGE_MAX = 200;

export const runListCommand: Command = {
  options: [
    { flags: "--status <status>", summary: "only runs in this status", choices: RUN_STATUSES },
    { flags: "--workflow <id>", summary: "only runs of this workflow" },
    { flags: "--before <run>", summary: "the page after the one that ended with this run" },
    { flags: "--limit <number>", summary: "runs of a page", default: "50", integer: { min: 1, max: PAGE_MAX } },
  ],
  examples: ["countermark run list --status SUSPENDED_HITL", "countermark run list --json | jq '.runs[].run_id'"],
  run: async (context, args) => {
    const [status, workflow, before, limit] = ["status", "workflow", "before", "limit"].map(args.value);
    return askAndPrint(context, {
      ask: (client) => client.get("/v1/runs", { status, workflow, before, limit }),
      lines: (body, paint) => {
        noteNext(context, body, "--before");
        return runListLines(body, context.host.clock.now(), paint);
      },
    });
  },
};

export const RUN = { name: "RUN", summary: "a run's id" } as const;

export const runShowCommand: Command = {
  operands: [RUN],
  examples: ["countermark run show 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/runs/${part(args.operand("RUN"))}`),
      lines: (run, paint) => runLines(run, context.host.clock.now(), paint),
    }),
};

export const runExportCommand: Command = {
  operands: [RUN],
  examples: ["countermark run export 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 > refund.json"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/runs/${part(args.operand("RUN"))}/transcript`),
      lines: (transcript) => [JSON.stringify(transcript)],
    }),
};
