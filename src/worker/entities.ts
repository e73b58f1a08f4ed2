import { assert, createPatch, digestOf, type Host, type Json, type JsonObject } from "../contracts/index.ts";
import type { EntityChange } from "../guard/index.ts";
import { AUDIT_STREAM, appendOutside, entitiesById } from "../ledger/index.ts";
import type { RunState } from "../run/index.ts";
import { type Database, inTenant } from "../store/index.ts";

/** Entity changes of one step, to be written as versioned patches on what is there now. */
export interface StepChanges {
  readonly stepId: string;
  readonly changes: readonly EntityChange[];
}

/**
 * The rows of entity changes against the present versions: each is version plus one with its RFC 6902 patch. A commit that
 * finds another version writes nothing of that entity and says so; then this is asked again.
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
        correlation_id: run.correlationId,
        step_id: stepId,
      };
      return [row];
    }),
  );
}

/** Times a change is applied anew; of many writers one succeeds each time, so this outlasts as many runs as workers drive. */
export const CONFLICT_RETRIES_MAX = 200;

/** The changes of those entities that a commit named as moved. */
export function conflicting(steps: readonly StepChanges[], conflict: string): readonly StepChanges[] {
  const moved = new Set(conflict.split(", "));
  return steps
    .map(({ stepId, changes }) => ({
      stepId,
      changes: changes.filter(({ entityType, entityId }) => moved.has(keyOf(entityType, entityId))),
    }))
    .filter(({ changes }) => changes.length > 0);
}

/** Every conflict leaves an entry on the audit stream; one that was not resolved says that a change is missing. */
export const recordConflict = (
  { database, host }: { readonly database: Pick<Database, "app">; readonly host: Host },
  run: Pick<RunState, "tenant_id" | "run_id" | "correlation_id" | "channel">,
  { conflict, isResolved }: { readonly conflict: string; readonly isResolved: boolean },
): Promise<unknown> =>
  inTenant(database, run.tenant_id, (sql) =>
    appendOutside(sql, host, {
      tenantId: run.tenant_id,
      stream: AUDIT_STREAM,
      type: "entity.conflict",
      actor: "worker",
      correlation: run.correlation_id,
      channel: run.channel,
      severity: isResolved ? "info" : "error",
      payload: {
        code: "STATE_VERSION_CONFLICT",
        entities: conflict,
        run_id: run.run_id,
        resolution: "RETRY",
        result: isResolved ? "RESOLVED" : "FAILED",
      },
    }),
  );

const keyOf = (type: string, id: string): string => `${type} ${id}`;

function objectOf(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  assert(typeof value === "object" && value !== null && !Array.isArray(value), "an entity's state is an object");
  return value as JsonObject;
}
