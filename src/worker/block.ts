import { Fault, type Json, type JsonObject, type ProposedEvent } from "../contracts/index.ts";
import { type InboxEntry, sealEvent } from "../ledger/index.ts";
import { asFault } from "../store/index.ts";
import type { DriverOptions } from "./driver.ts";
import type { Lease } from "./lease.ts";
import type { BrokenCode, UnreadRun } from "./run-file.ts";

/** What only people tell a run: each lifts a block, for as many claims as the run had at first. */
const LIFTS: ReadonlySet<InboxEntry["kind"]> = new Set(["cancel", "resume", "resolve"]);

/**
 * Why a run is left to people: nobody got on with it, its lease was lost under a policy that waits for them, what its holder left
 * to the next cannot be applied, or what is recorded of it is not what was written.
 */
export type BlockCode = "RUN_BLOCKED" | "E_LEASE_LOST" | "E_HANDOFF_FAILED" | BrokenCode;

/** Whether a run is left to people: it was claimed too often without coming to rest, or it was blocked and nobody lifted it. */
export const mustBlock = ({ row, inbox }: UnreadRun, claims: number, claimsMax: number): boolean =>
  row.status === "BLOCKED" ? !inbox.some(({ kind }) => LIFTS.has(kind)) : claims > claimsMax;

/** One claim in so many counts whatever ended it: a run may be what takes the database away, each time that it writes. */
const COUNTS_ANYWAY = 10;

/**
 * Whether a claim that came to nothing is taken off the count: the database went away under it, and the worker lives to tell. What
 * kills its worker is never excused, for nobody is left to do it.
 */
export function isExcused({ epoch }: Pick<Lease, "epoch">, error: unknown): boolean {
  const fault = asFault(error);
  return fault instanceof Fault && fault.code === "DATABASE_UNAVAILABLE" && epoch % COUNTS_ANYWAY !== 0;
}

/**
 * Blocks a run under its lease and gives it back with no due time. What came in for it waits. Nothing is folded: the run is
 * where it was, and goes on from there when a person lifts the block.
 */
export async function blockRun(
  { committer, host, workerId }: Pick<DriverOptions, "committer" | "host" | "workerId">,
  file: UnreadRun,
  { lease, payload }: { readonly lease: Lease; readonly payload: JsonObject & { readonly code: BlockCode } },
): Promise<void> {
  const { row, head, inbox, folded } = file;
  const now = host.clock.now();
  const blocked: ProposedEvent<string, Json> = {
    type: "run.blocked",
    at: now,
    step: null,
    payload,
    severity: "error",
  };
  const sealed = sealEvent({
    proposed: blocked,
    head,
    frame: {
      tenant: lease.tenantId,
      stream: row.run_id,
      correlation: row.correlation_id,
      causation: null,
      actor: workerId,
      channel: row.channel,
      epoch: lease.epoch,
      dedupKey: null,
    },
    recordedAt: now,
    ids: host.ids,
  });
  const isNew = row.status !== "BLOCKED";
  await committer.commit({
    tenantId: lease.tenantId,
    runId: row.run_id,
    epoch: lease.epoch,
    version: row.version,
    status: "BLOCKED",
    outcome: null,
    code: isNew ? payload.code : row.code,
    events: isNew ? [sealed] : [],
    snapshot: null,
    documentSha256: null,
    costMicros: 0,
    release: true,
    dueInMs: null,
    folded: folded + inbox.length,
    extras: null,
  });
}
