import {
  accepted,
  type Json,
  parseInstant,
  parseJson,
  type Result,
  rejected,
  type TextError,
} from "../../contracts/index.ts";
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
  parsePolicy,
} from "../../gate/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { readEvidence } from "../evidence.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { decisionLines, lintLines, toldLines } from "../gate-lines.ts";
import { paintOf, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { WAIVER_OPTIONS, waiversFor } from "../waiver-options.ts";

const POLICY = { name: "POLICY", summary: "a gate policy's YAML file; `-` for standard input" } as const;

const FORMATS = ["table", "core", "export", "markdown"] as const;

export const gateEvalCommand: Command = {
  operands: [POLICY],
  options: [
    { flags: "--evidence <path...>", summary: "files of evidence, or folders of them", required: true },
    { flags: "--at <instant>", summary: "the instant to decide for, such as 2026-03-09T02:00:00Z", required: true },
    { flags: "--profile <name>", summary: "the policy's profile, where it has several" },
    ...WAIVER_OPTIONS,
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
    const policy = await readPolicy(context, args.operand("POLICY"));
    if (typeof policy === "number") return policy;
    const errors = lintPolicy(policy).filter(({ level }) => level === "error");
    for (const { gate, message } of errors)
      reportRefusal(talkOf(context), { code: "GATE_UNSATISFIABLE", message: `${gate} ${message}` });
    if (errors.length > 0) return EXIT.misuse;
    const evaluation = await evaluateFor(context, args, policy);
    if (!evaluation.ok) return reportRefusal(talkOf(context), evaluation.refusal);
    context.stdout.write(`${printedAs(formatOf(context, args), context, policy, evaluation.value)}\n`);
    return policy.text.purpose === "report" ? EXIT.done : exitOf(evaluation.value.decision);
  },
};

const formatOf = (context: Context, args: Arguments): (typeof FORMATS)[number] =>
  FORMATS.find((format) => format === args.value("format")) ?? (context.config.json ? "export" : "table");

async function evaluateFor(context: Context, args: Arguments, policy: Policy): Promise<Result<FileEvaluation>> {
  const decidedAt = parseInstant(args.value("at") ?? "");
  if (decidedAt === undefined)
    return rejected({ code: "USAGE", message: "`--at` is an instant in UTC, such as 2026-03-09T02:00:00Z" });
  const files = await readEvidence(context, args.values("evidence"));
  if (!files.ok) return files;
  const waivers = await waiversFor(context, args);
  if (!waivers.ok) return waivers;
  const profile = args.value("profile") ?? null;
  return evaluateFiles({ policy, profile, files: files.value, decidedAt, waivers: waivers.value }, DERIVATIONS);
}

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

/** 0 for GO; 4 where something failed, 5 where it is only missing, unknown or too little. */
export const exitOf = ({ verdict, cause }: Decision): ExitCode =>
  verdict === "GO" ? EXIT.done : cause === "failed" ? EXIT.noGo : EXIT.noGoForEvidence;

async function readPolicy(context: Context, path: string): Promise<Policy | ExitCode> {
  const source = await readText(context, path);
  if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
  const policy = parsePolicy(source.value);
  return policy.ok ? policy.value : reportErrors(context, path, policy.errors);
}

function reportErrors(context: Context, file: string, errors: readonly TextError[]): ExitCode {
  for (const { code, path, line, column, message } of errors) {
    const at = line === null ? file : `${file}:${line}:${column ?? 1}`;
    reportRefusal(talkOf(context), { code, message: `${at} \`${path}\` ${message}` });
  }
  return EXIT.misuse;
}

export const gateLintCommand: Command = {
  operands: [POLICY],
  examples: ["countermark gate lint policies/golden-suite.yaml"],
  run: async (context, args) => {
    const policy = await readPolicy(context, args.operand("POLICY"));
    if (typeof policy === "number") return policy;
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
