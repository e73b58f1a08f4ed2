import { type ApprovalRow, approvalToken, decide, listApprovals } from "../approve/index.ts";
import { after, assert, type Instant, type JsonObject } from "../contracts/index.ts";
import { type IngressPorts, releaseHeld } from "../ingress/index.ts";
import { type ArtifactStore, tellRun } from "../ledger/index.ts";
import { beginRun, type CompiledPack } from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import type { ControlRoom } from "../worker/index.ts";
import type { Bank } from "./bank.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { APPROVER } from "./simulation-pack.ts";
import type { Watch } from "./watch.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** A run that is to be started, and what is to become of it. */
export interface Errand {
  readonly key: string;
  readonly workflow: string;
  readonly reference: string;
  /** What is said when approval is asked. */
  readonly decision: "APPROVE" | "DENY";
  /** Milliseconds after the start of the simulation. */
  readonly afterMs: number;
}

export interface Office {
  readonly process: SimulatedProcess;
  readonly tenantId: string;
  readonly pack: CompiledPack;
  readonly control: ControlRoom;
  readonly artifacts: ArtifactStore;
  readonly bank: Bank;
  readonly sender: WebhookSender;
  readonly ingress: IngressPorts;
  readonly watch: Watch;
  readonly errands: readonly Errand[];
  readonly onTrouble: (error: unknown) => void;
}

/** How often people look at what waits for them. */
const LOOK_MS = 1_500;

/** How long people wait before they say that something did not happen: what is under way has arrived by then. */
const SURE_MS = 3_000;

const never = (): AbortSignal => new AbortController().signal;

/** Starts the errands, decides what is asked, and finds out what became of effects that nobody else can tell of. */
export function openOffice(office: Office): void {
  for (const errand of office.errands) void startLater(office, errand).catch(office.onTrouble);
  void keepLooking(office).catch(office.onTrouble);
}

async function startLater(office: Office, { key, workflow: name, reference, afterMs }: Errand): Promise<void> {
  const { process, tenantId, pack } = office;
  const { clock } = process.host;
  await clock.wake(after(clock.now(), afterMs), never());
  if (name === "ship") return office.sender.send("payment_intent.created", reference);
  const workflow = pack.workflows[name];
  assert(workflow !== undefined, "an errand is one of the pack's workflows");
  const start = { tenantId, pack, workflow, startKey: key, correlationId: key, principalId: "ops" };
  await inTenant(process.database, tenantId, (sql) =>
    beginRun(sql, process.host, { ...start, trigger: { reference }, channel: "controlled_fixture", causation: null }),
  );
}

async function keepLooking(office: Office): Promise<never> {
  const { clock } = office.process.host;
  const since = new Map<string, Instant>();
  for (;;) {
    await clock.wake(after(clock.now(), LOOK_MS), never());
    await decideAll(office);
    await findOutAll(office, since);
    await releaseHeld(office.ingress, office.tenantId);
  }
}

async function decideAll(office: Office): Promise<void> {
  if (!office.watch.approvals.some(({ status }) => status === "PENDING")) return;
  const { process, tenantId, watch, errands } = office;
  const pending = await inTenant(process.database, tenantId, (sql) => listApprovals(sql, "PENDING", 100));
  for (const approval of pending) {
    const run = watch.runs.find(({ run_id }) => run_id === approval.run_id);
    const errand = errands.find(({ key }) => key === run?.start_key);
    // Said twice at once, as people do who press a button again.
    if (errand !== undefined) await Promise.all([0, 1].map(() => decideOne(office, approval, errand.decision)));
  }
}

async function decideOne(office: Office, approval: ApprovalRow, decision: Errand["decision"]): Promise<void> {
  const { process, tenantId, control, artifacts } = office;
  const { secrets } = await control.at(tenantId, 0);
  const { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256, base } =
    approval;
  const binding = { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256 };
  await decide(
    { database: process.database, host: process.host, artifacts },
    {
      tenantId,
      approvalId: approval_id,
      decision,
      approver: { principalId: APPROVER, kind: "person", role: "approver" },
      token: approvalToken({ ...binding, base: JSON.parse(base) }, secrets.tokenKey),
      previewSha256: preview_sha256,
      reason: null,
    },
  );
}

async function findOutAll(office: Office, since: Map<string, Instant>): Promise<void> {
  const { process, tenantId, bank, watch, errands } = office;
  const { clock, ids } = process.host;
  for (const { run_id, start_key, outcome } of watch.runs) {
    const errand = errands.find(({ key }) => key === start_key);
    const { lanes } = watch.stateOf(run_id);
    const unknown = Object.values(lanes).filter(({ phase }) => phase.kind === "unknown");
    if (outcome !== null || errand === undefined) continue;
    for (const { id: lane, step } of unknown) {
      const asked = `${run_id} ${lane}`;
      const first = since.get(asked) ?? clock.now();
      since.set(asked, first);
      if (clock.now() < after(first, SURE_MS)) continue;
      since.delete(asked);
      const applied = bank.done(`/${step}`).includes(errand.reference);
      const { reference } = errand;
      const payload: JsonObject = applied
        ? { lane, applied, output: { reference }, receipt_id: null }
        : { lane, applied };
      const told = { inbox_id: ids.next(), kind: "resolve", payload, actor: APPROVER, at: clock.now() } as const;
      await inTenant(process.database, tenantId, (sql) => tellRun(sql, run_id, told));
    }
  }
}
