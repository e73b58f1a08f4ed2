import type { JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { inline, objectOf, rawOf, textOf } from "../document.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { RUN } from "./run.ts";

const ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const takeoverCommand: Command = {
  operands: [RUN],
  options: [
    { flags: "--force", summary: "take it whatever its holder does; its holder can write nothing from then on" },
    { flags: "--veto", summary: "leave it to its holder for as long as nothing changes about that" },
    { flags: "--reason <text>", summary: "why, for the record", default: "" },
    { flags: "--epoch <number>", summary: "only from the holder of this epoch", integer: { min: 0, max: 1e15 } },
  ],
  examples: [
    `countermark takeover ${ID}`,
    `countermark takeover ${ID} --force --reason 'its machine is unreachable'`,
    `countermark takeover ${ID} --veto --reason 'it is being debugged'`,
  ],
  run: async (context, args) => {
    const [force, veto] = [args.flag("force"), args.flag("veto")];
    if (force && veto)
      return reportRefusal(
        talkOf(context),
        { code: "USAGE", message: "a run is forced from its holder or left to it" },
        "say --force or --veto",
      );
    const epoch = args.integer("epoch");
    const body = {
      reason: args.value("reason") ?? "",
      ...(force ? { override: "force" } : {}),
      ...(veto ? { override: "veto" } : {}),
      ...(epoch === undefined ? {} : { epoch }),
    };
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/runs/${part(args.operand("RUN"))}/takeover`, body),
      lines: outcomeLines,
    });
  },
};

function outcomeLines(outcome: JsonObject): readonly string[] {
  const why = `${textOf(outcome, "decision_reason_code")} (heartbeat ${textOf(outcome, "heartbeat_status")}, lease ${textOf(outcome, "lease_reason_code")})`;
  if (rawOf(outcome, "action") !== "TAKEOVER") return [`left to its holder: ${why}`];
  const taken = objectOf(outcome, "takeover");
  const steps = (member: string) => inline(taken[member] ?? []);
  return [
    `taken over: ${why}`,
    `  adopted ${steps("adopted_step_ids")}  lost ${steps("failed_step_ids")}`,
    "  the next worker goes on with it",
  ];
}
