import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activatePack, type Installation, openInstallation } from "../src/api/index.ts";
import { after, assert, systemHost } from "../src/contracts/index.ts";
import { defineAgent, insertTenant } from "../src/guard/index.ts";
import { readStream } from "../src/ledger/index.ts";
import { beginRun, type CompiledPack, compilePack, definePack, findRun } from "../src/run/index.ts";
import { inTenant } from "../src/store/index.ts";
import { openCheckpoint } from "../src/worker/agent/checkpoint.ts";
import { findCheckpoint, writesOf } from "../src/worker/agent/queries.ts";
import { freshDatabase } from "./bench-database.ts";
import { BENCH_BOUNDS, benchScope, tenantOf } from "./subject.ts";

export interface SuperstepsOptions {
  readonly url: string;
  readonly database: string;
  readonly supersteps: number;
}

/** One graph. Milliseconds; percentiles over all supersteps, and over as many reads of the newest checkpoint. */
export interface SuperstepsFigure {
  readonly supersteps: number;
  readonly checkpoints: number;
  readonly writes: number;
  /** From one checkpoint on record to the next: the node, its two writes and its checkpoint, each in a commit of its own. */
  readonly superstep_p50_ms: number;
  readonly superstep_p95_ms: number;
  /** Of the last tenth over the first: more than one where a checkpoint costs more the more there are. */
  readonly growth: number;
  readonly read_p50_ms: number;
  readonly read_p95_ms: number;
}

const STEP = "agent";
const INPUT = { type: "object", properties: { left: { type: "integer" } }, required: ["left"] } as const;
const TIMEOUT_SECONDS = 280;
const POLL_MS = 200;

const agent = defineAgent(
  { name: "supersteps", version: "1.0.0", input_schema: INPUT, output_schema: INPUT, timeout_seconds: TIMEOUT_SECONDS },
  { module: new URL("./superstep-graph.js", import.meta.url).href, exportName: "supersteps" },
);

/** Runs a graph of so many supersteps on a database made anew, and reads its newest checkpoint as often. */
export async function measureSupersteps({
  url,
  database: name,
  supersteps,
}: SuperstepsOptions): Promise<SuperstepsFigure> {
  const server = { url: await freshDatabase(url, name) };
  const directory = await mkdtemp(join(tmpdir(), "countermark-bench-"));
  const installation = await openInstallation({
    host: systemHost(),
    directory,
    server,
    migrate: true,
    tools: [agent],
    tier: "HARDENED",
  });
  try {
    return await measured(installation, supersteps);
  } finally {
    await installation.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measured(installation: Installation, supersteps: number): Promise<SuperstepsFigure> {
  const tenantId = tenantOf(0);
  const pack = packOf(supersteps);
  const at = installation.host.clock.now();
  await inTenant(installation.database, tenantId, (sql) => insertTenant(sql, { name: tenantId, mode: "sandbox", at }));
  await activatePack(installation, { tenantId, pack, by: "bench" });
  const runId = await ended(installation, { tenantId, pack, supersteps });
  const { events, rows } = await inTenant(installation.database, tenantId, async (sql) => ({
    events: await readStream(sql, runId, 0, 4 * supersteps + 100),
    rows: await sql<{ checkpoints: number; writes: number }[]>`
      select (select count(*)::int from agent_checkpoint where run_id = ${runId}) as checkpoints,
             (select count(*)::int from agent_write where run_id = ${runId}) as writes`,
  }));
  const put = events.filter(({ type }) => type === "agent.checkpointed");
  const tookMs = put.slice(1).map((event, index) => event.at - (put[index]?.at ?? event.at));
  const readMs = await readings(installation, { tenantId, runId, times: supersteps });
  const tenth = Math.ceil(tookMs.length / 10);
  const growth = mean(tookMs.slice(-tenth)) / mean(tookMs.slice(0, tenth));
  return {
    supersteps,
    checkpoints: rows[0]?.checkpoints ?? 0,
    writes: rows[0]?.writes ?? 0,
    superstep_p50_ms: percentile(tookMs, 50),
    superstep_p95_ms: percentile(tookMs, 95),
    growth: Math.round(growth * 100) / 100,
    read_p50_ms: percentile(readMs, 50),
    read_p95_ms: percentile(readMs, 95),
  };
}

interface Asked {
  readonly tenantId: string;
  readonly pack: CompiledPack;
  readonly supersteps: number;
}

/** Begins the run, has a worker carry it to its end, and says which it was. */
async function ended(installation: Installation, { tenantId, pack, supersteps }: Asked): Promise<string> {
  const { host, database } = installation;
  const workflow = pack.workflows.supersteps;
  assert(workflow !== undefined, "the pack has the workflow");
  const start = { tenantId, pack, workflow, startKey: "1", correlationId: "1", principalId: "bench", causation: null };
  const trigger = { left: supersteps };
  const runId = await inTenant(database, tenantId, (sql) =>
    beginRun(sql, host, { ...start, trigger, channel: "controlled_fixture" }),
  );
  assert(runId !== null, "the run is the first");
  const worker = installation.newWorker();
  worker.start();
  const never = new AbortController().signal;
  for (;;) {
    const row = await inTenant(database, tenantId, (sql) => findRun(sql, runId));
    if (row !== undefined && row.ended_at !== null) {
      await worker.stop();
      assert(row.status === "SUCCEEDED", `the graph ends well, not ${row.status} ${row.code}`);
      return runId;
    }
    await host.clock.wake(after(host.clock.now(), POLL_MS), never);
  }
}

/** How long it takes to read the newest checkpoint with its writes and to decrypt them, time after time. */
async function readings(
  { host, database, control }: Installation,
  { tenantId, runId, times }: { readonly tenantId: string; readonly runId: string; readonly times: number },
): Promise<readonly number[]> {
  const { secrets } = await control.at(tenantId, 0);
  const thread = `lg:supersteps:${runId}:${STEP}`;
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const from = host.clock.now();
    await inTenant(database, tenantId, async (sql) => {
      const [row] = await findCheckpoint(sql, thread, "", null);
      assert(row !== undefined, "the graph has left checkpoints");
      openCheckpoint(row, await writesOf(sql, thread, [row.checkpoint_id]), secrets.artifactKey);
    });
    took.push(host.clock.now() - from);
  }
  return took;
}

function packOf(supersteps: number): CompiledPack {
  const { contract } = agent;
  const nodes = [{ name: "again", kind: "pure" as const, tools_allowed: [] }];
  const manifest = { graph_id: "supersteps", version: "1.0.0", nodes, recursion_limit: supersteps + 10 };
  const compiled = compilePack(
    definePack({
      id: "bench",
      name: "Bench",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: [
        {
          id: "supersteps",
          name: "supersteps",
          trigger: { kind: "MANUAL", input_schema: INPUT },
          steps: [
            { id: STEP, type: "AGENT", graph: contract.name, manifest, input_mapping: { left: "$.trigger.left" } },
          ],
          pass_criteria: "true",
          allowed_failure_modes: [],
          timeout_seconds: 300,
        },
      ],
      tools: { [contract.name]: { ...contract } },
      scopes: { [contract.name]: benchScope(contract.name, contract.operation) },
      bounds: BENCH_BOUNDS,
      hitl_rules: {},
      eval_suite_ref: "golden/bench",
    }),
  );
  assert(compiled.ok, `the pack compiles: ${compiled.ok ? "" : JSON.stringify(compiled.errors)}`);
  return compiled.compiled;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const percentile = (values: readonly number[], percent: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))] ?? 0;
