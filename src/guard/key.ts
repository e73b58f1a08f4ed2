import { accepted, type JsonObject, type Result, rejected, sha256Hex } from "../contracts/index.ts";
import type { ToolContract } from "./contract.ts";

/*
 * Idempotency keys (commerce-kernel 10.1 and 10.5). The internal key names one logical call for ever, the external key is
 * what its provider sees.
 */

/** Longest key that the providers we know accept. */
const EXTERNAL_KEY_LENGTH_MAX = 255;
const DIGEST_PLACEHOLDER = "{internal_key_sha256}";
const SHORT_DIGEST_LENGTH = 32;
const PLACEHOLDER = /\{([^{}]*)\}/g;
const STANDARD_TEMPLATE = "{tenant_id}:{tool_name}:{tool_version}:{principal_id}:{params_fingerprint}";
const COMPONENTS = ["tenant_id", "tool_name", "tool_version", "principal_id", "params_fingerprint"] as const;

type Component = (typeof COMPONENTS)[number];

export type KeyComponents = { readonly [component in Component]: string };

/** First 32 hex digits (128 bits), the form in which digests stand in keys. */
export const shortDigest = (sha256: string): string => sha256.slice(0, SHORT_DIGEST_LENGTH);

/** Why a contract's key templates cannot be used, or `undefined`. Asked once, at registration. */
export function keyTemplateProblem(contract: ToolContract, externalPrefix: string): string | undefined {
  if (contract.name.includes(":") || contract.version.includes(":")) return "name and version may not contain `:`";
  return (
    internalTemplateProblem(contract.idempotency_key_template) ?? externalTemplateProblem(contract, externalPrefix)
  );
}

function internalTemplateProblem(template: string | null): string | undefined {
  if (template === null) return undefined;
  if (!template.includes("{tenant_id}") || !template.includes("{tool_name}"))
    return "idempotency_key_template must contain `{tenant_id}` and `{tool_name}`";
  const unknown = [...template.matchAll(PLACEHOLDER)]
    .map((match) => match[1] ?? "")
    .find((name) => !isPlaceholder(name));
  return unknown === undefined ? undefined : `idempotency_key_template has the unknown placeholder \`{${unknown}}\``;
}

const isComponent = (name: string): name is Component => COMPONENTS.some((component) => component === name);

const isPlaceholder = (name: string): boolean => isComponent(name) || /^params\.[^.]+(\.[^.]+)*$/.test(name);

function externalTemplateProblem(contract: ToolContract, prefix: string): string | undefined {
  const template = externalTemplateOf(contract, prefix);
  if (template === null) return undefined;
  if (!template.includes(DIGEST_PLACEHOLDER) || template.replace(DIGEST_PLACEHOLDER, "").includes("{"))
    return `external_idempotency_template must contain \`${DIGEST_PLACEHOLDER}\` once and no other placeholder`;
  const length = template.length - DIGEST_PLACEHOLDER.length + SHORT_DIGEST_LENGTH;
  return length <= EXTERNAL_KEY_LENGTH_MAX
    ? undefined
    : `the external key would have more than ${EXTERNAL_KEY_LENGTH_MAX} characters`;
}

/**
 * The internal key of a call. Refused with `REQUEST_INVALID` when a component is empty or contains `:`, which would let two
 * calls share one key, or when a template's `{params.…}` names no scalar of the input.
 */
export function internalKeyOf(template: string | null, components: KeyComponents, input: JsonObject): Result<string> {
  let problem: string | undefined;
  const key = (template ?? STANDARD_TEMPLATE).replace(PLACEHOLDER, (_, name: string) => {
    const value = isComponent(name) ? components[name] : scalarAt(input, name.split(".").slice(1));
    if (value === undefined || value === "" || value.includes(":")) problem ??= name;
    return value ?? "";
  });
  if (problem === undefined) return accepted(key);
  return rejected({ code: "REQUEST_INVALID", message: `\`${problem}\` cannot stand in an idempotency key` });
}

function scalarAt(input: JsonObject, path: readonly string[]): string | undefined {
  let value: unknown = input;
  for (const member of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, member)) return undefined;
    value = Reflect.get(value, member);
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/**
 * The key sent to the provider, or null for a contract that declares none. Equal for all attempts of one generation; from
 * generation 1 on it differs, so that a provider whose own window ends a little later does not answer with the old result.
 */
export function externalKeyOf(
  contract: ToolContract,
  prefix: string,
  logical: { readonly internalKey: string; readonly generation: number },
): string | null {
  const template = externalTemplateOf(contract, prefix);
  if (template === null) return null;
  const { internalKey, generation } = logical;
  const digest = sha256Hex(generation === 0 ? internalKey : `${internalKey}#${generation}`);
  return template.replace(DIGEST_PLACEHOLDER, shortDigest(digest));
}

function externalTemplateOf(contract: ToolContract, prefix: string): string | null {
  if (contract.external_idempotency_template !== null) return contract.external_idempotency_template;
  return contract.external_idempotency_header === null ? null : `${prefix}${DIGEST_PLACEHOLDER}`;
}
