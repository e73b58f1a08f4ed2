import {
  assert,
  createPatch,
  differences,
  fieldPath,
  type Json,
  type JsonObject,
  type PatchOperation,
} from "../contracts/index.ts";
import { evolve, initialState, type RunEvent } from "../run/index.ts";

/** A version of a run's document, and what made it. */
export interface DocumentVersion {
  readonly version: number;
  readonly document: JsonObject;
  /** The event whose patch it is; of the first one `run.started`. */
  readonly madeBy: { readonly seq: number; readonly event: RunEvent };
}

/** A place at which two versions differ; what is not there in one of them is left out. */
export interface Change {
  readonly path: string;
  readonly was?: Json;
  readonly is?: Json;
}

type Recorded = DocumentVersion["madeBy"];

/** The newest version of a run's document that is not newer than `version`. The events begin with `run.started`. */
export function versionAt(events: readonly Recorded[], version: number): DocumentVersion {
  const [first, ...rest] = events;
  assert(first?.event.type === "run.started", "a run's first event is run.started");
  let state = initialState(first.event);
  let found: DocumentVersion = { version: state.document_version, document: state.document, madeBy: first };
  for (const madeBy of rest) {
    state = evolve(state, madeBy.event);
    if (state.document_version > version) break;
    if (state.document_version !== found.version)
      found = { version: state.document_version, document: state.document, madeBy };
  }
  return found;
}

/** What turns one document into another, as RFC 6902 operations and place by place. */
export const changesBetween = (
  before: JsonObject,
  after: JsonObject,
): { readonly patch: readonly PatchOperation[]; readonly changes: readonly Change[] } => ({
  patch: createPatch(before, after),
  changes: differences(before, after).map(({ steps, expected, actual }) => ({
    path: fieldPath(steps),
    ...(expected === undefined ? {} : { was: expected }),
    ...(actual === undefined ? {} : { is: actual }),
  })),
});
