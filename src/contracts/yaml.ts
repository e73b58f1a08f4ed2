import { parseAllDocuments, stringify } from "yaml";
import { isJson, JSON_BYTES_MAX } from "./canonical.ts";
import type { Json } from "./json.ts";

/** The documents of a YAML text; undefined where it is none, is larger than 1 MiB, or holds what JSON cannot say. */
export function readYaml(source: string): readonly Json[] | undefined {
  if (Buffer.byteLength(source) > JSON_BYTES_MAX) return undefined;
  const documents: Json[] = [];
  for (const document of parseAllDocuments(source, { uniqueKeys: true, prettyErrors: false, logLevel: "error" })) {
    if (document.errors.length > 0) return undefined;
    const value = plain(() => document.toJS());
    if (!isJson(value)) return undefined;
    documents.push(value);
  }
  return documents;
}

/** Undefined where aliases unfold to more than the library bears: the one thing left to go wrong. */
function plain(unfold: () => unknown): unknown {
  try {
    return unfold();
  } catch {
    return undefined;
  }
}

/** YAML of some data, members in their order; what is undefined is left out. */
export const yamlText = (value: unknown): string => stringify(value, { lineWidth: 0 });
