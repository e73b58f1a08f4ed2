import {
  accepted,
  isJsonObject,
  isTenantId,
  type Json,
  type JsonObject,
  parseJson,
  type Refusal,
  type Result,
  recordable,
  sha256Hex,
} from "../contracts/index.ts";
import { type CallMark, type CallRequest, type RefusedCall, STAGES, type Stage, type StageRecord } from "./call.ts";
import { internalKeyOf, shortDigest } from "./key.ts";
import { promotedVerdict } from "./promoted.ts";
import { type RegisteredTool, toolNotFound } from "./registry.ts";

/** A call whose arguments satisfy its contract, with the names under which it is known. */
export interface ResolvedCall {
  readonly tool: RegisteredTool;
  /** Validated, the schema's defaults filled in. */
  readonly input: JsonObject;
  /** UTF-8 bytes of the input's canonical text. */
  readonly inputBytes: number;
  /** First 32 hex digits of `paramsSha256`. */
  readonly fingerprint: string;
  readonly paramsSha256: string;
  /** Null for READ, which is never deduplicated. */
  readonly internalKey: string | null;
  readonly mark: CallMark;
}

export type Resolution =
  | { readonly ok: true; readonly resolved: ResolvedCall }
  | { readonly ok: false; readonly admission: RefusedCall };

/**
 * The first three stages: parse, contract, input schema. `registered` is what the registry has for the request, `promoted` the
 * digests of the contracts that the run may call, null for any.
 */
export function resolveCall(
  request: CallRequest,
  registered: RegisteredTool | undefined,
  promoted: ReadonlySet<string> | null,
): Resolution {
  const parsed = "text" in request.input ? parseJson(request.input.text) : accepted(request.input.value);
  if (!parsed.ok) return refusedAt("parse", parsed.refusal);
  if (registered === undefined) return refusedAt("contract", toolNotFound(request.tool, request.version));
  const released = promotedVerdict(registered.contract, promoted);
  if (!released.pass) return refusedAt("contract", released.refusal);
  const valid = registered.validateInput(parsed.value);
  if (!valid.ok) return refusedAt(...unlessNotJson(parsed.value, valid.refusal));
  const text = recordable(valid.value);
  if (!text.ok) return refusedAt("parse", notJson(text.refusal));
  if (!isJsonObject(valid.value))
    return refusedAt("input_schema", {
      code: "SCHEMA_INVALID",
      message: "the arguments are not an object",
      field_path: "$",
    });
  const paramsSha256 = sha256Hex(text.value);
  const fingerprint = shortDigest(paramsSha256);
  const key = keyOf(request, registered, { input: valid.value, fingerprint });
  if (!key.ok)
    return isTenantId(request.tenantId) ? refusedAt("input_schema", key.refusal) : refusedAt("tenant", NO_TENANT);
  const { name: tool, version } = registered.contract;
  return {
    ok: true,
    resolved: {
      tool: registered,
      input: valid.value,
      inputBytes: Buffer.byteLength(text.value, "utf8"),
      fingerprint,
      paramsSha256,
      internalKey: key.value,
      mark: { fingerprint, tool, version },
    },
  };
}

function keyOf(
  request: CallRequest,
  { contract }: RegisteredTool,
  call: { readonly input: JsonObject; readonly fingerprint: string },
): Result<string | null> {
  if (contract.side_effect_level === "READ") return accepted(null);
  const components = {
    tenant_id: request.tenantId,
    tool_name: contract.name,
    tool_version: contract.version,
    principal_id: request.principalId,
    params_fingerprint: call.fingerprint,
  };
  return internalKeyOf(contract.idempotency_key_template, components, call.input);
}

/** Refused here only where a key would have to hold the tenant; otherwise the tenant's own stage does it. */
export const NO_TENANT: Refusal = { code: "TENANT_CONTEXT_MISSING", message: "the call has no tenant" };

// What is no JSON at all is refused as such, also where the schema would complain as well.
function unlessNotJson(value: Json, refusal: Refusal): [Stage, Refusal] {
  const text = recordable(value);
  return text.ok ? ["input_schema", refusal] : ["parse", notJson(text.refusal)];
}

const notJson = (refusal: Refusal): Refusal => ({ ...refusal, code: "SCHEMA_PARSE_ERROR" });

/** The records of the first three stages of a call that passed them. */
export const RESOLVED_STAGES: readonly StageRecord[] = [
  { stage: "parse", verdict: "passed", rule: "the arguments are I-JSON" },
  { stage: "contract", verdict: "passed", rule: "registered under this name and version" },
  { stage: "input_schema", verdict: "passed", rule: "the arguments satisfy the input schema" },
];

function refusedAt(stage: Stage, refusal: Refusal): Resolution {
  const before = RESOLVED_STAGES.slice(0, STAGES.indexOf(stage));
  const record: StageRecord = { stage, verdict: "refused", rule: refusal.message };
  return {
    ok: false,
    admission: { kind: "refused", stage, refusal, stages: [...before, record], counted: false, effect: "none" },
  };
}
