import { after, type JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Answer, Client } from "../client.ts";
import type { Command, Context } from "../command.ts";
import { listOf, rawOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { print } from "../output.ts";
import { table } from "../table.ts";
import { WAIT_OPTION, waitMsOf } from "../wait-option.ts";
import { when } from "../when.ts";
import { openWorkshop } from "../workshop.ts";

/* Workers: one of this process, and what is seen and asked of all of them through the database. */

export const workerStartCommand: Command = {
  examples: ["countermark worker start", "countermark worker start --scheduler temporal"],
  run: async (context) => {
    const { temporal } = context.config;
    const workshop = await openWorkshop(context, temporal);
    try {
      const { worker } = workshop;
      workshop.work();
      const facts = {
        worker_id: worker.id,
        pid: context.pid,
        scheduler: temporal === null ? "postgres" : "temporal",
      };
      print(context, facts, (paint) => [
        `worker ${paint.cyan(worker.id)} works`,
        ...(temporal === null ? [] : [`its runs are called for by Temporal at ${temporal.address}`]),
        paint.dim(`ends with Ctrl-C, or \`countermark worker drain ${worker.id}\``),
      ]);
      await aborted(AbortSignal.any([context.interrupted, worker.over]));
    } finally {
      await workshop.close();
    }
    return EXIT.done;
  },
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

export const workerListCommand: Command = {
  examples: ["countermark worker list", "countermark worker list --json | jq '.workers[].worker_id'"],
  run: (context) =>
    askAndPrint(context, {
      holder: "installer",
      ask: (client) => client.get("/v1/workers"),
      lines: (body) => workerLines(context, body),
    }),
};

export const workerDrainCommand: Command = {
  operands: [{ name: "WORKER", summary: "a worker's id" }],
  options: [{ ...WAIT_OPTION, summary: "how long to stay until the worker has stopped; 0 does not" }],
  examples: ["countermark worker drain worker-0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11"],
  run: (context, args) =>
    askAndPrint(context, {
      holder: "installer",
      ask: (client) => drain({ client, context }, args.operand("WORKER"), waitMsOf(args)),
      lines: (worker) => [`worker ${textOf(worker, "worker_id")}  ${textOf(worker, "standing")}`],
    }),
};

/** Milliseconds between two looks at a worker that drains. */
const LOOK_MS = 250;

/** Asks, and stays until the worker has stopped or the wait is over. */
async function drain(
  { client, context }: { readonly client: Client; readonly context: Context },
  workerId: string,
  waitMs: number,
): Promise<Answer> {
  const { clock } = context.host;
  const asked = await client.post(`/v1/workers/${part(workerId)}/drain`, {});
  let last = asked;
  for (const until = after(clock.now(), waitMs); last.ok && !hasEnded(last.body) && clock.now() < until; ) {
    await clock.wake(after(clock.now(), LOOK_MS), context.interrupted);
    if (context.interrupted.aborted) return last;
    last = await lookAgain(client, workerId, last);
  }
  return last;
}

async function lookAgain(client: Client, workerId: string, last: Answer): Promise<Answer> {
  const answer = await client.get("/v1/workers");
  if (!answer.ok) return answer;
  const found = listOf(answer.body, "workers").find((worker) => worker.worker_id === workerId);
  return found === undefined ? last : { ok: true, status: answer.status, body: found };
}

const hasEnded = (worker: JsonObject): boolean => ["stopped", "lost"].includes(rawOf(worker, "standing") ?? "");

function workerLines({ host }: Context, body: JsonObject): readonly string[] {
  const workers = listOf(body, "workers");
  if (workers.length === 0) return ["no workers"];
  const now = host.clock.now();
  return table(
    ["worker", "standing", "runs", "host", "pid", "started", "last beat"],
    workers.map((worker) => [
      textOf(worker, "worker_id"),
      textOf(worker, "standing"),
      textOf(worker, "runs"),
      textOf(worker, "host"),
      textOf(worker, "pid"),
      when(textOf(worker, "started_at"), now),
      when(textOf(worker, "beat_at"), now),
    ]),
  );
}
