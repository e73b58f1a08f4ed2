import { isJsonObject, type JsonObject } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { leavesOf } from "../document.ts";
import { readJson } from "../files.ts";
import { exitOfRun } from "../follow.ts";
import type { Paint } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { runLine } from "../run-lines.ts";
import { columns } from "../table.ts";

export const callCommand: Command = {
  operands: [{ name: "TOOL", summary: "a tool of an active pack" }],
  options: [
    { flags: "--input <file>", summary: "its arguments, a JSON object; `-` for standard input", required: true },
  ],
  examples: [
    "countermark call fetchOrder --input order.json",
    "countermark call fetchOrder --input - --json < order.json",
  ],
  run: async (context, args) => {
    const path = args.value("input") ?? "";
    const input = await readJson(context, path);
    if (!input.ok) return reportRefusal(talkOf(context), input.refusal);
    const { value } = input;
    if (!isJsonObject(value))
      return reportRefusal(talkOf(context), { code: "INVALID_INPUT", message: `\`${path}\` is not a JSON object` });
    return askAndPrint(context, {
      ask: (client) => {
        client.work();
        return client.post("/v1/calls", { tool: args.operand("TOOL"), input: value });
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
