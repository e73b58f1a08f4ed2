import { accepted, isJsonObject, type Json, type JsonObject, type Result } from "../contracts/index.ts";
import {
  compileRedaction,
  type Finding,
  type RedactionContext,
  type RedactionRules,
  type RedactionSource,
  type RejectedStub,
  redact,
} from "../ledger/index.ts";

/*
 * What of a document may enter state and trace (commerce-kernel 12.3, notes 4). State holds the declared fields with the
 * sensitive ones masked; the trace holds what its allow-list leaves of that. Where a scanner rejects, the trace becomes a
 * stub and the offending fields are masked in state: the step goes on, the value is stored nowhere.
 */

/** Redaction of one of a contract's two documents, compiled once. */
export interface DocumentRules {
  readonly state: RedactionRules;
  /** The same rules where the contract has no allow-list. */
  readonly trace: RedactionRules;
  readonly source: RedactionSource;
}

/** Compiles the rules; refused with `PATH_MALFORMED`. */
export function documentRulesOf(source: RedactionSource): Result<DocumentRules> {
  const state = compileRedaction({ ...source, allowlist: null });
  if (!state.ok) return state;
  const trace = source.allowlist === null ? state : compileRedaction(source);
  return trace.ok ? accepted({ state: state.value, trace: trace.value, source }) : trace;
}

export interface Storable {
  readonly state: JsonObject;
  /** The redacted document, or the stub in its place. */
  readonly trace: Json;
  /** What the scanners found: each one is a fault of the contract's annotations. */
  readonly findings: readonly Finding[];
}

/** What a trace shows in the place of a document that may not be stored. */
export const rejectedStub = (stub: RejectedStub): JsonObject => ({ code: "TRACE_WRITE_REJECTED", stub: { ...stub } });

/** Masking can uncover a further hit; after so many rounds the whole document is dropped. */
const ROUNDS_MAX = 3;

/** The document as it may be stored; the argument is not changed. */
export function storable(document: JsonObject, rules: DocumentRules, context: RedactionContext): Storable {
  const traced = redact(document, rules.trace, context);
  const trace: Json = traced.kind === "clean" ? traced.value : rejectedStub(traced.stub);
  if (traced.kind === "clean" && rules.trace === rules.state)
    return { state: objectOf(traced.value), trace, findings: traced.findings };
  const { state, findings } = stateOf(document, rules, context);
  return { state, trace, findings: distinct([...traced.findings, ...findings]) };
}

function stateOf(
  document: JsonObject,
  { state, source }: DocumentRules,
  context: RedactionContext,
): Omit<Storable, "trace"> {
  let rules = state;
  let sensitive = source.sensitive;
  let found: readonly Finding[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const redacted = redact(document, rules, context);
    found = distinct([...found, ...redacted.findings]);
    if (redacted.kind === "clean") return { state: objectOf(redacted.value), findings: found };
    sensitive = [...sensitive, ...redacted.findings.filter(isRejecting).map(placeOf)];
    const masking = compileRedaction({ ...source, sensitive, allowlist: null });
    if (!masking.ok) break; // a member's own name is the finding, and no path can name it
    rules = masking.value;
  }
  return { state: {}, findings: found };
}

const isRejecting = ({ alert }: Finding): boolean => alert === "P1";

/** The annotation path of a finding: every element of a list, not the one. */
export const placeOf = ({ field_path }: Finding): string => field_path.replace(/\[\d+\]/g, "[*]");

/** The same was found in both, or again while masking. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.detector} ${finding.field_path}`, finding]));
  return seen.size === findings.length ? findings : [...seen.values()];
}

// A hit in a member's name masks the object around it; of the outermost one nothing is left.
const objectOf = (value: Json): JsonObject => (isJsonObject(value) ? value : {});

/**
 * Members of an entity as they may be stored. Entities have no schema, so their own shape declares what is kept; members named
 * `id` or `…_id`, at any depth, are taken for ids, which are scanned for known keys and personal data but not for entropy.
 */
export function storableEntity(set: JsonObject, context: RedactionContext): Pick<Storable, "state" | "findings"> {
  const rules = documentRulesOf({ schema: shapeOf(set, ""), sensitive: [], allowlist: null });
  if (!rules.ok) throw new Error("rules without paths always compile");
  return storable(set, rules.value, context);
}

/** A schema that declares exactly the places that a value has. */
function shapeOf(value: Json, name: string): JsonObject {
  if (Array.isArray(value)) return { type: "array", prefixItems: value.map((element) => shapeOf(element, name)) };
  if (isJsonObject(value)) {
    const properties = Object.entries(value).map(([member, part]): [string, JsonObject] => [
      member,
      shapeOf(part, member),
    ]);
    return { type: "object", properties: Object.fromEntries(properties) };
  }
  return /(^|_)id$/.test(name) ? { "x-countermark": "id" } : {};
}
