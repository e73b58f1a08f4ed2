import { accepted, type Json, type Refusal, type Result, rejected } from "../contracts/index.ts";
import { sealEvent } from "../ledger/index.ts";
import { readPromoted } from "../release/index.ts";
import { activePacks, findRun, type Proven, proveUpgrade, type RunRow, runEvent, upgradeRow } from "../run/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import { audit } from "./administer.ts";
import type { Installation } from "./installation.ts";
import { recordedEvents } from "./recorded-run.ts";

/** What became of a run that was to take the active version of its pack. */
export interface Upgrade {
  readonly run_id: string;
  /**
   * `current`: it is on that version; `upgraded`, or `proven` where nothing was to be changed; `kept`: it finishes on its own
   * version; `held`: a worker has it now.
   */
  readonly result: "current" | "upgraded" | "proven" | "kept" | "held";
  readonly from: string;
  readonly to: string;
  readonly proof: Proven | null;
}

export interface AskedUpgrade {
  readonly tenantId: string;
  readonly runId: string;
  readonly by: string;
  /** Proves, and changes nothing. */
  readonly dryRun: boolean;
}

/**
 * Puts an open run on its pack's active version if that decides all that is recorded of it alike. The proof stands in the event
 * that changes the version; a refusal stands in the audit stream. Refused: RUN_NOT_FOUND, RUN_CLOSED, CONFIG_NOT_COMPILED, and
 * CANARY_UNDER_WAY while that version is only tried: which runs it gets is the canary's to say.
 */
export async function upgradeRun(installation: Installation, asked: AskedUpgrade): Promise<Result<Upgrade>> {
  const { tenantId, runId } = asked;
  return inTenant(installation.database, tenantId, async (sql) => {
    const row = await findRun(sql, runId);
    if (row === undefined) return no("RUN_NOT_FOUND", `there is no run \`${runId}\``);
    if (row.ended_at !== null) return no("RUN_CLOSED", `run \`${runId}\` has ended ${row.status}`);
    const to = (await activePacks(sql)).find(({ pack_id }) => pack_id === row.pack_id)?.digest;
    if (to === undefined) return no("CONFIG_NOT_COMPILED", `pack \`${row.pack_id}\` has no active version`);
    const found = { run_id: runId, from: row.pack_digest, to };
    if (to === row.pack_digest) return accepted<Upgrade>({ ...found, result: "current", proof: null });
    // Read after the active version: both came with one promotion.
    const promoted = await readPromoted(sql);
    if (promoted?.canary != null && promoted.packDigest === to)
      return no("CANARY_UNDER_WAY", `${promoted.environment} only tries the active version of \`${row.pack_id}\``);
    const proof = await prove(installation, sql, { tenantId, row, to });
    const result = await carryOut(installation, sql, { asked, row, to, proof });
    return accepted<Upgrade>({ ...found, result, proof });
  });
}

async function prove(
  { control }: Installation,
  sql: TenantQuery,
  { tenantId, row, to }: { readonly tenantId: string; readonly row: RunRow; readonly to: string },
): Promise<Proven> {
  const versions = { from: await control.pack(tenantId, row.pack_digest), to: await control.pack(tenantId, to) };
  const events = (await recordedEvents(sql, row.run_id, 0)).filter(({ seq }) => seq <= row.head_seq);
  return proveUpgrade({ ...versions, workflowId: row.workflow_id }, events);
}

interface Decided {
  readonly asked: AskedUpgrade;
  readonly row: RunRow;
  readonly to: string;
  readonly proof: Proven;
}

async function carryOut(installation: Installation, sql: TenantQuery, decided: Decided): Promise<Upgrade["result"]> {
  const { asked, row, to, proof } = decided;
  const { tenantId, by, dryRun } = asked;
  if (!proof.proven) {
    const payload = { run_id: row.run_id, from: row.pack_digest, to, ...placeOf(proof) };
    if (!dryRun) await audit(installation, sql, { tenantId, by, type: "run.upgrade_refused", payload });
    return "kept";
  }
  if (dryRun) return "proven";
  const problem = await upgradeRow(
    sql,
    { runId: row.run_id, version: row.version, to },
    entryOf(installation, decided, proof),
  );
  return problem === null ? "upgraded" : "held";
}

const placeOf = ({ reason, drift, first }: Proven & { readonly proven: false }) => ({
  code: "WORKFLOW_VERSION_INCOMPATIBLE" as const,
  reason,
  drift,
  seq: first?.seq ?? null,
});

/** The event of the upgrade, under an epoch that fences whoever held the run before. */
function entryOf({ host }: Installation, { asked, row, to }: Decided, proof: Proven & { readonly proven: true }) {
  const now = host.clock.now();
  const { events, document_sha256, drift } = proof;
  const event = runEvent("run.upgraded", now, null, {
    from: row.pack_digest,
    to,
    by: asked.by,
    proof: { events, head_hash: row.head_hash, document_sha256, drift },
  });
  const payload: Json = JSON.parse(JSON.stringify(event.payload));
  const sealed = sealEvent({
    proposed: { ...event, payload },
    head: { seq: row.head_seq, hash: row.head_hash },
    frame: {
      tenant: asked.tenantId,
      stream: row.run_id,
      correlation: row.correlation_id,
      causation: null,
      actor: asked.by,
      channel: row.channel,
      epoch: row.epoch + 1,
      dedupKey: null,
    },
    recordedAt: now,
    ids: host.ids,
  });
  return { ...sealed.entry, hash: sealed.hash, payload: sealed.payload_text };
}

/** Why a run stays on its version, as a refusal; null where it does not, or is on the active one. */
export function keptRefusal({ run_id, result, proof }: Upgrade): Refusal | null {
  if (result === "held") return { code: "RUN_HELD", message: `a worker has run \`${run_id}\` now` };
  if (result !== "kept" || proof === null || proof.proven) return null;
  const { reason, drift, first } = proof;
  const details = { drift, seq: first?.seq ?? null, type: (first?.expected ?? first?.found)?.type ?? null };
  return {
    code: "WORKFLOW_VERSION_INCOMPATIBLE",
    message: `run \`${run_id}\` stays on its version: ${reason}`,
    details,
  };
}

const no = (code: Refusal["code"], message: string) => rejected({ code, message });
