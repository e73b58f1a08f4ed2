import { isJsonObject, type JsonObject } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { leavesOf } from "../document.ts";
import { OBJECT_PLACES, readObject } from "../files.ts";
import { exitOfRun } from "../follow.ts";
import type { Paint } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { runLine } from "../run-lines.ts";
import { columns } from "../table.ts";

export const callCommand: Command = {
  operands: [{ name: "TOOL", summary: "a tool of an active pack" }],
  options: [{ flags: "--input <json>", summary: `its arguments, ${OBJECT_PLACES}`, required: true }],
  examples: [
    "countermark call fetchOrder --input order.json",
    `countermark call fetchOrder --input '{"order_id":"shop_ord_17"}' --json`,
  ],
  run: async (context, args) => {
    const input = await readObject(context, args.value("input") ?? "");
    if (!input.ok) return reportRefusal(talkOf(context), input.refusal);
    return askAndPrint(context, {
      ask: (client) => {
        client.work();
        return client.post("/v1/calls", { tool: args.operand("TOOL"), input: input.value });
      },
      lines: calledLines,
      exit: exitOfRun,
    });
  },
};

const calledLines = (run: JsonObject, paint: Paint): readonly string[] => {
  const { output } = run;
  const leaves = isJsonObject(output) ? leavesOf(output) : [];
  return [runLine(run, paint), ...columns(leaves.map(([path, value]) => [`  ${path}`, value]))];
};
