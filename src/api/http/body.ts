import { accepted, type Json, parseJson, type Refusal, type Result, rejected } from "../../contracts/index.ts";

/** Bytes of one request's body: what our JSON takes at most. */
const BODY_BYTES_MAX = 1_048_576;

const TOO_LARGE: Refusal = { code: "BODY_TOO_LARGE", message: `the body is larger than ${BODY_BYTES_MAX} bytes` };

/** The body's bytes, counted as they arrive: of a body that is too large, no more than the limit is ever held. */
export async function readBody(request: Request): Promise<Result<Uint8Array>> {
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES_MAX) return rejected(TOO_LARGE);
  if (request.body === null) return accepted(new Uint8Array());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > BODY_BYTES_MAX) return rejected(TOO_LARGE); // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  return accepted(Buffer.concat(chunks));
}

/** A JSON body; an empty one is an object without members. Refused: BODY_TOO_LARGE, BODY_NOT_UTF8, SCHEMA_PARSE_ERROR. */
export async function readJsonBody(request: Request): Promise<Result<Json>> {
  const bytes = await readBody(request);
  if (!bytes.ok) return bytes;
  if (bytes.value.byteLength === 0) return accepted({});
  const text = decoded(bytes.value);
  return text === undefined ? rejected({ code: "BODY_NOT_UTF8", message: "the body is not UTF-8" }) : parseJson(text);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // the decoder throws for nothing but bytes that are not UTF-8
  }
}
