import { type Listening, serve } from "../../api/index.ts";
import type { Command, Context } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { keyPath } from "../key-file.ts";
import { type Paint, paintOf } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { announceServer, findServer } from "../server-file.ts";
import { openWorkshop } from "../workshop.ts";

export const devCommand: Command = {
  examples: ["countermark dev", "countermark dev --port 8080"],
  run: async (context) => {
    const found = await findServer(context);
    if (found.kind === "running")
      return reportRefusal(
        talkOf(context),
        { code: "PORT_IN_USE", message: `a server of this directory runs already at ${found.url} (pid ${found.pid})` },
        "use it, or stop it first",
      );
    const workshop = await openWorkshop(context);
    try {
      const listening = await serve(workshop, context.config.listen);
      try {
        workshop.work();
        await announced(context, listening);
      } finally {
        await listening.close();
      }
    } finally {
      await workshop.close();
    }
    return EXIT.done;
  },
};

/** Tells where the server is, on the terminal and in the directory, until the process is asked to end. */
async function announced(context: Context, { origin: url }: Listening): Promise<void> {
  const withdraw = await announceServer(context, url);
  try {
    if (context.config.json) context.stdout.write(`${JSON.stringify({ url, pid: context.pid })}\n`);
    else for (const line of welcome(context, url, paintOf(context))) context.stdout.write(`${line}\n`);
    await interrupted(context);
  } finally {
    await withdraw();
  }
}

const welcome = ({ config }: Context, url: string, paint: Paint): readonly string[] => [
  `${paint.bold("countermark")} serves ${paint.cyan(url)}`,
  `  key   ${keyPath(config.directory, "owner")}`,
  `  data  ${config.server === null ? "embedded PostgreSQL" : "PostgreSQL at DATABASE_URL"}`,
  paint.dim("  ends with Ctrl-C"),
];

const interrupted = ({ interrupted: signal }: Context): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
