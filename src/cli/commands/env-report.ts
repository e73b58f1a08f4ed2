import { type JsonObject, parseInstant } from "../../contracts/index.ts";
import { type Maker, promotionReportOf, readReleaseFolder } from "../../gate/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { readText } from "../files.ts";
import type { Paint } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { VERSION } from "../version.ts";
import { writeFiles } from "../write-files.ts";
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
    const maker = about === undefined ? null : await makerOf(context, about);
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

async function makerOf(context: Context, path: string) {
  const text = await readText(context, path);
  if (!text.ok) return text;
  const candidate = readReleaseFolder([{ name: "context.json", text: text.value }], null);
  if (!candidate.ok) return candidate;
  const reportId = () => context.host.ids.next();
  return { ok: true, value: { context: candidate.value.context, reportId, toolVersion: VERSION } } as const;
}

async function writeReport(
  context: Context,
  args: Arguments,
  maker: Omit<Maker, "at">,
  report: JsonObject,
): Promise<void> {
  const at = parseInstant(textOf(report, "generated_at")) ?? context.host.clock.now();
  const { id, document } = promotionReportOf({ ...maker, at }, report);
  await writeFiles(context, args.value("out") ?? "", [
    { path: `${id}.json`, text: `${JSON.stringify(document, null, 2)}\n` },
  ]);
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
