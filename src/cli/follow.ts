import { after, isCode, type JsonObject } from "../contracts/index.ts";
import type { Answer, Client } from "./client.ts";
import type { Context } from "./command.ts";
import { numberOf, rawOf, textOf } from "./document.ts";
import { exitCodeOf } from "./exit-by-code.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { progress } from "./progress.ts";

/** Statuses in which a worker has something to do now. */
const MOVING: ReadonlySet<string> = new Set(["PENDING", "RUNNING", "COMPENSATING"]);

/** Milliseconds between two looks: a person cannot tell it from at once. */
const LOOK_MS = 100;

export interface Following {
  readonly runId: string;
  /** The run has rested before, at so many events: only a later rest counts. */
  readonly beyond: number;
  readonly waitMs: number;
}

/**
 * Watches a run until it ends or waits for something, for `waitMs` at most or until interrupted. Returns the run as last
 * seen, which may still be moving.
 */
export async function followRun(
  { client, context }: { readonly client: Client; readonly context: Context },
  { runId, beyond, waitMs }: Following,
): Promise<Answer> {
  const { clock } = context.host;
  const until = after(clock.now(), waitMs);
  const line = progress(context);
  client.work();
  for (;;) {
    const answer = await client.get(`/v1/runs/${encodeURIComponent(runId)}`);
    const rests = answer.ok && hasRested(answer.body, beyond);
    if (!answer.ok || rests || clock.now() >= until || context.interrupted.aborted) {
      line.clear();
      return answer;
    }
    line.show(`run ${runId}: ${textOf(answer.body, "why")}`);
    await clock.wake(after(clock.now(), LOOK_MS), context.interrupted);
  }
}

const hasRested = (run: JsonObject, beyond: number): boolean =>
  !MOVING.has(rawOf(run, "status") ?? "") && (numberOf(run, "events") ?? 0) > beyond;

/** What a run's state means to a script. */
export function exitOfRun(run: JsonObject): ExitCode {
  const status = rawOf(run, "status");
  if (status === "SUSPENDED_HITL") return EXIT.waitingForApproval;
  if (status === "BLOCKED") return exitCodeOf("RUN_BLOCKED");
  if (status === "CANCELLED") return exitCodeOf("RUN_CANCELLED");
  if (status !== "FAILED_EXPECTED" && status !== "FAILED_UNEXPECTED") return EXIT.done;
  const code = rawOf(run, "code");
  const exit = code !== undefined && isCode(code) ? exitCodeOf(code) : EXIT.internal;
  return exit === EXIT.done ? EXIT.internal : exit;
}
