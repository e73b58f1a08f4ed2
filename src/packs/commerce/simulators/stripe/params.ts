import type { JsonObject } from "../../../../contracts/index.ts";
import { isList, isObject, textAt } from "../wire/wire-json.ts";
import { type Answer, invalid } from "./answer.ts";

/** The rule of one top-level parameter of an operation. */
export interface ParamRule {
  readonly kind: "text" | "integer" | "boolean" | "hash" | "list";
  readonly required?: boolean;
  readonly min?: number;
  readonly oneOf?: readonly string[];
}

export type ParamRules = Readonly<Record<string, ParamRule>>;

const INTEGER = /^-?\d{1,15}$/;

function problemOf(name: string, rule: ParamRule, value: unknown): Answer | undefined {
  if (rule.kind === "hash")
    return isObject(value) || value === "" ? undefined : invalid("Invalid object", { param: name });
  if (rule.kind === "list") return isList(value) ? undefined : invalid("Invalid array", { param: name });
  if (typeof value !== "string") return invalid(`Invalid string: ${JSON.stringify(value)}`, { param: name });
  if (rule.kind === "integer") return integerProblem(name, rule, value);
  if (rule.kind === "boolean" && value !== "true" && value !== "false")
    return invalid(`Invalid boolean: ${value}`, { param: name });
  if (rule.oneOf !== undefined && !rule.oneOf.includes(value))
    return invalid(`Invalid ${name}: must be one of ${rule.oneOf.join(", ")}`, { param: name });
  return undefined;
}

function integerProblem(name: string, rule: ParamRule, value: string): Answer | undefined {
  const code = "parameter_invalid_integer";
  if (!INTEGER.test(value)) return invalid(`Invalid integer: ${value}`, { code, param: name });
  if (rule.min !== undefined && Number(value) < rule.min)
    return invalid(`This value must be greater than or equal to ${rule.min}.`, { code, param: name });
  return undefined;
}

/** The first thing wrong with the parameters, as Stripe says it; `expand` is always known. */
export function paramProblem(params: JsonObject, rules: ParamRules): Answer | undefined {
  const absent = Object.entries(rules).find(([name, rule]) => rule.required === true && isAbsent(params[name]));
  if (absent !== undefined)
    return invalid(`Missing required param: ${absent[0]}.`, { code: "parameter_missing", param: absent[0] });
  for (const [name, value] of Object.entries(params)) {
    const rule = rules[name];
    if (name === "expand") continue;
    if (rule === undefined)
      return invalid(`Received unknown parameter: ${name}`, { code: "parameter_unknown", param: name });
    const problem = problemOf(name, rule, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === "";

/** An integer parameter that passed its rule. */
export const integerParam = (params: JsonObject, name: string): number | undefined => {
  const text = textAt(params, name);
  return text === undefined || !INTEGER.test(text) ? undefined : Number(text);
};

export const booleanParam = (params: JsonObject, name: string): boolean => params[name] === "true";

/** A hash of texts, such as `metadata`. */
export const textsParam = (params: JsonObject, name: string): Readonly<Record<string, string>> => {
  const hash = params[name];
  if (!isObject(hash)) return {};
  return Object.fromEntries(
    Object.entries(hash).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
};
