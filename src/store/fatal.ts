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

/** The error by which a server ends a connection, where these bytes are one and nothing else; undefined for everything else. */
export function fatalIn(bytes: unknown): Error | undefined {
  if (!Buffer.isBuffer(bytes) || bytes[0] !== ERROR_RESPONSE || bytes.length < 6) return undefined;
  if (bytes.readUInt32BE(1) !== bytes.length - 1) return undefined;
  const fields = fieldsOf(bytes.toString("utf8", 5));
  if (fields.severity !== "FATAL" && fields.severity !== "PANIC") return undefined;
  const error: unknown = Reflect.construct(postgres.PostgresError, [fields]);
  return error instanceof Error ? error : undefined;
}

function fieldsOf(text: string): { readonly [name: string]: string } {
  const entries = text
    .split("\0")
    .filter((field) => FIELDS.has(field.charAt(0)))
    .map((field) => [FIELDS.get(field.charAt(0)), field.slice(1)]);
  return Object.fromEntries(entries);
}
