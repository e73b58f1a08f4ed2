import {
  accepted,
  after,
  canonicalText,
  type Instant,
  type Json,
  type Result,
  rejected,
  sha256Hex,
} from "../../contracts/index.ts";
import { inTenant } from "../../store/index.ts";
import type { Installation } from "../installation.ts";
import {
  findRequest,
  finishRequest,
  forgetRequest,
  insertRequest,
  type RequestName,
  takeOverRequest,
} from "../queries.ts";
import type { Caller } from "./caller.ts";

/*
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): one key of one principal is one request.
 *
 * K1  What succeeded is stored and answered again; what was refused changed nothing, so it is judged anew.
 * K2  A request that was never finished may be served again: its id is made from the key, and what it makes from its id.
 * K3  Keys are kept as long as the tenant's data, so an old key never means a second request.
 */

/** A stored answer, as it was sent. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a key says about a request: it is the first, or this was its answer. */
export type KeyVerdict = { readonly kind: "new" } | { readonly kind: "replayed"; readonly answer: StoredAnswer };

const KEY_LENGTH_MAX = 255;
/** After so long without an answer, whoever served the request is taken for dead. */
const SERVING_MS_MAX = 60_000;

/** A structured field string (`"…"`), or a bare token, as many clients send it. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const BARE = /^[\x21\x23-\x7e]+$/;

/** Reads the header; undefined when there is none. Refused with REQUEST_INVALID. */
export function parseRequestKey(header: string | undefined): Result<string | undefined> {
  if (header === undefined) return accepted(undefined);
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, "$1");
  const key = quoted ?? (BARE.test(header) ? header : undefined);
  if (key === undefined || key === "" || key.length > KEY_LENGTH_MAX) {
    const message = `the Idempotency-Key is not a text of 1 to ${KEY_LENGTH_MAX} printable characters`;
    return rejected({ code: "REQUEST_INVALID", message });
  }
  return accepted(key);
}

/** The id of every request under this key. K2 */
export const requestIdOf = ({ principalId }: Caller, key: string): string =>
  `request:${sha256Hex(canonicalText([principalId, key]))}`;

/** Fingerprint of what is asked: the same key with another one is a mistake of the client. */
export const fingerprintOf = (asked: { readonly [part: string]: Json }): string => sha256Hex(canonicalText(asked));

/** Claims the key for this request. Refused: IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
export function claimKey(
  { database, host }: Installation,
  caller: Caller,
  { key, fingerprint }: { readonly key: string; readonly fingerprint: string },
): Promise<Result<KeyVerdict>> {
  const name: RequestName = { principalId: caller.principalId, key };
  return inTenant(database, caller.tenantId, async (sql): Promise<Result<KeyVerdict>> => {
    const at = host.clock.now();
    if (await insertRequest(sql, name, { fingerprint, at })) return accepted({ kind: "new" });
    const record = await findRequest(sql, name);
    if (record === undefined) return IN_PROGRESS;
    if (record.fingerprint !== fingerprint) return REUSED;
    if (record.status !== null) {
      return accepted({ kind: "replayed", answer: { status: record.status, body: record.body ?? "" } });
    }
    const takes =
      isAbandoned(record.created_at, at) && (await takeOverRequest(sql, name, { seenAt: record.created_at, at }));
    return takes ? accepted({ kind: "new" }) : IN_PROGRESS;
  });
}

const isAbandoned = (since: Instant, now: Instant): boolean => after(since, SERVING_MS_MAX) <= now;

const IN_PROGRESS = rejected({
  code: "IDEMPOTENCY_IN_PROGRESS",
  message: "a request with this Idempotency-Key is being served",
});
const REUSED = rejected({
  code: "IDEMPOTENCY_KEY_REUSED",
  message: "the Idempotency-Key was used with another request",
});

/** Stores what the request was answered with, or with null gives the key back. K1 */
export async function settleKey(
  { database }: Installation,
  { tenantId, principalId }: Caller,
  key: string,
  answer: StoredAnswer | null,
): Promise<void> {
  const name: RequestName = { principalId, key };
  await inTenant(database, tenantId, async (sql) => {
    await (answer === null ? forgetRequest(sql, name) : finishRequest(sql, name, answer));
  });
}
