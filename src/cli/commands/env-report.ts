import { type JsonObject, parseInstant } from "../../contracts/index.ts";
import { type Maker, promotionReportOf } from "../../gate/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import type { Paint } from "../output.ts";
import { readMaker, writeReports } from "../release-reports.ts";
import { reportRefusal, talkOf } from "../report.ts";

import { ENVIRONMENT } from "./env.ts";

export const envReportCommand: Command = {
  operands: [ENVIRONMENT],
  options: [
    {
      flags: "--context <file>",
      summary: "the release gate's `context.json`; with --out: the report as that gate reads it (R35)",
    },
    { flags: "--out <folder>", summary: "where it is written; with --context" },
  ],
  examples: [
    "countermark env report prod",
    "countermark env report staging --context evidence/context.json --out evidence",
  ],
  run: async (context, args) => {
    const [about, out] = [args.value("context"), args.value("out")];
    if ((about === undefined) !== (out === undefined))
      return reportRefusal(talkOf(context), { code: "USAGE", message: "--context and --out go together" });
    const maker = about === undefined ? null : await readMaker(context, about);
    if (maker !== null && !maker.ok) return reportRefusal(talkOf(context), maker.refusal);
    return askAndPrint(context, {
      ask: async (client) => {
        const answered = await client.get(`/v1/environments/${part(args.operand("ENVIRONMENT"))}/promotion`);
        if (maker !== null && answered.ok) await writeReport(context, args, maker.value, answered.body);
        return answered;
      },
      lines: reportLines,
      exit: ({ status }) => (status === "passed" ? EXIT.done : status === "failed" ? EXIT.noGo : EXIT.noGoForEvidence),
    });
  },
};

async function writeReport(
  context: Context,
  args: Arguments,
  maker: Omit<Maker, "at">,
  report: JsonObject,
): Promise<void> {
  const at = parseInstant(textOf(report, "generated_at")) ?? context.host.clock.now();
  const { id, document } = promotionReportOf({ ...maker, at }, report);
  await writeReports(context, args.value("out") ?? "", [{ id, document }]);
}

function reportLines(report: JsonObject, paint: Paint): readonly string[] {
  const status = textOf(report, "status");
  const tone = status === "passed" ? paint.green : status === "failed" ? paint.red : paint.yellow;
  return [
    `${tone(status)}  ${textOf(report, "bundle_id")} into ${textOf(report, "environment")}, gate ${textOf(report, "gate_decision")}`,
    ...listOf(report, "checks").map((check) =>
      [`  ${textOf(check, "outcome")}  ${textOf(check, "check_id")}`, textOf(check, "detail")]
        .filter((text) => text !== "")
        .join(": "),
    ),
  ];
}
