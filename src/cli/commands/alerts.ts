import { formatInstant, type Instant, type JsonObject } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { AGO } from "../moment.ts";
import { note, noteNext } from "../output.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

export const alertsCommand: Command = {
  options: [
    { flags: "--since <time>", summary: "from when on, such as 7d", default: "24h", moment: AGO },
    { flags: "--before <place>", summary: "the page after the one that ended there" },
    { flags: "--limit <number>", summary: "alerts of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: [
    "countermark alerts",
    "countermark alerts --since 7d",
    `countermark alerts --json | jq '.alerts[] | select(.severity == "P1")'`,
  ],
  run: (context, args) => {
    const now = context.host.clock.now();
    const since = args.moment("since", now);
    const [before, limit] = ["before", "limit"].map(args.value);
    return askAndPrint(context, {
      ask: (client) =>
        client.get("/v1/alerts", { since: since === undefined ? undefined : formatInstant(since), before, limit }),
      lines: (body) => {
        noteNext(context, body, "--before");
        const alerts = listOf(body, "alerts");
        if (alerts.length === 0) return [`no alerts since ${when(textOf(body, "since"), now)}`];
        note(context, "what to do about each: docs/runbook.md, by the id under `runbook`");
        return alertLines(alerts, now);
      },
    });
  },
};

function alertLines(alerts: readonly JsonObject[], now: Instant): readonly string[] {
  const rows = alerts.map((alert) => [
    when(textOf(alert, "at"), now),
    textOf(alert, "severity"),
    textOf(alert, "run_id"),
    textOf(alert, "step_id"),
    textOf(alert, "tool"),
    textOf(alert, "runbook"),
    textOf(alert, "says"),
  ]);
  return table(["when", "severity", "run", "step", "tool", "runbook", "what"], rows);
}
