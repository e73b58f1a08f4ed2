import { activatePack } from "../../src/api/administer.ts";
import {
  type ApprovalRow,
  type Approver,
  approvalToken,
  type DecisionRequest,
  type DecisionResult,
  decide,
  listApprovals,
  readPreview,
} from "../../src/approve/index.ts";
import { assert, type Instant, type JsonObject } from "../../src/contracts/index.ts";
import {
  AUDIT_STREAM,
  entitiesById,
  type InboxEntry,
  type ReceiptRow,
  readStream,
  receiptsOfRun,
  type StoredEvent,
  tellRun,
} from "../../src/ledger/index.ts";
import { beginRun, type CompiledPack, findRun, type RunRow, type RunStatus } from "../../src/run/index.ts";
import { inTenant, type TenantQuery } from "../../src/store/index.ts";
import type { Behaviour, SeenCall } from "./provider.ts";
import type { FlowShop } from "./shop.ts";

/** An entry of a stream with its payload read. */
export type FlowEvent = Omit<StoredEvent, "payload"> & { readonly payload: JsonObject };

/** Who starts the runs of tests, and two people who may decide. */
export const OPERATOR = "operator";
export const ALICE: Approver = { principalId: "alice", kind: "person", role: "approver" };
export const BOB: Approver = { principalId: "bob", kind: "person", role: "approver" };

/** One tenant as a test works with it. */
export class FlowTenant {
  readonly id: string;
  readonly #shop: FlowShop;
  #pack: CompiledPack | undefined;
  #started = 0;

  constructor(shop: FlowShop, id: string) {
    this.#shop = shop;
    this.id = id;
  }

  get pack(): CompiledPack {
    assert(this.#pack !== undefined, "a tenant has a pack");
    return this.#pack;
  }

  async activate(pack: CompiledPack): Promise<void> {
    await activatePack(this.#shop.installation, { tenantId: this.id, pack, by: "test" });
    this.#pack = pack;
  }

  answers(tool: string, behaviour: Behaviour): void {
    this.#shop.provider.answers(this.id, tool, behaviour);
  }

  calls(tool?: string): readonly SeenCall[] {
    return this.#shop.provider.calls(this.id, tool);
  }

  /** Works in the tenant's own transaction. */
  sql<T>(work: (sql: TenantQuery) => Promise<T>): Promise<T> {
    return inTenant(this.#shop.installation.database, this.id, work);
  }

  /** Starts a run and returns its id. */
  async start(workflowId: string, trigger: JsonObject = {}, principalId: string = OPERATOR): Promise<string> {
    this.#started += 1;
    const runId = await this.startWith(`${this.id}-${this.#started}`, workflowId, trigger, principalId);
    assert(runId !== null, "the start key is new");
    return runId;
  }

  /** Starts a run under a key; null when the key has started one before. */
  startWith(
    startKey: string,
    workflowId: string,
    trigger: JsonObject,
    principalId: string = OPERATOR,
  ): Promise<string | null> {
    const workflow = this.pack.workflows[workflowId];
    assert(workflow !== undefined, "the pack has the workflow");
    const start = { tenantId: this.id, pack: this.pack, workflow, trigger, startKey, principalId };
    return this.sql((sql) =>
      beginRun(sql, this.#shop.clock.host, {
        ...start,
        correlationId: `c-${startKey}`,
        channel: "controlled_fixture",
        causation: null,
      }),
    );
  }

  async run(runId: string): Promise<RunRow> {
    const row = await this.sql((sql) => findRun(sql, runId));
    assert(row !== undefined, "the run exists");
    return row;
  }

  /** Waits for a run's end and returns its row. */
  ends(runId: string): Promise<RunRow> {
    return this.#shop.until(`the end of run ${runId}`, async () => {
      const row = await this.run(runId);
      return row.outcome !== null && row;
    });
  }

  /** Starts a run and waits for its end. */
  async runs(workflowId: string, trigger: JsonObject = {}, principalId: string = OPERATOR): Promise<RunRow> {
    return this.ends(await this.start(workflowId, trigger, principalId));
  }

