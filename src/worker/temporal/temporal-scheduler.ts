import type { Worker } from "@temporalio/worker";
import { after, assert } from "../../contracts/index.ts";
import { findRun } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { Lookout } from "../lookout.ts";
import { claimRun, dueInMs, dueRuns } from "../queries.ts";
import type { DueDesk, Schedule, Scheduler, SchedulerSetting } from "../scheduler.ts";
import { type Cluster, connectCluster, probeCluster } from "./connect.ts";
import {
  ATTRIBUTES,
  type Rest,
  RUN_WORKFLOW,
  type RunActivities,
  type RunWorkflowInput,
  type TemporalAddress,
  TOLD_SIGNAL,
} from "./protocol.ts";
import type { countermarkRun } from "./run-workflow.ts";

/**
 * A Temporal cluster calls for runs: a workflow a run, whose activity claims the run, drives it and says when it is due again.
 *
 * T1  The database says what is due; the cluster only calls. A call for a run that is not due changes nothing.
 * T2  A run that is due and that nobody calls for is found in the database and its workflow started or told: what was lost
 *     between a commit and the cluster is made good.
 * T3  Ids, times and statuses go to the cluster; inputs, outputs and people do not.
 */

export interface TemporalSetting extends TemporalAddress {
  /** Where this installation's workers find its workflows: no other installation may have the same. */
  readonly taskQueue: string;
}

/** Connects to a cluster and gives the schedule of one worker. Faults: SCHEDULER_NOT_INSTALLED, SCHEDULER_UNAVAILABLE. */
export async function connectTemporal(setting: TemporalSetting): Promise<Schedule> {
  const cluster = await connectCluster(setting);
  return (desk, of) => new TemporalScheduler({ cluster, taskQueue: setting.taskQueue, desk, of });
}

/** Asks a cluster for its version, empty where it tells none. Faults: SCHEDULER_NOT_INSTALLED, SCHEDULER_UNAVAILABLE. */
export const probeTemporal = (where: TemporalAddress): Promise<string> => probeCluster(where);

interface Parts {
  readonly cluster: Cluster;
  readonly taskQueue: string;
  readonly desk: DueDesk;
  readonly of: SchedulerSetting;
}

/** Due runs looked at in one go; more wait for the next look. */
const LOOK_MAX = 256;
/** What a workflow's own timer gets before the database's word counts. */
const GRACE_MS = 1_000;
/** A workflow that was told of a due run is not told again of the same within this time. */
const AGAIN_MS = 10_000;
/** How long the cluster may take to hear of what one look found. */
const CALL_MS_MAX = 5_000;
/** Requests for tasks kept open. A task may go to one that a paused process left open: few bound how often that happens. */
const POLLS = 2;
/** Between a worker that failed and the next. */
const RESTART_MS = 1_000;

