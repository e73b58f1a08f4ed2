import { printAnswer } from "../answer.ts";
import { withClient } from "../client.ts";
import type { Command } from "../command.ts";
import { textOf } from "../document.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { findServer } from "../server-file.ts";

/** Prints a link: a browser needs no key, and the link is worth nothing once it was used. */
export const consoleCommand: Command = {
  examples: ["countermark console", "countermark console --json | jq -r .url"],
  run: async (context) => {
    const found = await findServer(context);
    const origin = context.config.url ?? (found.kind === "running" ? found.url : null);
    if (origin === null)
      return reportRefusal(
        talkOf(context),
        {
          code: "SERVER_NOT_RUNNING",
          message: "no server of this directory is running, so there is no console to open",
        },
        "start one with `countermark dev`, or name one with --url",
      );
    const made = await withClient(context, "owner", (client) => client.post("/v1/sign-in-codes", {}));
    const answer =
      made.ok && made.value.ok
        ? {
            ok: true as const,
            value: { ...made.value, body: { url: `${origin}${textOf(made.value.body, "path")}`, ...made.value.body } },
          }
        : made;
    return printAnswer(context, answer, {
      lines: (body, paint) => [
        paint.cyan(textOf(body, "url")),
        paint.dim(`signs a browser in, once, until ${textOf(body, "expires_at")}`),
      ],
    });
  },
};
