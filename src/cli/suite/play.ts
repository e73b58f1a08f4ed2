import { after, type Clock, isCode, isJsonObject, type Json, type JsonObject } from "../../contracts/index.ts";
import {
  type AgentWork,
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
  const facts = { ...own, ...(await world.arrange(one, own, { tenantId: tenant.tenantId, operator })) };
  const started = await startOf(one, facts, operator);
  const played = "refused" in started ? null : await playToEnd(stage, one, { tenant, operator, facts, ...started });
  const { modelCalls, strayed } = await world.settled();
  const work = played?.observed.agents ?? null;
  return {
    caseId: one.id,
    inputDigest: digest,
    runId: played?.observed.runId ?? null,
    differences:
      played === null
        ? [String(Object(started).refused)]
        : [...differencesFrom(one, played.observed, facts), ...played.untold, ...strayed],
    agents:
      work === null || work.checkpoints + modelCalls + strayed.length === 0
        ? null
        : { ...work, modelCalls, hasStrayed: strayed.length > 0 },
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
  /** What paths of the case mean. */
  readonly facts: JsonObject;
}

const POLL_MS = 10;

/** What is still to be done to a run, and how many events it had when it was last told something: it takes that up with another. */
interface ToDo {
  readonly approvals: GoldenCase["approvals"][number][];
  readonly signals: GoldenCase["signals"][number][];
  events: number;
}

/**
 * Follows a run to its end, or to where it is expected to stay, deciding its approvals and telling it of events as the case says. Gives
 * what could not be told, too.
 */
async function playToEnd({ clock }: SuiteStage, one: GoldenCase, playing: Playing): Promise<Played> {
  const { operator, runId } = playing;
  const never = new AbortController().signal;
  const giveUpAt = after(clock.now(), one.within_seconds * 1000);
  const toDo: ToDo = { approvals: [...one.approvals], signals: [...one.signals], events: -1 };
  const untold: string[] = [];
  for (;;) {
    const run = await operator.get(`/v1/runs/${runId}`);
    const status = textOf(run, "status");
    const isLate = clock.now() >= giveUpAt;
    if (!isLate && (await act(run, toDo, playing, untold))) continue;
    if (isEnded(status) || isLate || (status === one.expect.status && hasTakenUp(run, toDo)))
      return { observed: await observedOf(operator, run, runId), untold: [...untold, ...leftOf(toDo)] };
    await clock.wake(after(clock.now(), POLL_MS), never);
  }
}

interface Played {
  readonly observed: ObservedRun;
  readonly untold: readonly string[];
}

/** Does the next thing that the run is ready for. Whether there was one. */
async function act(run: Json, toDo: ToDo, playing: Playing, untold: string[]): Promise<boolean> {
  const { tenant, runId } = playing;
  const isAsking = listOf(run, "approvals").some((approval) => isJsonObject(approval) && approval.status === "PENDING");
  const approval = isAsking ? toDo.approvals.shift() : undefined;
  if (approval !== undefined) {
    await (await tenant.approver(approval.by)).decide(runId, approval.decision);
    return true;
  }
  const [signal] = toDo.signals;
  if (signal === undefined || !hasTakenUp(run, toDo) || !isReadyFor(signal, run)) return false;
  toDo.signals.shift();
  toDo.events = eventsOf(run);
  const refused = await told(signal, playing);
  if (refused.length > 0) toDo.events = -1; // nothing comes of it that could be waited for
  untold.push(...refused);
  return true;
}

/** What a person ends is there to be ended once the run is at it; an event may outrun its step. */
const isReadyFor = (signal: GoldenCase["signals"][number], run: Json): boolean =>
  "resume" in signal ? waitsOf(run).includes(signal.resume) : textOf(run, "status") === "SUSPENDED_WAIT";

const eventsOf = (run: Json): number => (isJsonObject(run) && typeof run.events === "number" ? run.events : 0);

/** Whether the run has folded what it was last told. */
const hasTakenUp = (run: Json, { events }: ToDo): boolean => eventsOf(run) > events;

const leftOf = ({ signals }: ToDo): readonly string[] =>
  signals.length === 0 ? [] : [`it did not wait for ${signals.length} more signals`];

/** Tells a run what a case says; why not, where that is refused. */
async function told(
  signal: GoldenCase["signals"][number],
  { tenant, operator, runId, facts }: Playing,
): Promise<readonly string[]> {
  const [act, said] = "resume" in signal ? ["resume", { payload: signal.payload }] : ["signal", { ...signal }];
  const body = filledIn(localised(JSON.parse(JSON.stringify(said)), tenant.tenantId), facts);
  if (!body.ok) return [body.refusal.message];
  const answer = await operator.post(`/v1/runs/${runId}/${act}`, body.value);
  return isJsonObject(answer) && typeof answer.run_id === "string"
    ? []
    : [`the ${act} was refused with ${String(Object(answer).code)}: ${String(Object(answer).detail)}`];
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
    waitsAt: waitsOf(run),
    calls: events.flatMap(callIn),
    document: isJsonObject(document) ? document : {},
    agents: agentsIn(run, events),
  };
}

function agentsIn(run: Json, events: readonly Json[]): AgentWork {
  const of = (type: string) => events.filter((event) => isJsonObject(event) && event.type === type).length;
  const counters = isJsonObject(run) ? run.counters : undefined;
  const tokens = isJsonObject(counters) ? counters.tokens : undefined;
  return {
    steps: of("agent.rested"),
    toolCalls: of("agent.called"),
    checkpoints: of("agent.checkpointed"),
    tokens: typeof tokens === "number" ? tokens : 0,
  };
}

/** The steps at which a run waits. */
function waitsOf(run: Json): readonly string[] {
  const lanes = isJsonObject(run) && Array.isArray(run.lanes) ? run.lanes : [];
  return lanes.flatMap((lane) =>
    isJsonObject(lane) && lane.phase === "waiting" && typeof lane.step === "string" ? [lane.step] : [],
  );
}

/** The call that an event of a run records; none where it records something else. */
function callIn(event: Json): readonly ObservedCall[] {
  const payload = isJsonObject(event) ? event.payload : undefined;
  const call = isJsonObject(payload) ? payload.call : undefined;
  return isJsonObject(call) && typeof call.tool === "string" ? [{ tool: call.tool, input: call.input ?? null }] : [];
}
