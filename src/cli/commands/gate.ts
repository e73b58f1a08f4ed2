import { type Json, parseJson, type Result } from "../../contracts/index.ts";
import {
  DERIVATIONS,
  type Decision,
  decisionMarkdown,
  evaluateFiles,
  exported,
  type FileEvaluation,
  lintPolicy,
  type Policy,
  parseDecision,
} from "../../gate/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { askedFor, EVALUATION_OPTIONS, exitOf, POLICY, readPolicy } from "../evaluation.ts";
import { EXIT } from "../exit-code.ts";
import { readText } from "../files.ts";
import { decisionLines, lintLines, toldLines } from "../gate-lines.ts";
import { paintOf, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";

const FORMATS = ["table", "core", "export", "markdown"] as const;

export const gateEvalCommand: Command = {
  operands: [POLICY],
  options: [
    ...EVALUATION_OPTIONS,
    {
      flags: "--format <format>",
      summary: "how to print; --json prints `export`, the policy's own document",
      choices: FORMATS,
    },
  ],
  examples: [
    "countermark gate eval policies/dual-track-beta.yaml --evidence evidence/ --at 2026-03-09T02:00:00Z",
    "countermark gate eval gates.yaml --evidence runs.ndjson --at 2026-03-09T02:00:00Z --format core > decision.json",
  ],
  run: async (context, args) => {
    const asked = await askedFor(context, args);
    if (typeof asked === "number") return asked;
    const evaluation = evaluateFiles(asked.input, DERIVATIONS);
    if (!evaluation.ok) return reportRefusal(talkOf(context), evaluation.refusal);
    const { policy } = asked.input;
    context.stdout.write(`${printedAs(formatOf(context, args), context, policy, evaluation.value)}\n`);
    return exitOf(policy, evaluation.value.decision);
  },
};

const formatOf = (context: Context, args: Arguments): (typeof FORMATS)[number] =>
  FORMATS.find((format) => format === args.value("format")) ?? (context.config.json ? "export" : "table");

function printedAs(
  format: (typeof FORMATS)[number],
  context: Context,
  policy: Policy,
  evaluation: FileEvaluation,
): string {
  switch (format) {
    case "table":
      return decisionLines(evaluation.decision, paintOf(context)).join("\n");
    case "core":
      return JSON.stringify(evaluation.decision, null, 2);
    case "export":
      return JSON.stringify(exported(policy.text, evaluation), null, 2);
    case "markdown":
      return decisionMarkdown(evaluation.decision);
  }
}

export const gateLintCommand: Command = {
  operands: [POLICY],
  examples: ["countermark gate lint policies/golden-suite.yaml"],
  run: async (context, args) => {
    const read = await readPolicy(context, args.operand("POLICY"));
    if (typeof read === "number") return read;
    const { policy } = read;
    const findings = lintPolicy(policy);
    const { id, version } = policy.text;
    print(context, { id, version, digest: policy.digest, findings }, (paint) => lintLines(findings, paint));
    return findings.some(({ level }) => level === "error") ? EXIT.misuse : EXIT.done;
  },
};

export const gateExplainCommand: Command = {
  operands: [
    { name: "DECISION", summary: "a decision's JSON file, as `--format core` prints it; `-` for standard input" },
  ],
  options: [{ flags: "--gate <id>", summary: "one gate, with all the rows that the decision names" }],
  examples: ["countermark gate explain decision.json", "countermark gate explain decision.json --gate S-SLO-1"],
  run: async (context, args) => {
    const decision = await readDecision(context, args.operand("DECISION"));
    if (!decision.ok) return reportRefusal(talkOf(context), decision.refusal);
    const asked = args.value("gate");
    const rows = decision.value.gates.filter(({ id }) => asked === undefined || id === asked);
    if (rows.length === 0)
      return reportRefusal(talkOf(context), { code: "USAGE", message: `the decision has no gate \`${asked}\`` });
    print(context, { verdict: decision.value.verdict, blocked_by: decision.value.blocked_by, gates: rows }, (paint) =>
      asked === undefined
        ? decisionLines(decision.value, paint)
        : rows.flatMap((row) => toldLines(row, paint, row.failing.rows.length)).slice(1),
    );
    return EXIT.done;
  },
};

async function readDecision(context: Context, path: string): Promise<Result<Decision>> {
  const text = await readText(context, path);
  if (!text.ok) return text;
  const value: Result<Json> = parseJson(text.value);
  return value.ok ? parseDecision(value.value) : value;
}
