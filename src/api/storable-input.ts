import { accepted, isSameJson, type JsonObject, type Refusal, type Result, rejected } from "../contracts/index.ts";
import { compileRedaction, type RedactionSource, redact, SCAN_ONLY } from "../ledger/index.ts";

/** Salts the digest of what was rejected; nothing of that is kept here. */
const UNSALTED = { entry_id: null, step_id: null, tool: null, salt: new Uint8Array() } as const;

/**
 * What a client gives a run enters the run's document, so it must be storable as it is. Where redaction would mask or drop
 * a part, the request is refused and says which: a run that went on with another input than was asked would be worse.
 *
 * @param source the schema and the sensitive fields of what is given; null scans without a schema
 */
export function storableInput(input: JsonObject, source: RedactionSource | null): Result<JsonObject> {
  const rules = source === null ? accepted(SCAN_ONLY) : compileRedaction(source);
  if (!rules.ok) return rules;
  const redacted = redact(input, rules.value, UNSALTED);
  const [finding] = redacted.findings;
  if (finding !== undefined) return rejected(unstorable(finding.field_path, mayNotStay(finding.detector)));
  const isWhole = redacted.kind === "clean" && isSameJson(redacted.value, input);
  if (!isWhole) return rejected(unstorable("$", "holds a sensitive field, or one that its schema does not declare"));
  return accepted(input);
}

/** Why a text that somebody types for the record may not be stored; null where it may. */
export function unstorableText(text: string): string | null {
  const [finding] = redact(text, SCAN_ONLY, UNSALTED).findings;
  return finding === undefined ? null : mayNotStay(finding.detector);
}

const mayNotStay = (detector: string): string => `holds what may not be stored (${detector})`;

const unstorable = (field_path: string, problem: string): Refusal => ({
  code: "REQUEST_INVALID",
  message: `\`${field_path}\` of the input ${problem}; pass a reference to it instead`,
  field_path,
});