class TemporalScheduler implements Scheduler {
  readonly #parts: Parts;
  readonly #lookout: Lookout;
  readonly #stopping = new AbortController();
  /** Until when a due run, by its key and due time, counts as called for. */
  readonly #called = new Map<string, number>();
  /** Claims under way. */
  readonly #claims = new Set<Promise<unknown>>();
  #isDeaf = false;
  #worker: Worker | null = null;
  #working: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { host, profile } = parts.of;
    this.#lookout = new Lookout(host.clock, profile.pollMs, async (nudged) => {
      await this.#callForDue(nudged ? 0 : GRACE_MS);
      return "enough";
    });
  }

  start(): void {
    this.#working = this.#work();
    this.#lookout.start();
  }

  nudge(): void {
    this.#lookout.nudge();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#worker?.shutdown();
    await this.#lookout.stop();
    await Promise.all(this.#claims);
  }

  async close(): Promise<void> {
    await this.#working;
    await this.#parts.cluster.close();
  }

  /** Takes tasks from the cluster until stopped; a worker of the SDK that ends by itself is replaced. */
  async #work(): Promise<void> {
    const { clock } = this.#parts.of.host;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#worker = await this.#newWorker();
        const ended = this.#worker.run();
        if (signal.aborted) this.#worker.shutdown();
        await ended;
      } catch (error) {
        this.#parts.of.onTrouble("", error);
        await clock.wake(after(clock.now(), RESTART_MS), signal);
      }
    }
  }

  #newWorker(): Promise<Worker> {
    const { cluster, taskQueue, of } = this.#parts;
    const activities: RunActivities = { drive: (run) => this.#drive(run) };
    return cluster.packages.worker.Worker.create({
      connection: cluster.native,
      namespace: cluster.namespace,
      taskQueue,
      identity: of.workerId,
      workflowBundle: cluster.bundle,
      activities: { ...activities },
      maxConcurrentActivityTaskExecutions: of.profile.runsMax,
      maxConcurrentActivityTaskPolls: POLLS,
      maxConcurrentWorkflowTaskPolls: POLLS,
      // A cached workflow stays with the worker that has it, and waits for it even when it is gone.
      maxCachedWorkflows: 0,
      maxHeartbeatThrottleInterval: of.profile.beatMs,
    });
  }

  /** Claims the run if it is due, has it driven, and says when it is due again. */
  async #drive({ tenantId, runId }: Pick<RunWorkflowInput, "tenantId" | "runId">): Promise<Rest> {
    const { desk, of } = this.#parts;
    const { Context } = this.#parts.cluster.packages.activity;
    const beat = Context.current();
    if (!this.#stopping.signal.aborted) {
      const claim = desk.take(() => claimRun(of.database.worker, of.workerId, { tenantId, runId }, of.profile.leaseMs));
      this.#claims.add(claim);
      const [drive] = await claim.finally(() => this.#claims.delete(claim));
      if (drive !== undefined) await this.#beating(drive, () => beat.heartbeat());
    }
    return this.#restOf(tenantId, runId);
  }

  /** Beats while a run is driven, so that the cluster learns within a lease that its worker died. */
  async #beating(drive: Promise<void>, beat: () => void): Promise<void> {
    const { host, profile } = this.#parts.of;
    const landed = new AbortController();
    const driven = drive.finally(() => landed.abort());
    while (!landed.signal.aborted) {
      beat();
      await host.clock.wake(after(host.clock.now(), profile.beatMs), landed.signal);
    }
    await driven;
  }

  #restOf(tenantId: string, runId: string): Promise<Rest> {
    return inTenant(this.#parts.of.database, tenantId, async (sql) => {
      const [run, inMs] = await Promise.all([findRun(sql, runId), dueInMs(sql, runId)]);
      assert(run !== undefined, "what is called for exists");
      const { workflow_id: workflowId, channel, status, outcome } = run;
      return { workflowId, channel, status, isOver: outcome !== null && inMs === null, dueInMs: inMs };
    });
  }

  /** Starts or tells the workflow of each run that is due; the cluster makes one of both, whoever asks. */
  async #callForDue(graceMs: number): Promise<void> {
    const { cluster, of } = this.#parts;
    const { signal } = this.#stopping;
    try {
      const now = of.host.clock.now();
      for (const [key, until] of this.#called) if (until <= now) this.#called.delete(key);
      const due = await dueRuns(of.database.worker, LOOK_MAX, graceMs);
      const calls = due.flatMap(({ tenant_id: tenantId, id: runId, due_at }) => {
        const key = `${tenantId}/${runId}/${due_at}`;
        return this.#called.has(key) ? [] : [{ key, tenantId, runId }];
      });
      const calling = () => Promise.all(calls.map((call) => this.#call(call)));
      await cluster.client.withDeadline(after(now, CALL_MS_MAX), calling);
      for (const { key } of calls) this.#called.set(key, now + AGAIN_MS);
      this.#isDeaf = false;
    } catch (error) {
      // Once an outage: the next looks try again. Who stops hears of nothing more.
      if (!this.#isDeaf && !signal.aborted) of.onTrouble("", error);
      this.#isDeaf = true;
    }
  }

  async #call({ tenantId, runId }: Pick<RunWorkflowInput, "tenantId" | "runId">): Promise<void> {
    const { cluster, taskQueue, of } = this.#parts;
    const { hasAttributes } = cluster;
    const input: RunWorkflowInput = { tenantId, runId, leaseMs: of.profile.leaseMs, hasAttributes };
    await cluster.client.workflow.signalWithStart<typeof countermarkRun>(RUN_WORKFLOW, {
      workflowId: `run:${tenantId}:${runId}`,
      taskQueue,
      args: [input],
      signal: TOLD_SIGNAL,
      ...(hasAttributes ? { typedSearchAttributes: [{ key: ATTRIBUTES.tenant, value: tenantId }] } : {}),
    });
  }
}
