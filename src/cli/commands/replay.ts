import { isJsonObject, type JsonObject } from "../../contracts/index.ts";
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
        const events = textOf(found, "events");
        const { first, verdict } = found;
        const head =
          verdict === "equal"
            ? `${paint.green(found.identical === true ? "identical" : "equal")}  ${events} events decided again, document ${textOf(found, "document_sha256")}`
            : `${paint.red("differs")}  ${textOf(found, "drift")} after ${events} events were read`;
        return isJsonObject(first) ? [head, ...divergenceLines(first)] : [head];
      },
      exit: ({ verdict }) => (verdict === "equal" ? EXIT.done : EXIT.notVerified),
    }),
};

/** The first place at which a replay came to something else, in three lines. */
const divergenceLines = (first: JsonObject): readonly string[] => [
  `  ${textOf(first, "drift")} at event ${textOf(first, "seq")} of ${textOf(first, "stream")}: ${textOf(first, "type")} ${textOf(first, "field_path")}`,
  `  recorded  ${inline(first.expected ?? null)}`,
  `  decided   ${inline(first.actual ?? null)}`,
];
