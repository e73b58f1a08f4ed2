/** The words every other context shares: JSON, codes, refusals and faults, time, ids. Imports nothing of ours. */
export { type Annotation, compileAnnotation, type Match, replaceMatches } from "./annotation.ts";
export type { Brand } from "./brand.ts";
export {
  canonical,
  canonicalText,
  type Digest,
  digestOf,
  isJson,
  JSON_BYTES_MAX,
  JSON_DEPTH_MAX,
  keepable,
  parseDigest,
  recordable,
  sha256Hex,
  textProblem,
} from "./canonical.ts";
export { closeObjects } from "./close-objects.ts";
export { CODES, type Code, codeEntry, isCode } from "./codes.ts";
export {
  type CompiledCondition,
  type Condition,
  compileCondition,
  evaluateCondition,
} from "./condition/condition.ts";
export type { ConditionContext } from "./condition/evaluate.ts";
export type { ConditionTree } from "./condition/translate.ts";
export { type Difference, differences } from "./difference.ts";
export {
  carriesPrefix,
  type EntityId,
  type EntityKind,
  entityIdOf,
  isTenantId,
  namespacePrefix,
  prefixesCollide,
} from "./entity-id.ts";
export { type Channel, type EventEntry, GENESIS_HASH, type ProposedEvent, type Severity } from "./event.ts";
export { assert, Fault, InvariantError, type Retry } from "./fault.ts";
export { fieldPath, type PathStep, parseFieldPath, resolvePath } from "./field-path.ts";
export type { Clock, Host, Ids, Random } from "./host.ts";
export { uuidV7Ids } from "./ids.ts";
export { after, formatInstant, type Instant, instant, parseInstant, utcText } from "./instant.ts";
export { isJsonObject, isSameJson, type Json, type JsonObject } from "./json.ts";
export { type Machine, statusMachine, terminalStates, transitionOf } from "./machine.ts";
export { ManualClock, seededHost } from "./manual-clock.ts";
export { parseMinorUnits } from "./minor-units.ts";
export type { Money } from "./money.ts";
export { parseJson } from "./parse-json.ts";
export { applyPatch, createPatch, type PatchOperation } from "./patch.ts";
export { type Problem, problemOf } from "./problem.ts";
export { PASS, type Refusal, refuse, type Verdict } from "./refusal.ts";
export { accepted, type Result, rejected } from "./result.ts";
export { type CompiledSchema, compileSchema } from "./schema.ts";
export { seededRandom } from "./seeded-random.ts";
export { firstIssue, issueText } from "./shape-issue.ts";
export {
  type FoundError,
  readShapedText,
  readShapedValue,
  refusalOf,
  type ShapedText,
  type TextError,
  type TextKind,
} from "./shaped-text.ts";
export { Stop } from "./stop.ts";
export { nextTurn, systemHost, timeLimit } from "./system-host.ts";
export { duration, parseSpan, relative, utcSecond } from "./told-time.ts";
export { compareVersions, parseVersion, type Version } from "./version.ts";
export { readYaml, yamlText } from "./yaml.ts";
