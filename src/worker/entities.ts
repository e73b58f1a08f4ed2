import { assert, createPatch, digestOf, type Json, type JsonObject } from "../contracts/index.ts";
import type { EntityChange } from "../guard/index.ts";
import { entitiesById } from "../ledger/index.ts";
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

const keyOf = (type: string, id: string): string => `${type} ${id}`;

function objectOf(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  assert(typeof value === "object" && value !== null && !Array.isArray(value), "an entity's state is an object");
  return value as JsonObject;
}
