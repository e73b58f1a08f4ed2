import { assert, type Instant, type Problem, parseInstant, problemOf, type Refusal } from "../../contracts/index.ts";
import { type ReplayedRun, replayReport } from "../../gate/index.ts";
import { DRIFTS, type DriftClass } from "../../run/index.ts";
import { part } from "../answer.ts";
import { type Client, withClient } from "../client.ts";
import type { Command } from "../command.ts";
import { listOf, rawOf, textOf } from "../document.ts";
import { AGO } from "../moment.ts";
import { reportProblem, reportRefusal, talkOf } from "../report.ts";
import { AT, CONTEXT, makerOf, OUT, written } from "./evidence.ts";

/** Twice: one that differs from the other shows what one alone hides. */
const REPETITIONS = 2;

/** Runs that are decided again, each read whole and twice: a few minutes of work. Of more the report would tell a part as if it were all. */
export const RUNS_MAX = 10_000;
const PAGE = "200";

export const evidenceReplayCommand: Command = {
  options: [
    {
      flags: "--since <time>",
      summary: "runs that began since, such as 24h, and have ended",
      moment: AGO,
      required: true,
    },
    { flags: "--pack <digest>", summary: "only runs of this version of a pack" },
    CONTEXT,
    AT,
    OUT,
  ],
  examples: ["countermark evidence replay --since 24h --context evidence/context.json --out evidence"],
  run: async (context, args) => {
    const maker = await makerOf(context, args);
    if (!maker.ok) return reportRefusal(talkOf(context), maker.refusal);
    const since = args.moment("since", context.host.clock.now());
    if (since === undefined)
      return reportRefusal(talkOf(context), { code: "USAGE", message: "`--since` says from when on, such as 24h" });
    const chosen = { since, pack: args.value("pack") ?? null };
    const replayed = await withClient(context, "owner", (client) => replayAll(client, chosen));
    if (!replayed.ok) return reportRefusal(talkOf(context), replayed.refusal);
    if ("code" in replayed.value) return reportProblem(talkOf(context), replayed.value);
    return written(context, args, [replayReport(maker.value, replayed.value, REPETITIONS)]);
  },
};

interface Chosen {
  readonly since: Instant;
  readonly pack: string | null;
}

async function replayAll(client: Client, chosen: Chosen): Promise<readonly ReplayedRun[] | Problem> {
  const found = await endedRuns(client, chosen);
  if ("code" in found) return found;
  const replayed: ReplayedRun[] = [];
  for (const runId of found) {
    const repetitions: ReplayedRun["repetitions"][number][] = [];
    for (let made = 0; made < REPETITIONS; made++) {
      const answer = await client.post(`/v1/runs/${part(runId)}/replay`, {});
      if (!answer.ok) return answer.problem;
      const drift = textOf(answer.body, "drift");
      assert(isDrift(drift), "a replay says how far it came from the record");
      repetitions.push({ drift, projection: rawOf(answer.body, "document_sha256") ?? null });
    }
    replayed.push({ runId, repetitions });
  }
  return replayed;
}

const TOO_MANY: Refusal = {
  code: "GATE_EVIDENCE_TOO_LARGE",
  message: `more than ${RUNS_MAX} runs began since and have ended: give a later \`--since\`, or one version with \`--pack\``,
};

const isDrift = (text: string): text is DriftClass => Object.hasOwn(DRIFTS, text);

/** All of them, newest first. Refused with GATE_EVIDENCE_TOO_LARGE where they are more than `RUNS_MAX`. */
export async function endedRuns(
  client: Pick<Client, "get">,
  { since, pack }: Chosen,
): Promise<readonly string[] | Problem> {
  const ids: string[] = [];
  let before: string | undefined;
  do {
    const answer = await client.get("/v1/runs", { limit: PAGE, before });
    if (!answer.ok) return answer.problem;
    const runs = listOf(answer.body, "runs");
    const begun = runs.filter((run) => (parseInstant(textOf(run, "started_at")) ?? since) >= since);
    const ended = begun.filter(
      (run) => rawOf(run, "ended_at") !== undefined && (pack === null || textOf(run, "pack_digest") === pack),
    );
    ids.push(...ended.map((run) => textOf(run, "run_id")));
    before = begun.length < runs.length ? undefined : rawOf(answer.body, "next");
    if (ids.length > RUNS_MAX) return problemOf(TOO_MANY);
  } while (before !== undefined);
  return ids;
}
