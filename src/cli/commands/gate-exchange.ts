import { exportOpenSlo, importOpenSlo } from "../../gate/index.ts";
import type { Command, Context } from "../command.ts";
import { POLICY, readPolicy } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { writeText } from "../write-files.ts";

const OUT = { flags: "--out <file>", summary: "where it is written; printed without one" };

export const gateImportCommand: Command = {
  operands: [
    {
      name: "FORMAT",
      summary: "openslo: documents SLO and SLI of OpenSLO v1 whose metric sources are of type countermark",
    },
    { name: "FILE", summary: "a YAML file of them; `-` for standard input" },
  ],
  options: [OUT],
  examples: [
    "countermark gate import openslo slos.yaml > policy.yaml",
    "countermark gate import openslo slos.yaml --out policy.yaml && countermark gate lint policy.yaml",
  ],
  run: async (context, args) => {
    const format = args.operand("FORMAT");
    if (format !== "openslo")
      return reportRefusal(talkOf(context), { code: "USAGE", message: `\`${format}\` is not imported: openslo is` });
    const source = await readText(context, args.operand("FILE"));
    if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
    const imported = importOpenSlo(source.value);
    if (!imported.ok) return reportRefusal(talkOf(context), imported.refusal);
    return give(context, args.value("out"), imported.value.text);
  },
};

export const gateExportCommand: Command = {
  operands: [POLICY],
  options: [
    { flags: "--format <format>", summary: "as what it is written", choices: ["openslo"], default: "openslo" },
    OUT,
  ],
  examples: ["countermark gate export policy.yaml --format openslo > slos.yaml"],
  run: async (context, args) => {
    const read = await readPolicy(context, args.operand("POLICY"));
    if (typeof read === "number") return read;
    const exported = exportOpenSlo(read.policy);
    if (!exported.ok) return reportRefusal(talkOf(context), exported.refusal);
    return give(context, args.value("out"), exported.value);
  },
};

async function give(context: Context, path: string | undefined, text: string): Promise<ExitCode> {
  if (path === undefined) context.stdout.write(text);
  else await writeText(context, path, text);
  return EXIT.done;
}
