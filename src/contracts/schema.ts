import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import unevaluated from "ajv/dist/vocabularies/unevaluated/index.js";
import addFormats from "ajv-formats";
import { keepable } from "./canonical.ts";
import { closeObjects } from "./close-objects.ts";
import { fieldPath } from "./field-path.ts";
import type { Json, JsonObject } from "./json.ts";
import { pointerStep } from "./pointer.ts";
import type { Refusal } from "./refusal.ts";
import { accepted, type Result, rejected } from "./result.ts";

/** A schema ready for use, or `SCHEMA_MALFORMED` with the place in the schema. */
export type CompiledSchema =
  | {
      readonly ok: true;
      /**
       * The value with the schema's defaults filled in: a copy where the schema has defaults, the same value otherwise;
       * the argument is never changed. Or `SCHEMA_INVALID` for the first error in document order, with `field_path`,
       * `schema_path` and the number of all errors in `details.error_count`.
       */
      readonly validate: (value: Json) => Result<Json>;
    }
  | { readonly ok: false; readonly refusal: Refusal };

const OPTIONS = {
  allErrors: true,
  useDefaults: true,
  strictSchema: true,
  strictNumbers: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  logger: false,
  unevaluated: true,
} as const;

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const ANNOTATION = /"(x-[A-Za-z0-9_-]+)":/g;

const draft2020 = withFormats(new Ajv2020(OPTIONS));
const draft07 = withFormats(new Ajv(OPTIONS));
// By this `closeObjects` closes compositions. Loaders differ in what they take for the default export of CommonJS.
draft07.addVocabulary(Array.isArray(unevaluated) ? unevaluated : unevaluated.default);

const compiled = new WeakMap<JsonObject, CompiledSchema>();

/**
 * Compiles a JSON Schema: 2020-12, or draft-07 where `$schema` says so. Objects that say nothing about further members
 * refuse them (`closeObjects`). Unknown keywords are refused, except annotations that begin with `x-`. The result is kept
 * for as long as the schema object lives, so compile the same object and never change it.
 */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const fresh = compile(schema);
  compiled.set(schema, fresh);
  return fresh;
}

function compile(schema: JsonObject): CompiledSchema {
  const ajv = DRAFT_07.test(String(schema.$schema)) ? draft07 : draft2020;
  const closed: AnySchemaObject = closeObjects(schema);
  const text = JSON.stringify(closed);
  for (const [, keyword] of text.matchAll(ANNOTATION)) {
    if (keyword !== undefined && !ajv.RULES.keywords[keyword]) ajv.addKeyword(keyword);
  }
  try {
    if (!ajv.validateSchema(closed)) return rejected(malformed(ajv.errors?.[0]));
    const check = ajv.compile<Json>(closed);
    const hasDefaults = text.includes('"default":');
    return { ok: true, validate: (value) => validate(check, hasDefaults ? structuredClone(value) : value) };
  } catch (cause) {
    // The library throws for what the meta-schema cannot see: unknown keywords, formats, unresolvable references.
    const reason = cause instanceof Error ? cause.message : "unusable";
    return rejected({ code: "SCHEMA_MALFORMED", message: reason });
  } finally {
    ajv.removeSchema(closed); // the library's own cache would keep every schema for ever
  }
}

function withFormats<A extends Ajv | Ajv2020>(ajv: A): A {
  addFormats.default(ajv);
  return ajv;
}

function malformed(error: ErrorObject | undefined): Refusal {
  const message = error?.message ?? "not a schema";
  return { code: "SCHEMA_MALFORMED", message, schema_path: error?.instancePath ?? "" };
}

function validate(check: ValidateFunction<Json>, value: Json): Result<Json> {
  if (check(value)) return accepted(value);
  // `if` only repeats what the failing branch reports.
  const errors = (check.errors ?? []).filter(({ keyword }) => keyword !== "if");
  return rejected(refusalOf(value, errors));
}

function refusalOf(value: Json, errors: readonly ErrorObject[]): Refusal {
  const places = new Map<string, ErrorObject>();
  for (const error of errors) {
    const surplus = surplusMember(error);
    const place = error.instancePath + (surplus === undefined ? "" : pointerStep(surplus));
    if (!places.has(place)) places.set(place, error);
  }
  const { error, steps } = firstInDocument(value, places, "", []) ?? { error: errors[0], steps: [] };
  const missing = error?.params.missingProperty;
  return {
    code: "SCHEMA_INVALID",
    message: messageOf(error),
    field_path: fieldPath(typeof missing === "string" ? [...steps, missing] : steps),
    schema_path: decodeURIComponent(error?.schemaPath.replace(/^#/, "") ?? ""),
    details: { error_count: errors.length },
  };
}

interface Found {
  readonly error: ErrorObject;
  readonly steps: readonly (string | number)[];
}

/** Walks the document as it is written and stops at the first place that has an error. */
function firstInDocument(
  value: Json,
  places: ReadonlyMap<string, ErrorObject>,
  pointer: string,
  steps: readonly (string | number)[],
): Found | undefined {
  const error = places.get(pointer);
  if (error !== undefined) return { error, steps };
  if (typeof value !== "object" || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [name, part] of Object.entries(value)) {
    const step = isList ? Number(name) : name;
    const found = firstInDocument(part, places, pointer + pointerStep(name), [...steps, step]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The member that should not be there; the library reports it at the object around it. */
function surplusMember({ params }: ErrorObject): string | undefined {
  const name: unknown = params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName;
  return typeof name === "string" ? name : undefined;
}

/** Members are named, values never are: they may be sensitive. */
function messageOf(error: ErrorObject | undefined): string {
  const surplus = error === undefined ? undefined : surplusMember(error);
  if (surplus !== undefined && error?.keyword !== "propertyNames")
    return `unknown member \`${keepable(surplus.slice(0, 80))}\``;
  return (error?.message ?? "does not satisfy the schema").replaceAll("'", "`");
}
