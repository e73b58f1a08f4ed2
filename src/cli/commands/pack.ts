import { type CheckFinding, checkPack, type PackCheck } from "../../api/index.ts";
import { isCode, type JsonObject, type Problem } from "../../contracts/index.ts";
import { askAndPrint, printAnswer } from "../answer.ts";
import { withClient } from "../client.ts";
import type { Command, Context } from "../command.ts";
import { counted, listOf, numberOf, textOf } from "../document.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { reportFindings } from "../findings.ts";
import { type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";

/** Findings shown of one pack: what is wrong in a hundred places is wrong in one way. `--json` has all. */
const SHOWN_MAX = 50;

const PACK = { name: "PACK", summary: "a pack's YAML or JSON file; `-` for standard input" } as const;

export const checkCommand: Command = {
  operands: [PACK],
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
    if (compiled !== null) return EXIT.done;
    return context.config.json ? EXIT.misuse : reportErrors(context, path, errors);
  },
};

function passed({ compiled, warnings }: PackCheck, paint: Paint): readonly string[] {
  const { pack, config_hash } = compiled ?? {};
  const workflows = pack?.workflows.map(({ id }) => id) ?? [];
  return [
    `${paint.green("ok")}  ${pack?.id} ${pack?.version}  ${counted(workflows.length, "workflow")}: ${workflows.join(", ")}`,
    paint.dim(`    sha256 ${config_hash}`),
    ...warnings.map(({ code, path, message }) => `${paint.yellow("warning")}  ${code}: ${message} at \`${path}\``),
  ];
}

function reportErrors(context: Context, file: string, findings: readonly Finding[]): ExitCode {
  const shown = findings.slice(0, SHOWN_MAX);
  const exit = reportFindings(
    context,
    shown.map((one) => ({ ...one, file, code: isCode(one.code) ? one.code : "PACK_INVALID" })),
  );
  if (findings.length > SHOWN_MAX) context.stderr.write(`and ${findings.length - SHOWN_MAX} more; see --json\n`);
  return exit;
}

type Finding = Omit<CheckFinding, "check_id">;

export const packActivateCommand: Command = {
  operands: [PACK],
  examples: ["countermark pack activate shop.yaml", "countermark pack activate --json shop.yaml | jq -r .digest"],
  run: async (context, args) => {
    const path = args.operand("PACK");
    const source = await readText(context, path);
    if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
    const answer = await withClient(context, "owner", (client) => client.post("/v1/packs", { document: source.value }));
    const findings = answer.ok && !answer.value.ok && !context.config.json ? findingsIn(answer.value.problem) : [];
    if (findings.length > 0) return reportErrors(context, path, findings);
    return printAnswer(context, answer, {
      lines: (pack, paint) => [
        `${paint.green("active")}  ${textOf(pack, "pack_id")} ${textOf(pack, "version")}  new runs start on it`,
        paint.dim(`        sha256 ${textOf(pack, "digest")}`),
      ],
    });
  },
};

/** What is wrong with a pack, as the API tells it; empty where something else is wrong. */
const findingsIn = ({ details = {} }: Problem): readonly Finding[] =>
  listOf(details, "errors").map((error) => ({
    code: textOf(error, "code"),
    path: textOf(error, "path"),
    message: textOf(error, "message"),
    line: numberOf(error, "line") ?? null,
    column: numberOf(error, "column") ?? null,
  }));

/** Characters of a digest that tell two apart at a glance; `--json` has them whole. */
const DIGEST_SHOWN = 12;

export const packListCommand: Command = {
  examples: ["countermark pack list", "countermark pack list --json | jq -r '.packs[].workflows[].id'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/packs"),
      lines: (body) => packLines(listOf(body, "packs")),
    }),
};

function packLines(packs: readonly JsonObject[]): readonly string[] {
  const rows = packs.map((pack) => [
    ...["pack_id", "version", "state"].map((member) => textOf(pack, member)),
    textOf(pack, "digest").slice(0, DIGEST_SHOWN),
    namesOf(listOf(pack, "workflows"), "id"),
    namesOf(
      listOf(pack, "tools").filter(({ revoked }) => revoked === true),
      "name",
    ),
  ]);
  if (rows.length === 0) return ["no packs"];
  return table(["pack", "version", "state", "digest", "workflows", "withdrawn tools"], rows);
}

const namesOf = (things: readonly JsonObject[], member: string): string =>
  things.length === 0 ? "-" : things.map((thing) => textOf(thing, member)).join(", ");
