import {
  assert,
  createPatch,
  digestOf,
  Fault,
  type Host,
  type Json,
  type JsonObject,
  type PatchOperation,
} from "../contracts/index.ts";
import type { EntityChange } from "../guard/index.ts";
import {
  AUDIT_STREAM,
  appendOutside,
  closeChange,
  entitiesById,
  entityToChange,
  type OpenChange,
  openChanges,
  writeEntity,
} from "../ledger/index.ts";
import type { RunState } from "../run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../store/index.ts";

/** Entity changes of one step, to be written as versioned patches on what is there now. */
export interface StepChanges {
  readonly stepId: string;
  readonly changes: readonly EntityChange[];
}

/**
 * The rows of entity changes against the present versions: each is version plus one with its RFC 6902 patch. A commit that
 * finds another version leaves that change open and says so; see `applyOpenChanges`.
 */
export async function entityRows(
  database: Pick<Database, "app">,
  run: { readonly tenantId: string; readonly correlationId: string },
  steps: readonly StepChanges[],
): Promise<readonly JsonObject[]> {
  const ids = steps.flatMap(({ changes }) => changes.map(({ entityId }) => entityId));
  if (ids.length === 0) return [];
  const present = await inTenant(database, run.tenantId, (sql) => entitiesById(sql, ids));
  const states = new Map(
    present.map((row) => [keyOf(row.entity_type, row.entity_id), { version: row.version, state: objectOf(row.state) }]),
  );
  return steps.flatMap(({ stepId, changes }) =>
    changes.flatMap((change) => {
      const key = keyOf(change.entityType, change.entityId);
      const before = states.get(key) ?? { version: 0, state: {} };
      const state = { ...before.state, ...change.set };
      const patch = createPatch(before.state, state);
      if (before.version > 0 && patch.length === 0) return [];
      const version = before.version + 1;
      states.set(key, { version, state });
      const row: JsonObject = {
        entity_type: change.entityType,
        entity_id: change.entityId,
        version,
        state: JSON.stringify(state),
        state_sha256: digestOf(state),
        patch: JSON.stringify(patch),
        members: JSON.stringify(change.set),
        correlation_id: run.correlationId,
        step_id: stepId,
      };
      return [row];
    }),
  );
}

/** Undone by another transaction (a deadlock), a change is applied again; each time somebody else got through. */
const REPEATS_MAX = 10;

/** More than two holders of a run are never at it: each pass closes what was open, or finds that another has. */
const PASSES_MAX = 100;

/**
 * Writes what outcomes of the run change of entities that had moved: onto what is there now, under the entity's lock, so that
 * nothing moves it again and no tool is called again. Harmless to repeat: a change is closed by whoever writes it. Throws
 * where the database refuses one; it then stays open.
 */
export async function applyOpenChanges(ports: EntityPorts, run: ChangingRun): Promise<void> {
  for (let pass = 0; ; pass++) {
    assert(pass < PASSES_MAX, "a run's open changes come to an end");
    const open = await inTenant(ports.database, run.tenant_id, (sql) => openChanges(sql, run.run_id));
    if (open.length === 0) return;
    for (const change of open) await applyChange(ports, run, change);
  }
}

interface EntityPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
}

type ChangingRun = Pick<RunState, "tenant_id" | "run_id" | "correlation_id" | "channel">;

async function applyChange(ports: EntityPorts, run: ChangingRun, change: OpenChange): Promise<void> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await inTenant(ports.database, run.tenant_id, (sql) => writeChange(sql, ports.host, run, change));
    } catch (error) {
      if (!(error instanceof Fault) || error.retry !== "now" || repeats === REPEATS_MAX) throw error;
    }
  }
}

/** Locks the change, the entity, the audit head, in this order. */
async function writeChange(sql: TenantQuery, host: Host, run: ChangingRun, change: OpenChange): Promise<void> {
  if (!(await closeChange(sql, run.run_id, change))) return;
  const { entity_type: entityType, entity_id: entityId } = change;
  const present = await entityToChange(sql, entityType, entityId);
  const before = { version: present?.version ?? 0, state: present === undefined ? {} : objectOf(present.state) };
  const state = { ...before.state, ...objectOf(change.members) };
  const patch = createPatch(before.state, state);
  const isNew = before.version === 0 || patch.length > 0;
  const version = isNew ? before.version + 1 : before.version;
  const isWritten =
    !isNew ||
    (await writeEntity(sql, {
      entityType,
      entityId,
      version,
      state: JSON.stringify(state),
      stateSha256: digestOf(state),
      patch: JSON.stringify(patch),
      correlationId: change.correlation_id,
      by: { runId: run.run_id, stepId: change.step_id },
      at: host.clock.now(),
    }));
  if (!isWritten) throw new Fault("DATABASE_CONFLICT", "another made the entity meanwhile", { retry: "now" });
  await recordConflict(sql, host, run, { change, actual: before.version, resolved: version, patch });
}

interface Resolved {
  readonly change: OpenChange;
  /** The version that was there, and the one that holds the change. */
  readonly actual: number;
  readonly resolved: number;
  readonly patch: readonly PatchOperation[];
}

/** Every conflict leaves an entry on the audit stream, with the change that it concerns. */
const recordConflict = (
  sql: TenantQuery,
  host: Host,
  run: ChangingRun,
  { change, actual, resolved, patch }: Resolved,
) =>
  appendOutside(sql, host, {
    tenantId: run.tenant_id,
    stream: AUDIT_STREAM,
    type: "entity.conflict",
    actor: "worker",
    correlation: run.correlation_id,
    channel: run.channel,
    severity: "info",
    payload: {
      code: "STATE_VERSION_CONFLICT",
      entity_type: change.entity_type,
      entity_id: change.entity_id,
      expected_version: change.version - 1,
      actual_version: actual,
      incoming_patch: patch.map((operation) => ({ ...operation })),
      run_id: run.run_id,
      step_id: change.step_id,
      resolution: "RETRY",
      resolution_result: "RESOLVED",
      resolved_version: resolved,
    },
  });

const keyOf = (type: string, id: string): string => `${type} ${id}`;

function objectOf(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  assert(typeof value === "object" && value !== null && !Array.isArray(value), "an entity's state is an object");
  return value as JsonObject;
}
