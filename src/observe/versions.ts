import {
  assert,
  createPatch,
  differences,
  fieldPath,
  type Json,
  type JsonObject,
  type PatchOperation,
} from "../contracts/index.ts";
import { evolve, initialState, type RunEvent, type RunState } from "../run/index.ts";

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

/** Every version of a run's document, in order; the first one has the number 1. The events begin with `run.started`. */
export function versionsOf(events: readonly Recorded[]): readonly DocumentVersion[] {
  const [first, ...rest] = events;
  assert(first?.event.type === "run.started", "a run's first event is run.started");
  let state = initialState(first.event);
  const versions: DocumentVersion[] = [versionOf(state, first)];
  for (const madeBy of rest) {
    const before = state.document_version;
    state = evolve(state, madeBy.event);
    if (state.document_version !== before) versions.push(versionOf(state, madeBy));
  }
  return versions;
}

const versionOf = ({ document_version: version, document }: RunState, madeBy: Recorded): DocumentVersion => ({
  version,
  document,
  madeBy,
});

/** The newest version that is not newer than `version`; the first one where all are. */
export function versionAt(versions: readonly DocumentVersion[], version: number): DocumentVersion {
  const found = versions.findLast((one) => one.version <= version) ?? versions[0];
  assert(found !== undefined, "a run's document has a first version");
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
