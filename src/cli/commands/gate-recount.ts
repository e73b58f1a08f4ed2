import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { objectOf } from "../document.ts";

export const gateRecountCommand: Command = {
  operands: [{ name: "DECISION", summary: "a recorded evaluation's id, or a decision's digest" }],
  examples: ["countermark gate recount 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/gates/evaluations/${part(args.operand("DECISION"))}/recount`),
      lines: (body, paint) => {
        const units = Object.entries(objectOf(body, "units")).map(([kind, count]) => `${String(count)} of ${kind}`);
        const changed = Array.isArray(body.changed) ? body.changed.map(String) : [];
        return [
          `${paint.green("this ledger")}  it was counted over it: ${units.join(", ")}`,
          ...changed.map((metric) => `${paint.yellow("since then")}  \`${metric}\` comes to something else`),
        ];
      },
    }),
};
