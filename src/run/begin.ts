import {
  type Channel,
  formatInstant,
  GENESIS_HASH,
  type Host,
  type Json,
  type JsonObject,
} from "../contracts/index.ts";
import { sealEvent } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { CompiledPack, CompiledWorkflow } from "./compiled.ts";
import { startRun } from "./evolve.ts";
import { insertRun } from "./queries.ts";

/** What starts a run. */
export interface RunStart {
  readonly tenantId: string;
  readonly pack: CompiledPack;
  readonly workflow: CompiledWorkflow;
  /** Redacted trigger payload; what its schema refuses makes a run that ends INVALID_INPUT. */
  readonly trigger: JsonObject;
  /** The same key starts one run, however often it is asked. */
  readonly startKey: string;
  /** Unique per run and tenant. */
  readonly correlationId: string;
  readonly principalId: string;
  readonly channel: Channel;
  /** The event that caused the run, or null. */
  readonly causation: string | null;
}

/** Seeds are 32-bit, so that they survive JSON and every generator takes them. */
const SEED_LIMIT = 2 ** 32;

/** A run's first row, event and due time as `begin_run` reads them. Pure but for ids and chance. */
export function runBeginning(start: RunStart, host: Host): JsonObject & { readonly run_id: string } {
  const now = host.clock.now();
  const runId = host.ids.next();
  const event = startRun(
    start.workflow,
    {
      run_id: runId,
      tenant_id: start.tenantId,
      workflow_id: start.workflow.id,
      pack_id: start.pack.pack.id,
      pack_digest: start.pack.config_hash,
      correlation_id: start.correlationId,
      principal_id: start.principalId,
      channel: start.channel,
      started_at: now,
      seed: Math.floor(host.random.next() * SEED_LIMIT),
    },
    start.trigger,
    now,
  );
  const payload: Json = JSON.parse(JSON.stringify(event.payload));
  const sealed = sealEvent({
    proposed: { ...event, payload },
    head: { seq: 0, hash: GENESIS_HASH },
    frame: {
      tenant: start.tenantId,
      stream: runId,
      correlation: start.correlationId,
      causation: start.causation,
      actor: start.principalId,
      channel: start.channel,
      epoch: 0,
      dedupKey: start.startKey,
    },
    recordedAt: now,
    ids: host.ids,
  });
  return {
    run_id: runId,
    stream_day: formatInstant(now).slice(0, "YYYY-MM-DD".length),
    workflow_id: start.workflow.id,
    pack_id: start.pack.pack.id,
    pack_digest: start.pack.config_hash,
    correlation_id: start.correlationId,
    principal_id: start.principalId,
    channel: start.channel,
    start_key: start.startKey,
    started_at: formatInstant(now),
    event: { ...sealed.entry, hash: sealed.hash, payload: sealed.payload_text },
  };
}

/** Starts a run in the caller's transaction. Null: its start key has started one before. */
export async function beginRun(sql: TenantQuery, host: Host, start: RunStart): Promise<string | null> {
  const beginning = runBeginning(start, host);
  return (await insertRun(sql, beginning)) ? beginning.run_id : null;
}
