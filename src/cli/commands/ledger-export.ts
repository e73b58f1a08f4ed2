import { formatInstant } from "../../contracts/index.ts";
import { withClient } from "../client.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { AGO } from "../moment.ts";
import { reportProblem, reportRefusal, talkOf } from "../report.ts";

export const ledgerExportCommand: Command = {
  operands: [
    { name: "STREAM", summary: "a stream, such as a run's id or `audit`; all of them when left out", optional: true },
  ],
  options: [
    { flags: "--type <type>", summary: "only entries of a type, or of the family that it begins with, such as `run`" },
    { flags: "--correlation <id>", summary: "only entries of one correlation" },
    {
      flags: "--severity <severity>",
      summary: "only entries of a severity",
      choices: ["info", "warning", "error"],
    },
    {
      flags: "--since <time>",
      summary: "only entries from then on: an instant, or how long ago, such as 7d",
      moment: AGO,
    },
    { flags: "--until <time>", summary: "only entries before then", moment: AGO },
  ],
  examples: [
    "countermark ledger export > ledger.ndjson",
    "countermark ledger export --type gate.decided --since 7d | jq -r .payload.verdict",
  ],
  run: async (context, args) => {
    const now = context.host.clock.now();
    const moment = (name: string): string | undefined => {
      const at = args.moment(name, now);
      return at === undefined ? undefined : formatInstant(at);
    };
    const stream = args.operand("STREAM");
    const asked = {
      stream: stream === "" ? undefined : stream,
      type: args.value("type"),
      correlation: args.value("correlation"),
      severity: args.value("severity"),
      since: moment("since"),
      until: moment("until"),
    };
    const taken = await withClient(context, "owner", (client) =>
      client.take("/v1/ledger/export", asked, (text) => void context.stdout.write(text)),
    );
    if (!taken.ok) return reportRefusal(talkOf(context), taken.refusal);
    return taken.value === null ? EXIT.done : reportProblem(talkOf(context), taken.value);
  },
};
