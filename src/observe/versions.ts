import {
  assert,
  createPatch,
  differences,
  fieldPath,
  type Json,
  type JsonObject,
  type PatchOperation,
} from "../contracts/index.ts";
import type { RecordedEvent } from "../run/index.ts";
import type { Transition } from "./transitions.ts";

/** A version of a run's document, and what made it. */
export interface DocumentVersion {
  readonly version: number;
  readonly document: JsonObject;
  /** The event whose patch it is; of the first one `run.started`. */
  readonly madeBy: RecordedEvent;
}

/** A place at which two versions differ; what is not there in one of them is left out. */
export interface Change {
  readonly path: string;
  readonly was?: Json;
  readonly is?: Json;
}

/** Every version of a run's document, in order; the first one has the number 1. */
export const versionsOf = (transitions: readonly Transition[]): readonly DocumentVersion[] =>
  transitions.flatMap(({ seq, event, state: { document_version: version, document } }, index) =>
    version === transitions[index - 1]?.state.document_version ? [] : [{ version, document, madeBy: { seq, event } }],
  );

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
