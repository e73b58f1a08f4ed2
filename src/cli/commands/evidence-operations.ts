import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { linksIn, operatorReadiness, readOperations } from "../../gate/index.ts";
import type { Command } from "../command.ts";
import { readObject, readText } from "../files.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { AT, CONTEXT, makerOf, OUT, written } from "./evidence.ts";

export const evidenceOperationsCommand: Command = {
  operands: [{ name: "RUNBOOK", summary: "what operators do when something goes wrong, in Markdown" }],
  options: [
    {
      flags: "--operations <file>",
      summary: "JSON of `triggers`, `contacts`, `rollback_drill_at` and `backup_restore_at`",
      required: true,
    },
    CONTEXT,
    AT,
    OUT,
  ],
  examples: [
    "countermark evidence operations docs/runbook.md --operations operations.json --context evidence/context.json --out evidence",
  ],
  run: async (context, args) => {
    const path = args.operand("RUNBOOK");
    const runbook = await readText(context, path);
    if (!runbook.ok) return reportRefusal(talkOf(context), runbook.refusal);
    const document = await readObject(context, args.value("operations") ?? "");
    if (!document.ok) return reportRefusal(talkOf(context), document.refusal);
    const operations = readOperations(document.value);
    if (!operations.ok) return reportRefusal(talkOf(context), operations.refusal);
    const maker = await makerOf(context, args);
    if (!maker.ok) return reportRefusal(talkOf(context), maker.refusal);
    const files = await filesAmong(linksIn(runbook.value), dirname(resolve(context.cwd, path)));
    const input = { ...maker.value, runbook: runbook.value, operations: operations.value, files };
    return written(context, args, [operatorReadiness(input)]);
  },
};

/** Links that lead to a file, wherever in it. */
async function filesAmong(links: readonly string[], folder: string): Promise<readonly string[]> {
  const found = await Promise.all(
    links.map(async (link) => {
      try {
        return (await stat(resolve(folder, link.replace(/#.*$/, "")))).isFile() ? [link] : [];
      } catch (error) {
        if (error instanceof Error && "code" in error) return []; // the operating system's no, whichever
        throw error;
      }
    }),
  );
  return found.flat();
}
