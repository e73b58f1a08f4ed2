import type { JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { listed, listOf, objectOf, textOf } from "../document.ts";
import { columns } from "../table.ts";
import { RUN } from "./run.ts";

const ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const runHandoffCommand: Command = {
  operands: [RUN],
  options: [
    { flags: "--include-accepted", summary: "also what is done already, for a successor that looks at all of it" },
    {
      flags: "--evidence <paths>",
      summary: "what to hand over with it, parted by commas, in the place of its outcomes",
    },
  ],
  examples: [`countermark run handoff ${ID}`, `countermark run handoff ${ID} --json > package.json`],
  run: (context, args) => {
    const evidence = args.value("evidence");
    const body = {
      include_accepted: args.flag("include-accepted"),
      ...(evidence === undefined ? {} : { evidence_paths: evidence.split(",") }),
    };
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/runs/${part(args.operand("RUN"))}/handoff`, body),
      lines: packageLines,
    });
  },
};

function packageLines(handoff: JsonObject): readonly string[] {
  const steps = objectOf(handoff, "step_status");
  const facts = [
    ["next", `${textOf(handoff, "next_action")} ${textOf(handoff, "current_step")}`],
    ["to do", listed(handoff, "resumable_step_ids")],
    ["done", listed(steps, "accepted")],
    ["failed", listed(steps, "failed")],
    ["approvals", listed(handoff, "pending_approvals")],
    ...listOf(handoff, "open_acceptance_items").map((item) => [
      "open",
      `${textOf(item, "step_id")}: ${textOf(item, "criterion")}`,
    ]),
    ["sha256", textOf(handoff, "package_hash")],
  ];
  return [
    `handoff of run ${textOf(handoff, "run_id")} as of event ${textOf(handoff, "event_seq")}`,
    ...columns(facts.map(([name = "", value = ""]) => [`  ${name}`, value])),
  ];
}
