import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { LetterState, Review } from "./review.ts";

/** `webhook`: one that cannot be applied; `blocked`: a run claimed too often; `retry`: a step without attempts left. */
export type LetterKind = "webhook" | "blocked" | "retry" | "compensation";

/** What ended badly, as it is kept until a person has reviewed it. Its original lies in the ledger under the same id. */
export interface LetterRow {
  readonly dead_letter_id: string;
  readonly kind: LetterKind;
  readonly run_id: string | null;
  readonly step_id: string | null;
  /** Place of the original in the run's stream; null for a webhook. */
  readonly seq: number | null;
  readonly reason_code: string;
  readonly attempts: number;
  readonly state: LetterState;
  readonly created_at: Instant;
  readonly reviewed_at: Instant | null;
  readonly reviewed_by: string | null;
  readonly review_reason: string | null;
  readonly requeued_as: string | null;
}

const columns = (sql: TenantQuery) => sql`
  dead_letter_id, kind, run_id, step_id, seq, reason_code, attempts, state, created_at, reviewed_at, reviewed_by,
  review_reason, requeued_as`;

/** Letters of one state, or of all; oldest first. Their ids are time-ordered, so the last one of a page is its cursor. */
export const listLetters = (
  sql: TenantQuery,
  page: { readonly state: LetterState | null; readonly after: string; readonly limit: number },
) => sql<LetterRow[]>`
  select ${columns(sql)}
    from dead_letter
   where tenant_id = require_tenant_context() and (${page.state}::text is null or state = ${page.state})
     and dead_letter_id > ${page.after}
   order by dead_letter_id
   limit ${page.limit}`;

/** One letter, or undefined. */
export async function findLetter(sql: TenantQuery, id: string): Promise<LetterRow | undefined> {
  const rows = await sql<LetterRow[]>`
    select ${columns(sql)} from dead_letter where tenant_id = require_tenant_context() and dead_letter_id = ${id}`;
  return rows[0];
}

/** One letter, locked until the transaction ends; undefined where there is none. */
export async function lockLetter(sql: TenantQuery, id: string): Promise<LetterRow | undefined> {
  const rows = await sql<LetterRow[]>`
    select ${columns(sql)}
      from dead_letter where tenant_id = require_tenant_context() and dead_letter_id = ${id} for update`;
  return rows[0];
}

/** Reviews a letter that waits for it; the table refuses any other. */
export const reviewLetter = (sql: TenantQuery, id: string, review: Review) => sql`
  update dead_letter
     set state = ${review.state}, reviewed_at = ${review.at}::timestamptz, reviewed_by = ${review.by},
         review_reason = ${review.reason}, requeued_as = ${review.requeuedAs}
   where tenant_id = require_tenant_context() and dead_letter_id = ${id}`;

/** Letters of a run that wait for a review, oldest first. */
export const lettersOfRun = (sql: TenantQuery, runId: string) => sql<LetterRow[]>`
  select ${columns(sql)}
    from dead_letter
   where tenant_id = require_tenant_context() and run_id = ${runId} and state = 'PENDING_REVIEW'
   order by dead_letter_id
   limit 100`;

/** Letters of a blocked run that wait for a review, locked until the transaction ends. */
export const blockedLetters = (sql: TenantQuery, runId: string) => sql<LetterRow[]>`
  select ${columns(sql)}
    from dead_letter
   where tenant_id = require_tenant_context() and run_id = ${runId} and kind = 'blocked' and state = 'PENDING_REVIEW'
   order by dead_letter_id
   limit 100
     for update`;
