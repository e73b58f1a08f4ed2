import { after, parseInstant } from "../../contracts/index.ts";
import { RUN_STATUSES } from "../../run/index.ts";
import { printAnswer } from "../answer.ts";
import { boardLines } from "../board-lines.ts";
import { type Client, withClient } from "../client.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { rawOf } from "../document.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { noteNext } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";

/** The API's own limit of a page. */
const PAGE_MAX = 50;

/** Milliseconds between two looks: often enough to see a lease run out, rarely enough to cost nothing. */
const LOOK_MS = 2_000;

const CLEAR = "\u001b[H\u001b[2J";

export const runBoardCommand: Command = {
  options: [
    { flags: "--status <status>", summary: "only runs in this status", choices: RUN_STATUSES },
    { flags: "--workflow <id>", summary: "only runs of this workflow" },
    { flags: "--before <run>", summary: "the page after the one that ended with this run" },
    { flags: "--limit <number>", summary: "runs of a page", default: "20", integer: { min: 1, max: PAGE_MAX } },
    { flags: "--live", summary: "on a terminal, look again every two seconds until Ctrl-C" },
  ],
  examples: ["countermark run board", "countermark run board --status RUNNING --live"],
  run: async (context, args) => {
    const isLive = args.flag("live") && context.terminal.stdout && !context.config.json;
    const shown = await withClient(context, "owner", (client) => show({ client, context, args, isLive }));
    return shown.ok ? shown.value : reportRefusal(talkOf(context), shown.refusal);
  },
};

interface Board {
  readonly client: Client;
  readonly context: Context;
  readonly args: Arguments;
  readonly isLive: boolean;
}

/** Once, or until interrupted. */
async function show(board: Board): Promise<ExitCode> {
  const { context, isLive } = board;
  const { clock } = context.host;
  for (;;) {
    const exit = await look(board);
    if (!isLive || exit !== EXIT.done) return exit;
    await clock.wake(after(clock.now(), LOOK_MS), context.interrupted);
    if (context.interrupted.aborted) return EXIT.done;
  }
}

async function look({ client, context, args, isLive }: Board): Promise<ExitCode> {
  const [status, workflow, before, limit] = ["status", "workflow", "before", "limit"].map(args.value);
  const answer = await client.get("/v1/continuity", { status, workflow, before, limit });
  if (isLive) context.stdout.write(CLEAR);
  return printAnswer(
    context,
    { ok: true, value: answer },
    {
      lines: (body, paint) => {
        if (!isLive) noteNext(context, body, "--before");
        return boardLines(body, parseInstant(rawOf(body, "generated_at") ?? "") ?? context.host.clock.now(), paint);
      },
    },
  );
}
