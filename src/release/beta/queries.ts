import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Beta } from "./beta.ts";

const theBeta = (sql: TenantQuery) => sql`
  select enabled, verdict, evaluation_id, report_sha256, window_start, decided_at, valid_until
    from beta
   where tenant_id = require_tenant_context()`;

/** Where the tenant's beta stands, locked until the transaction ends; undefined where no signoff was recorded. */
export async function lockBeta(sql: TenantQuery): Promise<Beta | undefined> {
  const [beta] = await sql<Beta[]>`${theBeta(sql)} for update`;
  return beta;
}

/** The same without a lock. */
export async function findBeta(sql: TenantQuery): Promise<Beta | undefined> {
  const [beta] = await sql<Beta[]>`${theBeta(sql)}`;
  return beta;
}

interface Changed {
  readonly by: string;
  readonly at: Instant;
}

/** Puts down what a signoff said. */
export const upsertBeta = (sql: TenantQuery, beta: Beta, { by, at }: Changed) => sql`
  insert into beta (tenant_id, enabled, verdict, evaluation_id, report_sha256, window_start, decided_at, valid_until, changed_by, changed_at)
  values (require_tenant_context(), ${beta.enabled}, ${beta.verdict}, ${beta.evaluation_id}, ${beta.report_sha256},
         ${beta.window_start}::timestamptz, ${beta.decided_at}::timestamptz, ${beta.valid_until}::timestamptz, ${by}, ${at}::timestamptz)
      on conflict (tenant_id) do update
      set enabled = excluded.enabled, verdict = excluded.verdict, evaluation_id = excluded.evaluation_id,
          report_sha256 = excluded.report_sha256, window_start = excluded.window_start, decided_at = excluded.decided_at,
          valid_until = excluded.valid_until, changed_by = excluded.changed_by, changed_at = excluded.changed_at`;

/** Turns the beta on or off; nothing where no signoff was recorded. */
export const setBetaEnabled = (sql: TenantQuery, enabled: boolean, { by, at }: Changed) => sql`
  update beta set enabled = ${enabled}, changed_by = ${by}, changed_at = ${at}::timestamptz
   where tenant_id = require_tenant_context()`;
