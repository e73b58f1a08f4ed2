import type { JsonObject } from "../../contracts/index.ts";
import { printAnswer } from "../answer.ts";
import { withClient } from "../client.ts";
import type { Command } from "../command.ts";
import { type Deciding, decide } from "../decide.ts";
import { numberOf, textOf } from "../document.ts";
import type { Paint } from "../output.ts";
import { OPTIONAL_REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { runLine, statusOf } from "../run-lines.ts";
import { WAIT_OPTION, waitMsOf } from "../wait-option.ts";

export const approveCommand = decideCommand("APPROVE");
export const denyCommand = decideCommand("DENY");

function decideCommand(decision: Deciding["decision"]): Command {
  const verb = decision.toLowerCase();
  return {
    operands: [{ name: "ID", summary: "an approval's id, from `countermark inbox`" }],
    options: [OPTIONAL_REASON, { flags: "--yes", summary: "do not ask; what is decided is still shown" }, WAIT_OPTION],
    examples: [
      `countermark ${verb} 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11`,
      `countermark ${verb} 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 --yes --reason 'checked with the customer'`,
    ],
    run: async (context, args) => {
      const asked = {
        context,
        decision,
        approvalId: args.operand("ID"),
        reason: args.value("reason"),
        isSure: args.flag("yes"),
        waitMs: waitMsOf(args),
      };
      const decided = await withClient(context, "owner", (client) => decide({ ...asked, client }));
      if (!decided.ok) return reportRefusal(talkOf(context), decided.refusal);
      const { answer, run } = decided.value;
      return printAnswer(
        context,
        { ok: true, value: answer },
        { lines: (body, paint) => [decidedLine(body, paint), ...(run === null ? [] : [runLine(run, paint)])] },
      );
    },
  };
}

function decidedLine(body: JsonObject, paint: Paint): string {
  const missing = numberOf(body, "missing") ?? 0;
  const more = missing === 0 ? "" : `  ${missing} more must decide`;
  return `approval ${textOf(body, "approval_id")}  ${statusOf(body, paint)}${more}`;
}
