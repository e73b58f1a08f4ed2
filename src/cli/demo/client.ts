import { after, assert, type Clock, type Json } from "../../contracts/index.ts";
import { isEnded, textOf } from "./scenario.ts";

/** The API as the demo's people and programs use it: by key, over a `fetch`-shaped function. */
export interface DemoClient {
  get(path: string): Promise<Json>;
  /** The answer whatever its status: a refusal is part of the show. */
  post(path: string, body: Json): Promise<Json>;
  /** Waits until a run has a status that `done` accepts; gives up after a minute. */
  untilRun(runId: string, done: (status: string) => boolean): Promise<string>;
  untilRunEnds(runId: string): Promise<string>;
  /** Waits until no run can move without a person, an event or a later time. */
  untilRest(): Promise<void>;
  newestRun(workflow: string): Promise<string>;
  /** The approval that a run waits for. */
  approvalOf(runId: string): Promise<string>;
  /** Decides the approval that a run waits for, on exactly what it shows. */
  decide(runId: string, decision: "APPROVE" | "DENY"): Promise<Json>;
}

export interface ClientOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly origin: string;
  readonly key: string;
  readonly clock: Clock;
}

const POLL_MS = 25;
const PATIENCE_MS = 60_000;

export function demoClient({ fetch, origin, key, clock }: ClientOptions): DemoClient {
  const send = async (path: string, init: RequestInit): Promise<Json> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(new Request(`${origin}${path}`, { ...init, headers }));
    const answer: Json = JSON.parse(await response.text());
    return answer;
  };
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    const never = new AbortController().signal;
    for (const giveUpAt = after(clock.now(), PATIENCE_MS); clock.now() < giveUpAt; ) {
      const found = await look();
      if (found !== undefined) return found;
      await clock.wake(after(clock.now(), POLL_MS), never);
    }
    return assertInTime(what);
  };
  const get = (path: string) => send(path, { method: "GET" });
  const approvalOf: DemoClient["approvalOf"] = async (runId) => {
    const inbox = await get("/v1/approvals?status=PENDING");
    const waiting = listOf(inbox, "approvals").find((approval) => textOf(approval, "run_id") === runId);
    assert(waiting !== undefined, "the run waits for an approval");
    return textOf(waiting, "approval_id");
  };
  const untilRun: DemoClient["untilRun"] = (runId, done) =>
    until(`run ${runId}`, async () => {
      const status = textOf(await get(`/v1/runs/${runId}`), "status");
      return done(status) ? status : undefined;
    });
  return {
    get,
    post: (path, body) => send(path, { method: "POST", body: JSON.stringify(body) }),
    untilRun,
    untilRunEnds: (runId) => untilRun(runId, isEnded),
    untilRest: async () => {
      // Looked at twice: between two questions, a run may have started another and ended.
      await until("rest", async () => ((await movingRuns(get)) + (await movingRuns(get)) === 0 ? true : undefined));
    },
    newestRun: async (workflow) => {
      const [run] = listOf(await get(`/v1/runs?workflow=${workflow}&limit=1`), "runs");
      assert(run !== undefined, "a run of the workflow has started");
      return textOf(run, "run_id");
    },
    approvalOf,
    decide: async (runId, decision) => {
      const id = await approvalOf(runId);
      const shown = await get(`/v1/approvals/${id}`);
      const body = { decision, token: textOf(shown, "token"), preview_sha256: textOf(shown, "preview_sha256") };
      return send(`/v1/approvals/${id}/decision`, { method: "POST", body: JSON.stringify(body) });
    },
  };
}

/** Statuses in which a worker still has something to do. */
const MOVING = ["PENDING", "RUNNING", "COMPENSATING"] as const;

async function movingRuns(get: (path: string) => Promise<Json>): Promise<number> {
  let moving = 0;
  for (const status of MOVING) moving += listOf(await get(`/v1/runs?status=${status}&limit=1`), "runs").length;
  return moving;
}

export function listOf(document: Json, member: string): readonly Json[] {
  const value =
    typeof document === "object" && document !== null && !Array.isArray(document)
      ? Object(document)[member]
      : undefined;
  assert(Array.isArray(value), `the answer has a list \`${member}\``);
  return value;
}

function assertInTime(what: string): never {
  assert(false, `${what} in time`);
}
