import type { Command, Context } from "../command.ts";
import { exitCodeOf } from "../exit-by-code.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { type Paint, print } from "../output.ts";
import { checkPack, type PackCheck } from "../pack-check.ts";
import { reportRefusal, talkOf } from "../report.ts";

/** Findings shown of one pack: what is wrong in a hundred places is wrong in one way. `--json` has all. */
const SHOWN_MAX = 50;

export const checkCommand: Command = {
  operands: [{ name: "PACK", summary: "a pack's YAML or JSON file; `-` for standard input" }],
  examples: ["countermark check shop.yaml", "countermark check --json shop.yaml | jq .digest"],
  run: async (context, args) => {
    const path = args.operand("PACK");
    const source = await readText(context, path);
    if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
    const check = checkPack(source.value);
    if (check.ok || context.config.json) print(context, check, (paint) => passed(check, paint));
    return check.ok ? EXIT.done : reportFindings(context, path, check);
  },
};

const passed = ({ pack_id, version, workflows, digest, warnings }: PackCheck, paint: Paint): readonly string[] => [
  `${paint.green("ok")}  ${pack_id} ${version}  ${workflows.length} workflows: ${workflows.join(", ")}  ${paint.dim(`sha256 ${digest}`)}`,
  ...warnings.map(({ code, path, message }) => `${paint.yellow("warning")}  ${code}: ${message} at \`${path}\``),
];

/** One line and one remedy for each finding, where the text's place is known with it: `shop.yaml:12:3`. */
function reportFindings(context: Context, file: string, { errors }: PackCheck): ExitCode {
  const [first] = errors;
  if (context.config.json || first === undefined) return EXIT.misuse;
  for (const error of errors.slice(0, SHOWN_MAX)) {
    const at = "line" in error && error.line !== null ? `${file}:${error.line}:${error.column}` : file;
    reportRefusal(talkOf(context), { code: error.code, message: `${at} \`${error.path}\` ${error.message}` });
  }
  if (errors.length > SHOWN_MAX) context.stderr.write(`and ${errors.length - SHOWN_MAX} more; see --json\n`);
  return exitCodeOf(first.code);
}
