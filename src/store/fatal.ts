import postgres from "postgres";

/** The type byte of the protocol's ErrorResponse. */
const ERROR_RESPONSE = 0x45;
/** Its fields that matter, by their codes: severity in every language, SQLSTATE, message, and where in the server it was said. */
const FIELDS = new Map([
  ["V", "severity"],
  ["C", "code"],
  ["M", "message"],
  ["R", "routine"],
]);

/**
 * The error by which a server ends a connection, where these bytes end with one, and what they say before it; undefined for
 * everything else. It often comes behind the first answers to a statement, which the server kept until it had the rest.
 */
export function fatalIn(bytes: unknown): { readonly before: Buffer; readonly error: Error } | undefined {
  // An ErrorResponse ends with two zeros; what ends as statements do, with ReadyForQuery, does not.
  if (!Buffer.isBuffer(bytes) || bytes.at(-1) !== 0 || bytes.at(-2) !== 0) return undefined;
  const at = lastMessage(bytes);
  if (at === undefined || bytes[at] !== ERROR_RESPONSE) return undefined;
  const fields = fieldsOf(bytes.toString("utf8", at + HEAD_BYTES));
  if (fields.severity !== "FATAL" && fields.severity !== "PANIC") return undefined;
  const error: unknown = Reflect.construct(postgres.PostgresError, [fields]);
  return error instanceof Error ? { before: bytes.subarray(0, at), error } : undefined;
}

/** A message's type, and its length without the type. */
const HEAD_BYTES = 5;

/** Index of the last message; undefined where the bytes are not whole messages. */
function lastMessage(bytes: Buffer): number | undefined {
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end === bytes.length) return at;
    at = end;
  }
  return undefined;
}

function fieldsOf(text: string): { readonly [name: string]: string } {
  const entries = text
    .split("\0")
    .filter((field) => FIELDS.has(field.charAt(0)))
    .map((field) => [FIELDS.get(field.charAt(0)), field.slice(1)]);
  return Object.fromEntries(entries);
}
