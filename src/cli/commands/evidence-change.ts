import { CHANGE_PROFILES, changeReport, isChangeProfile } from "../../gate/index.ts";
import type { Command } from "../command.ts";
import { readObject } from "../files.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { AT, CONTEXT, makerOf, OUT, written } from "./evidence.ts";

export const evidenceChangeCommand: Command = {
  operands: [{ name: "PACKAGE", summary: "the change package, JSON; `-` for standard input" }],
  options: [
    {
      flags: "--profile <name>",
      summary: "how strictly it is looked at",
      choices: Object.keys(CHANGE_PROFILES),
      required: true,
    },
    { flags: "--approver <name>", summary: "who agreed to it, where its risk needs a person" },
    CONTEXT,
    AT,
    OUT,
  ],
  examples: [
    "countermark evidence change change.json --profile standard --context evidence/context.json --out evidence",
    "countermark evidence change change.json --profile strict_prod --approver ann --context evidence/context.json --out evidence",
  ],
  run: async (context, args) => {
    const [path, profile] = [args.operand("PACKAGE"), args.value("profile")];
    if (!isChangeProfile(profile))
      return reportRefusal(talkOf(context), { code: "USAGE", message: `\`${profile}\` is no profile` });
    const change = await readObject(context, path);
    if (!change.ok) return reportRefusal(talkOf(context), change.refusal);
    const maker = await makerOf(context, args);
    if (!maker.ok) return reportRefusal(talkOf(context), maker.refusal);
    const approver = args.value("approver") ?? null;
    const report = changeReport(maker.value, { change: change.value, profile, approver });
    return report === undefined
      ? reportRefusal(talkOf(context), { code: "INVALID_INPUT", message: `\`${path}\` is no change package` })
      : written(context, args, [report]);
  },
};
