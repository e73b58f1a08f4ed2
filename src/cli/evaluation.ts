import { accepted, type Result, refusalOf, rejected, type TextError } from "../contracts/index.ts";
import {
  DERIVATIONS,
  type Decision,
  evaluateFiles,
  type FileEvaluation,
  type FileEvaluationInput,
  type Policy,
  parsePolicy,
  unsatisfiable,
} from "../gate/index.ts";
import type { Arguments, Context, Operand, Option } from "./command.ts";
import { readEvidence } from "./evidence.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { readText } from "./files.ts";
import { AGO } from "./moment.ts";
import { type CountedEvidence, countParquet, parquetFiles } from "./parquet-evidence.ts";
import { reportRefusal, talkOf } from "./report.ts";
import { WAIVER_OPTIONS, waiversFor } from "./waiver-options.ts";

export const POLICY: Operand = { name: "POLICY", summary: "a gate policy's YAML file; `-` for standard input" };

/** What a policy is evaluated on. */
export const EVALUATION_OPTIONS: readonly Option[] = [
  { flags: "--evidence <path...>", summary: "files of evidence, or folders of them: NDJSON and JSON, or Parquet" },
  {
    flags: "--at <time>",
    summary: "the instant to decide for, such as 2026-03-09T02:00:00Z, or 2h for two hours ago; files need one",
    moment: AGO,
  },
  { flags: "--profile <name>", summary: "the policy's profile, where it has several" },
  ...WAIVER_OPTIONS,
];

/** An evaluation as it is asked for, and the text that its policy was read from. */
export interface AskedEvaluation {
  readonly input: FileEvaluationInput;
  readonly source: string;
  /** Of evidence that was judged while it was read, and has no files to judge by; null of all other. */
  readonly judged: FileEvaluation | null;
}

/** What came of judging: now, unless it was done while the evidence was read. */
export const judgedOn = ({ input, judged }: AskedEvaluation): Result<FileEvaluation> =>
  judged === null ? evaluateFiles(input, DERIVATIONS) : accepted(judged);

/**
 * Reads everything that POLICY and `EVALUATION_OPTIONS` name. An exit code where something is wrong, which is then reported: the
 * files, the policy, `GATE_UNSATISFIABLE` of a gate that nothing could pass.
 */
export async function askedFor(context: Context, args: Arguments): Promise<AskedEvaluation | ExitCode> {
  const read = await readPolicy(context, args.operand("POLICY"));
  if (typeof read === "number") return read;
  const bars = unsatisfiable(read.policy);
  for (const bar of bars) reportRefusal(talkOf(context), bar);
  if (bars.length > 0) return EXIT.misuse;
  if (args.values("evidence").length === 0)
    return reportRefusal(talkOf(context), { code: "USAGE", message: "`--evidence` names the files to decide by" });
  const decidedAt = args.moment("at", context.host.clock.now());
  if (decidedAt === undefined)
    return reportRefusal(talkOf(context), {
      code: "USAGE",
      message: "`--at` says for which instant to decide by files, such as 2026-03-09T02:00:00Z",
    });
  const waivers = await waiversFor(context, args);
  if (!waivers.ok) return reportRefusal(talkOf(context), waivers.refusal);
  const asked = { policy: read.policy, profile: args.value("profile") ?? null, decidedAt, waivers: waivers.value };
  const evidence = await evidenceFor(context, asked, args.values("evidence"));
  if (!evidence.ok) return reportRefusal(talkOf(context), evidence.refusal);
  const { files, judged } = evidence.value;
  return { input: { ...asked, files }, source: read.source, judged };
}

async function evidenceFor(
  context: Context,
  asked: Omit<FileEvaluationInput, "files">,
  paths: readonly string[],
): Promise<Result<CountedEvidence>> {
  const parquet = await parquetFiles(context, paths);
  if (!parquet.ok) return parquet;
  if (parquet.value.length > 0) return countParquet(asked, parquet.value);
  const files = await readEvidence(context, paths);
  return files.ok ? accepted({ files: files.value, judged: null }) : files;
}

/** Refused with `GATE_NOT_COUNTABLE` where there is nothing to keep with the decision, from which it is made again. */
export const keptWith = ({ input, judged }: AskedEvaluation): Result<FileEvaluationInput> =>
  judged === null
    ? accepted(input)
    : rejected({
        code: "GATE_NOT_COUNTABLE",
        message: "the policy was judged on rows of Parquet, which are not kept with a decision",
      });

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
  const talk = talkOf(context);
  for (const error of errors) {
    const { code, path, line, column, message } = error;
    const at = line === null ? file : `${file}:${line}:${column ?? 1}`;
    reportRefusal(talk, talk.json ? refusalOf(error) : { code, message: `${at} \`${path}\` ${message}` });
  }
  return EXIT.misuse;
}

/** 0 for GO, and for a policy that only reports; 4 where something failed, 5 where it is only missing, unknown or too little. */
export function exitOf(policy: Policy, { verdict, cause }: Decision): ExitCode {
  if (verdict === "GO" || policy.text.purpose === "report") return EXIT.done;
  return cause === "failed" ? EXIT.noGo : EXIT.noGoForEvidence;
}
