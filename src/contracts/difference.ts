import type { PathStep } from "./field-path.ts";
import { isJsonObject, isSameJson, type Json, type JsonObject } from "./json.ts";

/** A place at which two documents differ; `undefined` where one of them has nothing there. */
export interface Difference {
  readonly steps: readonly PathStep[];
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

/** Every place at which two documents differ, as deep as both have the same kind of value, members in code unit order. */
export function differences(expected: Json, actual: Json): readonly Difference[] {
  if (isJsonObject(expected) && isJsonObject(actual)) return ofMembers(expected, actual);
  if (Array.isArray(expected) && Array.isArray(actual)) return ofElements(expected, actual);
  return isSameJson(expected, actual) ? [] : [{ steps: [], expected, actual }];
}

function ofMembers(expected: JsonObject, actual: JsonObject): readonly Difference[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return names.flatMap((name) => below(name, expected[name], actual[name]));
}

function ofElements(expected: readonly Json[], actual: readonly Json[]): readonly Difference[] {
  const length = Math.max(expected.length, actual.length);
  return Array.from({ length }, (_, index) => below(index, expected[index], actual[index])).flat();
}

function below(step: PathStep, expected: Json | undefined, actual: Json | undefined): readonly Difference[] {
  if (expected === undefined || actual === undefined) return [{ steps: [step], expected, actual }];
  return differences(expected, actual).map((found) => ({ ...found, steps: [step, ...found.steps] }));
}
