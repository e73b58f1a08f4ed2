import { askAndPrint } from "../answer.ts";
import { inboxLines } from "../approval-lines.ts";
import type { Command } from "../command.ts";

export const inboxCommand: Command = {
  examples: ["countermark inbox", "countermark inbox --json | jq -r '.approvals[].approval_id'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/approvals", { status: "PENDING", limit: "200" }),
      lines: (body) => inboxLines(body, context.host.clock.now()),
    }),
};
