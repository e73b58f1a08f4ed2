import { checkPack, type PackCheck } from "../../api/index.ts";
import { isCode } from "../../contracts/index.ts";
import type { Command, Context } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { type Paint, print } from "../output.ts";
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
    const { compiled, errors, warnings, text } = check;
    if (compiled !== null || context.config.json) {
      const answer = { ok: compiled !== null, digest: compiled?.config_hash ?? null, errors, warnings, text };
      print(context, answer, (paint) => passed(check, paint));
    }
    return compiled === null ? reportFindings(context, path, check) : EXIT.done;
  },
};

function passed({ compiled, warnings }: PackCheck, paint: Paint): readonly string[] {
  const { pack, config_hash } = compiled ?? {};
  const workflows = pack?.workflows.map(({ id }) => id) ?? [];
  return [
    `${paint.green("ok")}  ${pack?.id} ${pack?.version}  ${workflows.length} workflows: ${workflows.join(", ")}`,
    paint.dim(`    sha256 ${config_hash}`),
    ...warnings.map(({ code, path, message }) => `${paint.yellow("warning")}  ${code}: ${message} at \`${path}\``),
  ];
}

/** One line and one remedy for each finding, with the text's place where it is known: `shop.yaml:12:3`. */
function reportFindings(context: Context, file: string, { errors }: PackCheck): ExitCode {
  if (context.config.json) return EXIT.misuse;
  for (const { code, path, line, column, message } of errors.slice(0, SHOWN_MAX)) {
    const at = line === null ? file : `${file}:${line}:${column ?? 1}`;
    const refusal = { code: isCode(code) ? code : ("PACK_INVALID" as const), message: `${at} \`${path}\` ${message}` };
    reportRefusal(talkOf(context), refusal);
  }
  if (errors.length > SHOWN_MAX) context.stderr.write(`and ${errors.length - SHOWN_MAX} more; see --json\n`);
  return EXIT.misuse;
}
