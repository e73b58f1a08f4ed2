import { type Digest, type Json, type JsonObject, parseDigest } from "../contracts/index.ts";
import { ANNOTATION, declaredBy, declaredMember } from "./redact/declared.ts";

/**
 * Stands in a document for a sensitive value that a later step needs: the digest of an artifact encrypted under the
 * tenant's key, opened only inside a handler. It says nothing about the value, so redaction lets it pass.
 */
export type SealedReference = { readonly $sealed: Digest };

/** Whether a value is exactly a sealed reference: one member, a digest. */
export function isSealedReference(value: Json): value is SealedReference {
  if (typeof value !== "object" || value === null || !("$sealed" in value)) return false;
  const { $sealed } = value;
  return typeof $sealed === "string" && parseDigest($sealed) !== undefined && Object.keys(value).length === 1;
}

/** Whether a schema says of a member that it comes sealed: `"x-countermark": "sealed"`. */
export const declaresSealed = (schema: JsonObject, member: string): boolean =>
  declaredMember(declaredBy(schema, schema), member, schema).some((part) => part[ANNOTATION] === "sealed");
