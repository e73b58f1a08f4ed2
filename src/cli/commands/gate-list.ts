import type { Instant, JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import { withClient } from "../client.ts";
import type { Command } from "../command.ts";
import { listOf, rawOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { noteNext, print } from "../output.ts";
import { reportProblem, reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";
import { writeText } from "../write-files.ts";

export const gateListCommand: Command = {
  options: [
    { flags: "--policy <id>", summary: "only evaluations of this policy" },
    { flags: "--before <evaluation>", summary: "the page after the one that ended with this evaluation" },
    { flags: "--limit <number>", summary: "evaluations of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: ["countermark gate list", "countermark gate list --policy production --json"],
  run: (context, args) => {
    const [policy, before, limit] = ["policy", "before", "limit"].map(args.value);
    return askAndPrint(context, {
      ask: (client) => client.get("/v1/gates/evaluations", { policy, before, limit }),
      lines: (body) => {
        noteNext(context, body, "--before");
        return evaluationLines(listOf(body, "evaluations"), context.host.clock.now());
      },
    });
  },
};

function evaluationLines(evaluations: readonly JsonObject[], now: Instant): readonly string[] {
  const rows = evaluations.map((one) => [
    textOf(one, "verdict"),
    `${textOf(one, "policy_id")} ${textOf(one, "policy_version")}`,
    textOf(one, "profile") || "-",
    textOf(one, "subject") || "-",
    textOf(one, "source"),
    when(textOf(one, "recorded_at"), now),
    textOf(one, "recorded_by"),
    textOf(one, "evaluation_id"),
  ]);
  if (rows.length === 0) return ["no evaluations: decide by a policy with `countermark gate eval`"];
  return table(["verdict", "policy", "profile", "about", "evidence", "recorded", "by", "evaluation"], rows);
}

export const packetSaveCommand: Command = {
  operands: [{ name: "EVALUATION", summary: "a recorded evaluation's id, or its decision's digest" }],
  options: [{ flags: "--out <file>", summary: "where to write it: a page that any browser shows", required: true }],
  examples: ["countermark packet save 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 --out release-17.html"],
  run: async (context, args) => {
    const path = `/v1/gates/evaluations/${part(args.operand("EVALUATION"))}`;
    const answer = await withClient(context, "owner", (client) => client.get(path));
    if (!answer.ok) return reportRefusal(talkOf(context), answer.refusal);
    if (!answer.value.ok) return reportProblem(talkOf(context), answer.value.problem);
    const out = args.value("out") ?? "";
    await writeText(context, out, rawOf(answer.value.body, "packet") ?? "");
    print(context, { evaluation: answer.value.body.evaluation ?? null, file: out }, () => []);
    return EXIT.done;
  },
};
