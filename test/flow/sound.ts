import { expect } from "vitest";
import { chainRow, listStreams, readStream, type StreamSummary, verifyStream } from "../../src/ledger/index.ts";
import { findRun, type Replay, replay } from "../../src/run/index.ts";
import { runEventOf } from "../../src/worker/index.ts";
import type { FlowShop } from "./shop.ts";
import type { FlowTenant } from "./tenant.ts";

/** What must hold of every shop after its tests: no trouble, whole chains, runs given back and decided the same way again. */
export async function expectSound(shop: FlowShop): Promise<void> {
  expect(shop.troubles).toEqual([]);
  for (const tenant of shop.tenants) {
    for (const head of await tenant.sql((sql) => listStreams(sql, "", 1_000))) await expectWhole(tenant, head);
    for (const { run_id } of await endedRuns(tenant)) await expectSettled(tenant, run_id);
  }
}

async function expectWhole(tenant: FlowTenant, head: StreamSummary): Promise<void> {
  const stored = await tenant.sql((sql) => readStream(sql, head.stream, 0, 10_000));
  // The audit stream may have grown since its head was read: a worker that lost its lease notes so in its own time.
  const events = stored.filter(({ seq }) => seq <= head.seq);
  const stream = { tenant: tenant.id, stream: head.stream };
  const report = await verifyStream(
    events.map((stored) => chainRow(tenant.id, stored)),
    stream,
    { head },
  );
  expect(report).toMatchObject({ broken: null, verified: head.seq });
}

const endedRuns = (tenant: FlowTenant) =>
  tenant.sql((sql) => sql<{ run_id: string }[]>`select run_id from run where ended_at is not null order by run_id`);

/** An ended run is due no more, held by nobody, and its recording gives the same state and receipts again. */
async function expectSettled(tenant: FlowTenant, runId: string): Promise<void> {
  const [due] = await tenant.sql((sql) => sql`select worker_id, due_at from due where kind = 'run' and id = ${runId}`);
  expect({ ...due }).toEqual({ worker_id: null, due_at: null });
  const row = await tenant.run(runId);
  const again = await replayed(tenant, runId);
  expect(again).toMatchObject({
    equal: true,
    document_sha256: row.document_sha256,
    state: { outcome: row.outcome },
  });
}

/** Decides a recorded run again, from its stream alone. */
export async function replayed(tenant: FlowTenant, runId: string): Promise<Replay> {
  const row = await tenant.sql((sql) => findRun(sql, runId));
  const workflow = tenant.pack.workflows[row?.workflow_id ?? ""];
  if (workflow === undefined) throw new Error(`run ${runId} is of another pack`);
  const stored = await tenant.sql((sql) => readStream(sql, runId, 0, 10_000));
  const events = stored.flatMap((entry) => {
    const event = runEventOf(entry);
    return event === null ? [] : [{ seq: entry.seq, event }];
  });
  return replay(workflow, tenant.pack.pack.bounds, events);
}