  /** Waits until a run has a status and nobody holds it. */
  rests(runId: string, status: RunStatus): Promise<RunRow> {
    return this.#shop.until(`status ${status} of run ${runId}`, async () => {
      const row = await this.run(runId);
      return row.status === status && !(await this.#isHeld(runId)) && row;
    });
  }

  async #isHeld(runId: string): Promise<boolean> {
    const rows = await this.sql(
      (sql) => sql`select 1 from due where kind = 'run' and id = ${runId} and worker_id is not null`,
    );
    return rows.length > 0;
  }

  async events(stream: string): Promise<readonly FlowEvent[]> {
    const stored = await this.sql((sql) => readStream(sql, stream, 0, 1_000));
    return stored.map((event) => ({ ...event, payload: JSON.parse(event.payload ?? "{}") }));
  }

  audited(): Promise<readonly FlowEvent[]> {
    return this.events(AUDIT_STREAM);
  }

  /** Event types of a run, in order. */
  async types(runId: string): Promise<readonly string[]> {
    return (await this.events(runId)).map(({ type }) => type);
  }

  /** The one event of a type and, where given, a step. */
  async event(runId: string, type: string, step?: string): Promise<FlowEvent> {
    const found = (await this.events(runId)).filter(
      (event) => event.type === type && (step === undefined || event.step === step),
    );
    const [only] = found;
    assert(only !== undefined && found.length === 1, `one event \`${type}\`, not ${found.length}`);
    return only;
  }

  receipts(runId: string): Promise<readonly ReceiptRow[]> {
    return this.sql((sql) => receiptsOfRun(sql, runId));
  }

  async entity(entityId: string): Promise<{ readonly version: number; readonly state: JsonObject } | undefined> {
    const [row] = await this.sql((sql) => entitiesById(sql, [entityId]));
    return row && { version: row.version, state: JSON.parse(row.state) };
  }

  /** The approvals that a run asked for, oldest first. */
  async approvals(runId: string): Promise<readonly ApprovalRow[]> {
    const all = await this.sql((sql) => listApprovals(sql, null, 1_000));
    return all.filter((row) => row.run_id === runId);
  }

  /** Waits until a run has asked for an approval that is still open, and rests. */
  pending(runId: string): Promise<ApprovalRow> {
    return this.#shop.until(`an approval of run ${runId}`, async () => {
      const rows = await this.approvals(runId);
      const open = rows.find(({ status }) => status === "PENDING");
      return !(await this.#isHeld(runId)) && open;
    });
  }

  /** What a person is shown of an approval: the text, and the document in it. */
  async preview(row: ApprovalRow): Promise<{ readonly text: string; readonly document: JsonObject }> {
    const read = await this.sql((sql) => readPreview(sql, this.#shop.installation.artifacts, row.preview_sha256));
    assert(read.ok, "the preview is there");
    return { text: read.value, document: JSON.parse(read.value) };
  }

  /** The token that an authorised approver is shown. */
  async token(row: ApprovalRow): Promise<string> {
    const { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256 } = row;
    const control = await this.#shop.installation.control.find(this.id);
    assert(control !== undefined, "the tenant exists");
    const binding = { approval_id, escalation_level, run_id, step_id, attempt, params_fingerprint, preview_sha256 };
    return approvalToken({ ...binding, base: JSON.parse(row.base) }, control.secrets.tokenKey);
  }

  /** Decides on exactly what the approval shows; `changed` says what a test does otherwise. */
  async decides(
    row: ApprovalRow,
    decision: "APPROVE" | "DENY",
    approver: Approver = ALICE,
    changed: Partial<DecisionRequest> = {},
  ): Promise<DecisionResult> {
    const { database, artifacts } = this.#shop.installation;
    const ports = { database, artifacts, host: this.#shop.clock.host };
    return decide(ports, {
      tenantId: this.id,
      approvalId: row.approval_id,
      decision,
      approver,
      token: await this.token(row),
      previewSha256: row.preview_sha256,
      reason: null,
      ...changed,
    });
  }

  /** Tells a run something from outside. */
  tells(runId: string, kind: InboxEntry["kind"], payload: JsonObject, by: string = OPERATOR): Promise<boolean> {
    const { ids } = this.#shop.clock.host;
    return this.sql((sql) => tellRun(sql, runId, { inbox_id: ids.next(), kind, payload, actor: by, at: this.now() }));
  }

  now(): Instant {
    return this.#shop.clock.host.clock.now();
  }
}
