import { formatInstant, type JsonObject } from "../contracts/index.ts";
import { type Decision, type EvidenceFile, type Policy, parseDecision } from "../gate/index.ts";
import { printAnswer } from "./answer.ts";
import { withClient } from "./client.ts";
import type { Arguments, Context } from "./command.ts";
import { formatIn, formatted } from "./decision-format.ts";
import { numberOf, objectOf } from "./document.ts";
import { type AskedEvaluation, exitOf, keptWith, readPolicy } from "./evaluation.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { decisionLines } from "./gate-lines.ts";
import type { Paint } from "./output.ts";
import { reportRefusal, talkOf } from "./report.ts";
import { summarize } from "./step-summary.ts";

/** Has the ledger judged, where it is; what comes of it is recorded. */
export async function evaluateLedger(context: Context, args: Arguments): Promise<ExitCode> {
  const read = await readPolicy(context, args.operand("POLICY"));
  return typeof read === "number" ? read : askForEvaluation(context, args, read, null);
}

/** Imports files of evidence: they are recorded together with what they come to. */
export async function recordFiles(context: Context, args: Arguments, asked: AskedEvaluation): Promise<ExitCode> {
  const kept = keptWith(asked);
  if (!kept.ok) return reportRefusal(talkOf(context), kept.refusal);
  const { input, source } = { input: kept.value, source: asked.source };
  if (input.waivers !== null)
    return reportRefusal(talkOf(context), {
      code: "USAGE",
      message: "`--record` takes no `--waivers`: it uses those in force, of `waiver list`",
    });
  return askForEvaluation(context, args, { policy: input.policy, source }, input.files);
}

async function askForEvaluation(
  context: Context,
  args: Arguments,
  { policy, source }: { readonly policy: Policy; readonly source: string },
  files: readonly EvidenceFile[] | null,
): Promise<ExitCode> {
  const [profile = null, subject = null, pack_digest = null] = ["profile", "subject", "pack"].map(
    (name) => args.value(name) ?? null,
  );
  const moment = args.moment("at", context.host.clock.now());
  const at = moment === undefined ? null : formatInstant(moment);
  const [branch = null, environment = null, commit = null] = ["branch", "environment", "commit"].map(
    (name) => args.value(name) ?? null,
  );
  const place = { branch, environment, commit };
  const format = formatIn(args);
  if (format === "export")
    return reportRefusal(talkOf(context), {
      code: "USAGE",
      message: "`--format export` is of files that are not recorded: give `core`, or --json for the record",
    });
  const evidence = files?.map(({ name, text }) => ({ name, text })) ?? null;
  const answer = await withClient(context, "owner", (client) =>
    client.post("/v1/gates/evaluations", { policy: source, profile, subject, pack_digest, at, evidence, ...place }),
  );
  const made = answer.ok && answer.value.ok ? decisionIn(answer.value.body) : undefined;
  await summarize(context, args, made);
  if (made !== undefined && format !== undefined && format !== "table") {
    context.stdout.write(`${formatted(format, context, made)}\n`);
    return exitOf(policy, made);
  }
  return printAnswer(context, answer, {
    lines: recordedLines,
    exit: (body) => {
      const decision = decisionIn(body);
      return decision === undefined ? EXIT.internal : exitOf(policy, decision);
    },
  });
}

/** The decision in an answer; undefined where its digest is not that of its contents. */
const decisionIn = (body: JsonObject): Decision | undefined => {
  const parsed = parseDecision(body.decision ?? null);
  return parsed.ok ? parsed.value : undefined;
};

function recordedLines(body: JsonObject, paint: Paint): readonly string[] {
  const decision = decisionIn(body);
  const count = numberOf(body, "count") ?? 0;
  const { subject } = objectOf(body, "evaluation");
  const about = typeof subject === "string" ? ` about ${subject}` : "";
  return [
    ...(decision === undefined ? [] : [...decisionLines(decision, paint), ...waivableLines(decision, paint)]),
    paint.dim(
      `recorded; ${count === 1 ? "the first evaluation" : `evaluation number ${count}`} of this policy${about}`,
    ),
  ];
}

/** Of a NO-GO that people may bear for a while: how to ask them. */
const waivableLines = ({ verdict, blocked_by, gates, digest }: Decision, paint: Paint): readonly string[] =>
  gates
    .filter(
      ({ id, waivable, standing }) =>
        verdict === "NO-GO" && waivable && standing === "counts" && blocked_by.includes(id),
    )
    .filter(({ severity }) => severity !== "critical")
    .map(({ id }) => paint.dim(`${id} may be waived: countermark waiver request --evaluation ${digest} --gate ${id}`));
