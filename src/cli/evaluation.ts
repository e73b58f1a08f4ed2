import { parseInstant, type TextError } from "../contracts/index.ts";
import { type Decision, type FileEvaluationInput, lintPolicy, type Policy, parsePolicy } from "../gate/index.ts";
import type { Arguments, Context, Operand, Option } from "./command.ts";
import { readEvidence } from "./evidence.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { readText } from "./files.ts";
import { reportRefusal, talkOf } from "./report.ts";
import { WAIVER_OPTIONS, waiversFor } from "./waiver-options.ts";

export const POLICY: Operand = { name: "POLICY", summary: "a gate policy's YAML file; `-` for standard input" };

/** What a policy is evaluated on. */
export const EVALUATION_OPTIONS: readonly Option[] = [
  { flags: "--evidence <path...>", summary: "files of evidence, or folders of them" },
  { flags: "--at <instant>", summary: "the instant to decide for, such as 2026-03-09T02:00:00Z; files need one" },
  { flags: "--profile <name>", summary: "the policy's profile, where it has several" },
  ...WAIVER_OPTIONS,
];

/** An evaluation as it is asked for, and the text that its policy was read from. */
export interface AskedEvaluation {
  readonly input: FileEvaluationInput;
  readonly source: string;
}

/**
 * Reads everything that POLICY and `EVALUATION_OPTIONS` name. An exit code where something is wrong, which is then reported: the
 * files, the policy, `GATE_UNSATISFIABLE` of a gate that nothing could pass.
 */
export async function askedFor(context: Context, args: Arguments): Promise<AskedEvaluation | ExitCode> {
  const read = await readPolicy(context, args.operand("POLICY"));
  if (typeof read === "number") return read;
  const errors = lintPolicy(read.policy).filter(({ level }) => level === "error");
  for (const { gate, message } of errors)
    reportRefusal(talkOf(context), { code: "GATE_UNSATISFIABLE", message: `${gate} ${message}` });
  if (errors.length > 0) return EXIT.misuse;
  if (args.values("evidence").length === 0)
    return reportRefusal(talkOf(context), { code: "USAGE", message: "`--evidence` names the files to decide by" });
  const decidedAt = parseInstant(args.value("at") ?? "");
  if (decidedAt === undefined)
    return reportRefusal(talkOf(context), {
      code: "USAGE",
      message: "`--at` is an instant in UTC, such as 2026-03-09T02:00:00Z",
    });
  const files = await readEvidence(context, args.values("evidence"));
  if (!files.ok) return reportRefusal(talkOf(context), files.refusal);
  const waivers = await waiversFor(context, args);
  if (!waivers.ok) return reportRefusal(talkOf(context), waivers.refusal);
  const profile = args.value("profile") ?? null;
  return {
    input: { policy: read.policy, profile, files: files.value, decidedAt, waivers: waivers.value },
    source: read.source,
  };
}

/** A policy and the text that it was read from; an exit code where it is none, which is then reported. */
export async function readPolicy(
  context: Context,
  path: string,
): Promise<{ readonly policy: Policy; readonly source: string } | ExitCode> {
  const source = await readText(context, path);
  if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
  const policy = parsePolicy(source.value);
  return policy.ok ? { policy: policy.value, source: source.value } : reportErrors(context, path, policy.errors);
}

function reportErrors(context: Context, file: string, errors: readonly TextError[]): ExitCode {
  for (const { code, path, line, column, message } of errors) {
    const at = line === null ? file : `${file}:${line}:${column ?? 1}`;
    reportRefusal(talkOf(context), { code, message: `${at} \`${path}\` ${message}` });
  }
  return EXIT.misuse;
}

/** 0 for GO, and for a policy that only reports; 4 where something failed, 5 where it is only missing, unknown or too little. */
export function exitOf(policy: Policy, { verdict, cause }: Decision): ExitCode {
  if (verdict === "GO" || policy.text.purpose === "report") return EXIT.done;
  return cause === "failed" ? EXIT.noGo : EXIT.noGoForEvidence;
}
