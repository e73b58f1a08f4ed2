import type { Result } from "../../contracts/index.ts";
import { type Decision, exported, lintPolicy, parseDecision } from "../../gate/index.ts";
import { part, printAnswer } from "../answer.ts";
import { withClient } from "../client.ts";
import type { Command, Context } from "../command.ts";
import { FORMATS, formatIn, formatted } from "../decision-format.ts";
import { visible } from "../document.ts";
import { askedFor, EVALUATION_OPTIONS, exitOf, judgedOn, POLICY, readPolicy } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { jsonIn, readText } from "../files.ts";
import { decisionLines, lintLines, toldLines } from "../gate-lines.ts";
import { print } from "../output.ts";
import { evaluateLedger, recordFiles } from "../recorded-evaluation.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { SUMMARY, summarize, summaryBar } from "../step-summary.ts";

export const gateEvalCommand: Command = {
  operands: [POLICY],
  options: [
    ...EVALUATION_OPTIONS,
    { flags: "--subject <name>", summary: "what the decision is about, such as a bundle's digest" },
    { flags: "--pack <digest>", summary: "judge only what ran on this version of a pack" },
    { flags: "--record", summary: "record the evaluation of files too; one of the ledger always is" },
    {
      flags: "--format <format>",
      summary:
        "how to print; --json prints `export`, the policy's own document, and of what is recorded the record with its decision",
      choices: FORMATS,
    },
    SUMMARY,
  ],
  examples: [
    "countermark gate eval policies/production.yaml",
    "countermark gate eval policies/dual-track-beta.yaml --evidence evidence/ --at 2026-03-09T02:00:00Z",
    "countermark gate eval gates.yaml --evidence runs.ndjson --at 2026-03-09T02:00:00Z --format core > decision.json",
    "countermark gate eval gates.yaml --evidence units.parquet --at 2026-03-09T02:00:00Z",
    "countermark gate eval gates.yaml --evidence runs.ndjson --at 2026-03-09T02:00:00Z --summary",
  ],
  run: async (context, args) => {
    const bar = summaryBar(context, args);
    if (bar !== null) return reportRefusal(talkOf(context), bar);
    if (args.values("evidence").length === 0) return evaluateLedger(context, args);
    const asked = await askedFor(context, args);
    if (typeof asked === "number") return asked;
    if (args.flag("record")) return recordFiles(context, args, asked);
    const evaluation = judgedOn(asked);
    if (!evaluation.ok) return reportRefusal(talkOf(context), evaluation.refusal);
    const { policy } = asked.input;
    const { decision } = evaluation.value;
    const format = formatIn(args) ?? (context.config.json ? "export" : "table");
    const text =
      format === "export"
        ? JSON.stringify(exported(policy.text, evaluation.value), null, 2)
        : formatted(format, context, decision);
    context.stdout.write(`${text}\n`);
    await summarize(context, args, decision);
    return exitOf(policy, decision);
  },
};

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
    {
      name: "DECISION",
      summary:
        "a recorded evaluation's id, a decision's digest, or a file that `--format core` printed; `-` for standard input",
    },
  ],
  options: [{ flags: "--gate <id>", summary: "one gate, with all the rows that the decision names" }],
  examples: ["countermark gate explain decision.json", "countermark gate explain decision.json --gate S-SLO-1"],
  run: async (context, args) => {
    const [name, gate] = [args.operand("DECISION"), args.value("gate")];
    if (!RECORDED.test(name)) {
      const decision = await readDecision(context, name);
      return decision.ok ? explain(context, decision.value, gate) : reportRefusal(talkOf(context), decision.refusal);
    }
    const answer = await withClient(context, "owner", (client) => client.get(`/v1/gates/evaluations/${part(name)}`));
    if (!answer.ok || !answer.value.ok) return printAnswer(context, answer, { lines: () => [] });
    const { body } = answer.value;
    const recorded = parseDecision(body.decision ?? null);
    return recorded.ok
      ? explain(context, recorded.value, gate, body)
      : reportRefusal(talkOf(context), recorded.refusal);
  },
};

/** An id of a recorded evaluation, or a decision's digest: nobody names a file so. */
const RECORDED = /^([0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @param document what `--json` prints */
function explain(
  context: Context,
  decision: Decision,
  gate: string | undefined,
  document: unknown = decision,
): ExitCode {
  const rows = decision.gates.filter(({ id }) => id === gate);
  if (gate !== undefined && rows.length === 0)
    return reportRefusal(talkOf(context), {
      code: "USAGE",
      message: `the decision has no gate \`${visible(gate)}\`: it has ${decision.gates.map(({ id }) => id).join(", ")}`,
    });
  print(context, document, (paint) =>
    gate === undefined
      ? decisionLines(decision, paint)
      : rows.flatMap((row) => toldLines(row, paint, row.failing.rows.length)).slice(1),
  );
  return EXIT.done;
}

async function readDecision(context: Context, path: string): Promise<Result<Decision>> {
  const text = await readText(context, path);
  if (!text.ok) return text;
  const value = jsonIn(text.value, `\`${path}\``);
  return value.ok ? parseDecision(value.value) : value;
}
