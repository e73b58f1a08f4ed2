import { isJsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { inline, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";

export const replayCommand: Command = {
  operands: [{ name: "RUN", summary: "a run's id" }],
  examples: ["countermark replay 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post(`/v1/runs/${part(args.operand("RUN"))}/replay`, {}),
      lines: (found, paint) => {
        const first = found.first;
        if (!isJsonObject(first)) {
          const events = textOf(found, "events");
          return [
            `${paint.green("identical")}  ${events} events decided again, document ${textOf(found, "document_sha256")}`,
          ];
        }
        return [
          `${paint.red("differs")}  first at event ${textOf(first, "seq")}`,
          `  recorded  ${inline(first.expected ?? null)}`,
          `  decided   ${inline(first.found ?? null)}`,
        ];
      },
      exit: ({ identical }) => (identical === true ? EXIT.done : EXIT.notVerified),
    }),
};
