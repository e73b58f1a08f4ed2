import type { Installation } from "../../api/index.ts";
import { listApprovals } from "../../approve/index.ts";
import { instant } from "../../contracts/index.ts";
import { intakeCounts } from "../../ingress/index.ts";
import {
  chainRow,
  countAlerting,
  listStreams,
  readStream,
  receiptsOfRun,
  type StoredEvent,
  verifyStream,
} from "../../ledger/index.ts";
import { type AlertKind, kindOf } from "../../observe/index.ts";
import type { Simulators } from "../../packs/commerce/simulators/index.ts";
import { listRuns, type RunRow, replay } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { runEventOf } from "../../worker/index.ts";
import type { ReleaseReport } from "./releases.ts";

/** What the demo prints: read back from the ledger, and for `effects` from the providers themselves. */
export interface DemoReport {
  readonly seed: number;
  readonly runs: readonly {
    readonly run_id: string;
    readonly workflow: string;
    readonly status: string;
    readonly outcome: string | null;
    readonly code: string | null;
    readonly steps: number;
    readonly approvals: number;
    readonly receipts: number;
  }[];
  readonly webhooks: { readonly accepted: number; readonly duplicate: number; readonly rejected: number };
  readonly effects: {
    readonly charges: number;
    readonly refunds: number;
    readonly fulfillments: number;
    readonly emails: number;
  };
  readonly approvals: {
    readonly approved: number;
    readonly denied: number;
    readonly expired: number;
    readonly voided: number;
  };
  readonly refused: { readonly [code: string]: number };
  /** What somebody would hear of, by kind. */
  readonly alerts: { readonly [kind in AlertKind]?: number };
  readonly ledger: { readonly streams: number; readonly events: number; readonly verified: boolean };
  readonly replay: { readonly runs: number; readonly identical: number };
  readonly cost_micros: number;
  readonly seconds: number;
  /** What became of three versions of the shop; not of a report that is read back in the middle. */
  readonly release?: ReleaseReport;
}

/** Runs, streams and events that a demo makes at most; beyond it the report would be cut, so it is far away. */
const PAGE = 10_000;

export interface Reported {
  readonly installation: Installation;
  readonly simulators: Simulators;
  readonly tenantId: string;
  readonly seed: number;
  readonly seconds: number;
}

/** Reads the whole demo back and verifies it: every chain hashed again, every run decided again. */
export async function demoReport({ installation, simulators, tenantId, seed, seconds }: Reported): Promise<DemoReport> {
  return inTenant(installation.database, tenantId, async (sql) => {
    const rows = [...(await listRuns(sql, { status: null, workflow: null, before: null, limit: PAGE }))].reverse();
    const runs: DemoReport["runs"][number][] = [];
    const refused = new Map<string, number>();
    let identical = 0;
    for (const row of rows) {
      const events = await readStream(sql, row.run_id, 0, PAGE);
      if (await isReplayedIdentically(installation, tenantId, row, events)) identical += 1;
      for (const code of refusalsIn(events)) refused.set(code, (refused.get(code) ?? 0) + 1);
      runs.push(await runLine(sql, row, events));
    }
    const audit = await readStream(sql, "audit", 0, PAGE);
    for (const code of refusalsIn(audit)) refused.set(code, (refused.get(code) ?? 0) + 1);
    return {
      seed,
      runs,
      webhooks: {
        ...(await intakeCounts(sql)),
        rejected: audit.filter(({ type }) => type === "webhook.refused").length,
      },
      effects: effectsOf(simulators),
      approvals: await approvalsOf(sql),
      refused: Object.fromEntries([...refused].sort()),
      alerts: await alertsOf(sql),
      ledger: await verifyAll(sql, tenantId),
      replay: { runs: rows.length, identical },
      cost_micros: rows.reduce((sum, { cost_micros }) => sum + cost_micros, 0),
      seconds,
    };
  });
}

async function runLine(sql: TenantQuery, row: RunRow, events: readonly StoredEvent[]) {
  const steps = new Set(events.filter(({ type }) => type === "step.succeeded").map(({ step }) => step));
  return {
    run_id: row.run_id,
    workflow: row.workflow_id,
    status: row.status,
    outcome: row.outcome,
    code: row.code,
    steps: steps.size,
    approvals: events.filter(({ type }) => type === "approval.requested").length,
    receipts: (await receiptsOfRun(sql, row.run_id)).length,
  };
}

async function isReplayedIdentically(
  { control }: Installation,
  tenantId: string,
  row: RunRow,
  events: readonly StoredEvent[],
): Promise<boolean> {
  const pack = await control.pack(tenantId, row.pack_digest);
  const workflow = pack.workflows[row.workflow_id];
  if (workflow === undefined) return false;
  const recorded = events.flatMap((stored) => {
    const event = runEventOf(stored);
    return event === null ? [] : [{ seq: stored.seq, event }];
  });
  const again = replay(workflow, pack.pack.bounds, recorded);
  return again.equal && (row.document_sha256 === null || again.document_sha256 === row.document_sha256);
}

/** Codes of what guards, approvals and ingress said no to. */
const REFUSALS = new Set(["call.refused", "approval.decision_refused", "webhook.refused"]);

const refusalsIn = (events: readonly StoredEvent[]): readonly string[] =>
  events.flatMap(({ type, payload }) =>
    REFUSALS.has(type) && payload !== null ? [String(JSON.parse(payload).code)] : [],
  );

function effectsOf({ stripe, printful, sendgrid }: Simulators): DemoReport["effects"] {
  const standing = printful
    .state()
    .orders.filter(({ status }) => status !== "draft" && status !== "canceled" && status !== "failed");
  return {
    charges: stripe.state().charges.length,
    refunds: stripe.state().refunds.filter(({ status }) => status === "succeeded").length,
    fulfillments: standing.length,
    emails: sendgrid.state().messages.length,
  };
}

async function alertsOf(sql: TenantQuery): Promise<DemoReport["alerts"]> {
  const counts = await countAlerting(sql, instant(0));
  return Object.fromEntries(
    counts.flatMap((counted) => {
      const kind = kindOf(counted);
      return kind === null ? [] : [[kind, counted.count]];
    }),
  );
}

async function approvalsOf(sql: TenantQuery): Promise<DemoReport["approvals"]> {
  const approvals = await listApprovals(sql, null, PAGE);
  const count = (status: string) => approvals.filter((approval) => approval.status === status).length;
  return { approved: count("APPROVED"), denied: count("DENIED"), expired: count("TIMED_OUT"), voided: count("VOIDED") };
}

async function verifyAll(sql: TenantQuery, tenant: string): Promise<DemoReport["ledger"]> {
  const streams = await listStreams(sql, "", PAGE);
  let events = 0;
  let verified = true;
  for (const { stream, seq, hash } of streams) {
    const report = await verifyStream(
      (await readStream(sql, stream, 0, PAGE)).map((stored) => chainRow(tenant, stored)),
      { tenant, stream },
      { head: { seq, hash } },
    );
    events += report.verified;
    verified &&= report.broken === null;
  }
  return { streams: streams.length, events, verified };
}
