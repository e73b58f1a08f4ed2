import { accepted, isSameJson, type JsonObject, type Refusal, type Result, rejected } from "../contracts/index.ts";
import { compileRedaction, type RedactionSource, redact, SCAN_ONLY } from "../ledger/index.ts";

/**
 * What a client gives a run enters the run's document, so it must be storable as it is. Where redaction would mask or drop
 * a part, the request is refused and says which: a run that went on with another input than was asked would be worse.
 *
 * @param source the schema and the sensitive fields of what is given; null scans without a schema
 * @param salt the tenant's secret, see `RedactionContext` of the ledger
 */
export function storableInput(input: JsonObject, source: RedactionSource | null, salt: Uint8Array): Result<JsonObject> {
  const rules = source === null ? accepted(SCAN_ONLY) : compileRedaction(source);
  if (!rules.ok) return rules;
  const redacted = redact(input, rules.value, { entry_id: null, step_id: null, tool: null, salt });
  const [finding] = redacted.findings;
  if (finding !== undefined) {
    return rejected(unstorable(finding.field_path, `holds what may not be stored (${finding.detector})`));
  }
  const isWhole = redacted.kind === "clean" && isSameJson(redacted.value, input);
  if (!isWhole) return rejected(unstorable("$", "holds a sensitive field, or one that its schema does not declare"));
  return accepted(input);
}

const unstorable = (field_path: string, problem: string): Refusal => ({
  code: "REQUEST_INVALID",
  message: `\`${field_path}\` of the input ${problem}; pass a reference to it instead`,
  field_path,
});
