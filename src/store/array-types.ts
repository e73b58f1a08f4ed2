import { parse } from "postgres-array";

/*
 * The driver (postgres 3.4.9) asks every new connection for the server's array types and awaits the answer where no caller can
 * catch its failure: a server that dies in that moment ends the process. PostgreSQL's own types have had the same numbers in
 * every version, so they are told here and nothing is asked; a connection is also ready one round trip sooner.
 */

/** How the elements of one array type are written and read; `element` and `array` are PostgreSQL's type numbers (pg_type.oid). */
interface ElementType {
  readonly array: number;
  readonly write?: (value: unknown) => string;
  readonly read?: (text: string) => unknown;
}

/** A type as the driver takes it: parameters of type `to` are serialized, columns of the types `from` are parsed. */
export interface ArrayType {
  readonly to: number;
  readonly from: number[];
  readonly serialize: (values: unknown) => unknown;
  readonly parse: (text: string) => unknown[];
}

/** The array type whose elements are so written and read; without a rule an element is its text. */
export function arrayType({ array, write = String, read = String }: ElementType): ArrayType {
  return {
    to: array,
    from: [array],
    serialize: (values) => (Array.isArray(values) ? arrayText(values, write) : values),
    parse: (text) => parse(text, read),
  };
}

/** PostgreSQL's text of an array (its manual, section 8.15.6); every element is quoted, as only a bare NULL is null. */
function arrayText(values: readonly unknown[], write: (value: unknown) => string): string {
  const elements = values.map((value) => {
    if (value === null) return "NULL";
    if (value === undefined) throw new TypeError("an array that goes to PostgreSQL has an undefined element");
    return Array.isArray(value) ? arrayText(value, write) : `"${write(value).replace(/[\\"]/g, "\\$&")}"`;
  });
  return `{${elements.join(",")}}`;
}
