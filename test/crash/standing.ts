import { setTimeout as briefly } from "node:timers/promises";
import { expect } from "vitest";
import { type ApprovalRow, approvalToken, decide, listApprovals } from "../../src/approve/index.ts";
import { assert, formatInstant, type JsonObject } from "../../src/contracts/index.ts";
import {
  type InboxEntry,
  type ReceiptRow,
  readStream,
  receiptsOfRun,
  type StoredEvent,
  tellRun,
  verifyStream,
} from "../../src/ledger/index.ts";
import { findRun, type RunRow, replay } from "../../src/run/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { runEventOf } from "../../src/worker/index.ts";
import { type CrashShop, TENANT, workflowOf } from "./shop.ts";

/** What is recorded of a run. */
export interface Standing {
  readonly run: RunRow;
  readonly events: readonly StoredEvent[];
  readonly receipts: readonly ReceiptRow[];
}

/** More events than any run of these tests has. */
const EVENTS_MAX = 1_000;

export const standing = ({ installation }: CrashShop, runId: string): Promise<Standing> =>
  inTenant(installation.database, TENANT, async (sql) => {
    const run = await findRun(sql, runId);
    assert(run !== undefined, "no run is lost");
    return { run, events: await readStream(sql, runId, 0, EVENTS_MAX), receipts: await receiptsOfRun(sql, runId) };
  });

const ASKED_EVERY_MS = 50;

/**
 * Waits until what is recorded of the run is so: nothing but the database tells it, so it is asked again and again, and
 * not so often that asking takes the machine from the processes that are waited for. Fails
 * when the run ends without it.
 */
export async function until(
  shop: CrashShop,
  runId: string,
  isSo: (found: Standing) => boolean | Promise<boolean>,
): Promise<Standing> {
  for (;;) {
    const found = await standing(shop, runId);
    if (await isSo(found)) return found;
    assert(!hasEnded(found), `the run has ended ${found.run.status} ${found.run.code}`);
    await briefly(ASKED_EVERY_MS);
  }
}

export const hasEnded = ({ run }: Standing): boolean => run.outcome !== null;

/** The approval that the run asked for and nobody has decided, once there is one. */
export async function asked(shop: CrashShop, runId: string): Promise<ApprovalRow> {
  const pending = async () => (await approvals(shop, runId)).find(({ status }) => status === "PENDING");
  await until(shop, runId, async ({ run }) => run.status === "SUSPENDED_HITL" && (await pending()) !== undefined);
  const found = await pending();
  assert(found !== undefined, "a run that waits for a person has asked");
  return found;
}

export const approvals = async ({ installation }: CrashShop, runId: string): Promise<readonly ApprovalRow[]> =>
  (await inTenant(installation.database, TENANT, (sql) => listApprovals(sql, null, 100))).filter(
    (approval) => approval.run_id === runId,
  );

/** A person approves. */
export const approve = (shop: CrashShop, approval: ApprovalRow): Promise<void> => decided(shop, approval, "APPROVE");

export const deny = (shop: CrashShop, approval: ApprovalRow): Promise<void> => decided(shop, approval, "DENY");

async function decided(
  { installation }: CrashShop,
  approval: ApprovalRow,
  decision: "APPROVE" | "DENY",
): Promise<void> {
  const { secrets } = await installation.control.at(TENANT, 0);
  const { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256, base } =
    approval;
  const bound = { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256 };
  const answer = await decide(installation, {
    tenantId: TENANT,
    approvalId: approval_id,
    decision,
    approver: { principalId: "ann", kind: "person", role: "approver" },
    token: approvalToken({ ...bound, base: JSON.parse(base) }, secrets.tokenKey),
    previewSha256: preview_sha256,
    reason: null,
  });
  expect(answer).toMatchObject({ ok: true, status: decision === "APPROVE" ? "APPROVED" : "DENIED" });
}

/** A person tells the run something. */
export const tell = ({ installation }: CrashShop, runId: string, kind: InboxEntry["kind"], payload: JsonObject) =>
  inTenant(installation.database, TENANT, (sql) => {
    const { ids, clock } = installation.host;
    return tellRun(sql, runId, { inbox_id: ids.next(), kind, payload, actor: "ann", at: clock.now() });
  });

/** What must hold of every run, whatever died: its chain is whole, and deciding it again gives the same. */
export async function expectSound({ pack }: CrashShop, { run, events }: Standing): Promise<void> {
  const rows = events.map(({ hash, payload, at, recorded_at, ...entry }) => ({
    entry: { ...entry, tenant: TENANT, at: formatInstant(at), recorded_at: formatInstant(recorded_at) },
    hash,
    payload_text: payload,
  }));
  const head = { seq: run.head_seq, hash: run.head_hash };
  expect(await verifyStream(rows, { tenant: TENANT, stream: run.run_id }, { head })).toMatchObject({ broken: null });

  const recorded = events.flatMap((stored) => {
    const event = runEventOf(stored);
    return event === null ? [] : [{ seq: stored.seq, event }];
  });
  const again = replay(workflowOf(pack, run.workflow_id), pack.pack.bounds, recorded);
  expect(again).toMatchObject({ equal: true });
  if (again.equal && run.outcome !== null) expect(again.document_sha256).toBe(run.document_sha256);
}
