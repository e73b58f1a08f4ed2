import { after, type Clock, isCode, isJsonObject, type Json, type JsonObject } from "../../contracts/index.ts";
import {
  type Attempt,
  differencesFrom,
  filledIn,
  type GoldenCase,
  inputOf,
  type ObservedCall,
  type ObservedRun,
  retriesOf,
  type Suite,
} from "../../release/index.ts";
import { type DemoClient, listOf } from "../demo/client.ts";
import { isEnded, textOf } from "../demo/scenario.ts";
import type { SuiteWorld } from "./world.ts";

/** A tenant in which cases are played, and the people and programs of it. */
export interface StageTenant {
  readonly tenantId: string;
  operator(principal: string): Promise<DemoClient>;
  approver(principal: string): Promise<DemoClient>;
}

/** Where a suite is played. */
export interface SuiteStage {
  readonly clock: Clock;
  readonly world: SuiteWorld;
  /** The tenant of the next run: a new one, unless nothing of a run can change what becomes of another. */
  tenant(): Promise<StageTenant>;
  /** Told before each run. */
  readonly tell: (what: string) => void;
  /** Asked between runs: true, and no more are played. */
  readonly isOver: () => boolean;
}

/** How much of a suite is played. */
export interface Chosen {
  readonly cases: readonly GoldenCase[];
  /** Runs of each case; null for what each says. */
  readonly runs: number | null;
}

/** Plays cases, one run after another, through guards and ledger. What does not end as expected is tried again where the case says so. */
export async function playCases(stage: SuiteStage, { cases, runs }: Chosen): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const [at, one] of cases.entries()) {
    const wanted = runs ?? one.runs;
    for (let run = 0; run < wanted && !stage.isOver(); run++) {
      stage.tell(`case ${at + 1} of ${cases.length}, run ${run + 1} of ${wanted}: ${one.name}`);
      for (let retry = 0; retry <= retriesOf(one); retry++) {
        const attempt = await playRun(stage, one, run);
        attempts.push(attempt);
        if (attempt.differences.length === 0) break;
      }
    }
  }
  return attempts;
}

/** Every case of a suite. */
export const wholeOf = ({ cases }: Suite): Chosen => ({ cases, runs: null });

async function playRun(stage: SuiteStage, one: GoldenCase, index: number): Promise<Attempt> {
  const { clock, world } = stage;
  const { start, digest } = inputOf(one, index);
  const begunAt = clock.now();
  const tenant = await stage.tenant();
  const operator = await tenant.operator(one.by);
  const own = localised(start, tenant.tenantId);
  const told = { ...own, ...(await world.arrange(one, own, { tenantId: tenant.tenantId, operator })) };
  const started = await startOf(one, told, operator);
  const observed = "refused" in started ? null : await playToEnd(stage, one, { tenant, operator, ...started });
  await world.settled();
  return {
    caseId: one.id,
    inputDigest: digest,
    runId: observed?.runId ?? null,
    differences: observed === null ? [String(Object(started).refused)] : differencesFrom(one, observed, told),
    ms: clock.now() - begunAt,
  };
}

/** Ids of entities carry their tenant's prefix, which no case can know: it writes `{tenant}`. */
const localised = (value: JsonObject, tenantId: string): JsonObject => Object(localisedPart(value, tenantId));

function localisedPart(value: Json, tenantId: string): Json {
  if (typeof value === "string") return value.replaceAll("{tenant}", tenantId);
  if (Array.isArray(value)) return value.map((one) => localisedPart(one, tenantId));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, localisedPart(one, tenantId)]));
}

type Started = { readonly runId: string } | { readonly refused: string };

/** Starts the case's workflow; where an order does that, finds the run. */
async function startOf({ workflow }: GoldenCase, facts: JsonObject, operator: DemoClient): Promise<Started> {
  if (facts.input === undefined) {
    const [run] = listOf(await operator.get(`/v1/runs?workflow=${encodeURIComponent(workflow)}&limit=1`), "runs");
    return run === undefined ? { refused: `no run of \`${workflow}\` began` } : { runId: textOf(run, "run_id") };
  }
  const input = filledIn(facts.input, facts);
  if (!input.ok) return { refused: input.refusal.message };
  const answer = await operator.post("/v1/runs", { workflow, input: input.value });
  const { run_id, code, detail } = isJsonObject(answer) ? answer : {};
  if (typeof run_id === "string") return { runId: run_id };
  const known = typeof code === "string" && isCode(code) ? code : "INTERNAL";
  return { refused: `the run was refused with ${known}: ${String(detail)}` };
}

interface Playing {
  readonly tenant: StageTenant;
  readonly operator: DemoClient;
  readonly runId: string;
}

const POLL_MS = 10;

/** Follows a run to its end, or to where it is expected to stay, deciding its approvals as the case says. */
async function playToEnd({ clock }: SuiteStage, one: GoldenCase, playing: Playing): Promise<ObservedRun> {
  const { operator, runId } = playing;
  const never = new AbortController().signal;
  const giveUpAt = after(clock.now(), one.within_seconds * 1000);
  const approvals = [...one.approvals];
  for (;;) {
    const run = await operator.get(`/v1/runs/${runId}`);
    const status = textOf(run, "status");
    const isAsking = listOf(run, "approvals").some(
      (approval) => isJsonObject(approval) && approval.status === "PENDING",
    );
    const next = isAsking ? approvals.shift() : undefined;
    if (next !== undefined) await (await playing.tenant.approver(next.by)).decide(runId, next.decision);
    else if (isEnded(status) || status === one.expect.status || clock.now() >= giveUpAt)
      return observedOf(operator, run, runId);
    else await clock.wake(after(clock.now(), POLL_MS), never);
  }
}

/** Events of one run that are read: a case that makes more has lost its bounds. */
const EVENTS_MAX = 200;

async function observedOf(operator: DemoClient, run: Json, runId: string): Promise<ObservedRun> {
  const events = listOf(await operator.get(`/v1/runs/${runId}/events?limit=${EVENTS_MAX}`), "events");
  const { status, code = null, document = {} } = isJsonObject(run) ? run : {};
  return {
    runId,
    status: String(status),
    code: typeof code === "string" ? code : null,
    calls: events.flatMap(callIn),
    document: isJsonObject(document) ? document : {},
  };
}

/** The call that an event of a run records; none where it records something else. */
function callIn(event: Json): readonly ObservedCall[] {
  const payload = isJsonObject(event) ? event.payload : undefined;
  const call = isJsonObject(payload) ? payload.call : undefined;
  return isJsonObject(call) && typeof call.tool === "string" ? [{ tool: call.tool, input: call.input ?? null }] : [];
}
