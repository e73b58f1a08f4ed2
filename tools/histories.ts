import { existsSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Context } from "@temporalio/activity";
import { Client, Connection } from "@temporalio/client";
import proto, { type temporal } from "@temporalio/proto";
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from "@temporalio/worker";
import { assert } from "../src/contracts/index.ts";
import { type Rest, RUN_WORKFLOW, type RunActivities, TOLD_SIGNAL } from "../src/worker/temporal/protocol.ts";
import { registerAttributes } from "../src/worker/temporal/search-attributes.ts";

/*
 * Histories of the workflow of a run, as a cluster kept them, which every build replays: a workflow that is open while a new version
 * is installed goes on from its history, and what the new version would do otherwise leaves it stuck.
 */

/** Where they are, from the source tree. */
export const HISTORIES = "test/replay/histories";

/** The module that is bundled into the sandbox, as source or compiled. */
export const runWorkflowPath = (): string =>
  fileURLToPath(new URL(`../src/worker/temporal/run-workflow${extname(import.meta.url)}`, import.meta.url));

interface ScriptedRest extends Pick<Rest, "status" | "isOver" | "dueInMs"> {
  /** A signal comes while the run is driven. */
  readonly isTold?: true;
}

/** A module's workflows, as the sandbox takes them. */
export const sandboxOf = (workflowsPath: string): Promise<WorkflowBundle> =>
  bundleWorkflowCode({ workflowsPath, logger: LOGGER });

/** Of what the SDK does, errors alone. */
const LOGGER = new DefaultLogger("ERROR");

const { History } = proto.temporal.api.history.v1;

type Recorded = temporal.api.history.v1.IHistory;

/** A history as it stands in its file: an event a line, so that a change shows. */
export function historyText(history: Recorded): string {
  const { events } = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  return `[\n${events.map((event: unknown) => JSON.stringify(event)).join(",\n")}\n]\n`;
}

/** What `historyText` wrote. */
export const readHistory = (text: string): Recorded => History.fromObject({ events: JSON.parse(text) });

/** What the activity answers, call by call. */
interface Scene {
  readonly hasAttributes: boolean;
  readonly rests: readonly ScriptedRest[];
  /** A signal comes once the workflow waits. */
  readonly isToldWaiting: boolean;
}

const WAITING = { status: "SUSPENDED_WAIT", isOver: false, dueInMs: null } as const;
const DUE = { status: "RUNNING", isOver: false, dueInMs: 0 } as const;
const OVER: ScriptedRest = { status: "COMPLETED", isOver: true, dueInMs: null };
const ALONE = { hasAttributes: false, isToldWaiting: false } as const;

/** Every path through the workflow. */
export const SCENES: { readonly [name: string]: Scene } = {
  "due-again": { ...ALONE, rests: [{ ...DUE, dueInMs: 5 }, DUE, OVER] },
  "told-while-waiting": { ...ALONE, isToldWaiting: true, rests: [WAITING, OVER] },
  "told-before-due": { ...ALONE, isToldWaiting: true, rests: [{ ...WAITING, dueInMs: 60_000 }, OVER] },
  "told-while-driven": { ...ALONE, rests: [{ ...OVER, isTold: true }, OVER] },
  "cut-and-continued": { ...ALONE, rests: [...Array.from({ length: 50 }, () => DUE), OVER] },
  "shown-in-attributes": { ...ALONE, hasAttributes: true, rests: [DUE, { ...DUE, dueInMs: 5 }, OVER] },
};

const USAGE = `usage: histories.js
Has the Temporal server at TEMPORAL_ADDRESS carry the workflow of a run through each of its paths, and writes the history of each that is
not on file yet to ${HISTORIES}. One that is on file is never written again: it stands for what is open somewhere.
\`eval "$(.ci/temporal)"\` starts a server.`;

const TASK_QUEUE = "histories";
/** Who wrote a history, instead of a process and a host. */
const IDENTITY = "recorder";

/** The open ends of one recording. */
interface Recorder {
  readonly client: Client;
  readonly native: NativeConnection;
  readonly workflowBundle: WorkflowBundle;
}

async function record({ client, native, workflowBundle }: Recorder, name: string, scene: Scene): Promise<string> {
  const input = { tenantId: "acme", runId: name, leaseMs: 10_000, hasAttributes: scene.hasAttributes };
  const activities: RunActivities = { drive: scripted(client, scene) };
  const worker = await Worker.create({
    connection: native,
    taskQueue: TASK_QUEUE,
    identity: IDENTITY,
    workflowBundle,
    activities: { ...activities },
    maxCachedWorkflows: 0,
  });
  const workflowId = `run:acme:${name}`;
  const first = await worker.runUntil(async () => {
    const handle = await client.workflow.start(RUN_WORKFLOW, { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await handle.result();
    return handle.firstExecutionRunId;
  });
  return historyText(await client.workflow.getHandle(workflowId, first).fetchHistory());
}

/** The activity of a scene. What it tells the workflow while it waits is sent once the workflow has had time to. */
function scripted(client: Client, { rests, isToldWaiting }: Scene): RunActivities["drive"] {
  let calls = 0;
  return async ({ runId }) => {
    const { isTold = false, ...rest } = rests[calls++] ?? OVER;
    const { workflowExecution } = Context.current().info;
    const tell = () => client.workflow.getHandle(workflowExecution?.workflowId ?? runId).signal(TOLD_SIGNAL);
    if (isTold) await tell();
    else if (isToldWaiting && !rest.isOver) setTimeout(() => void tell(), WAITS_MS);
    return { workflowId: "order", channel: "api", ...rest };
  };
}

/** How long until a workflow waits, at the latest. */
const WAITS_MS = 500;

/** `npm run histories`, from `dist/tools/`. */
async function recordAll(address: string): Promise<void> {
  Runtime.install({ logger: LOGGER });
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  assert(await registerAttributes(connection.operatorService, "default"), "the cluster takes search attributes");
  const client = new Client({ connection, identity: IDENTITY });
  const recorder = { client, native, workflowBundle: await sandboxOf(runWorkflowPath()) };
  for (const [name, scene] of Object.entries(SCENES)) {
    const file = fileURLToPath(new URL(`../../${HISTORIES}/${name}.json`, import.meta.url));
    if (existsSync(file)) continue;
    writeFileSync(file, await record(recorder, name, scene));
    console.log(`recorded \`${name}\``);
  }
  await Promise.all([connection.close(), native.close()]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const address = process.env.TEMPORAL_ADDRESS;
  if (address === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
  } else await recordAll(address);
}
