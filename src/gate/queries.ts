import type { Digest, Instant } from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";

/** One recorded evaluation. */
export interface EvaluationRow {
  readonly evaluation_id: string;
  readonly policy_id: string;
  readonly policy_version: string;
  readonly policy_sha256: Digest;
  readonly profile: string | null;
  readonly subject: string | null;
  readonly source: "ledger" | "imported";
  readonly verdict: "GO" | "NO-GO";
  readonly cause: "failed" | "missing" | null;
  readonly decision_sha256: Digest;
  readonly evidence_sha256: Digest;
  readonly packet_sha256: Digest;
  readonly decided_at: Instant;
  readonly valid_until: Instant;
  /** Waivers without which it would not be what it is. */
  readonly waivers: readonly string[];
  readonly recorded_at: Instant;
  readonly recorded_by: string;
}

const columns = (sql: TenantQuery) => sql`
  evaluation_id, policy_id, policy_version, policy_sha256, profile, subject, source, verdict, cause, decision_sha256,
  evidence_sha256, packet_sha256, decided_at, valid_until, waivers, recorded_at, recorded_by`;

/** Inserts only; an id that is there already is a bug of its maker. */
export const insertEvaluation = (sql: TenantQuery, row: EvaluationRow) => sql`
  insert into gate_evaluation (tenant_id, evaluation_id, policy_id, policy_version, policy_sha256, profile, subject, source, verdict,
         cause, decision_sha256, evidence_sha256, packet_sha256, decided_at, valid_until, waivers, recorded_at, recorded_by)
  values (require_tenant_context(), ${row.evaluation_id}, ${row.policy_id}, ${row.policy_version}, ${row.policy_sha256},
          ${row.profile}, ${row.subject}, ${row.source}, ${row.verdict}, ${row.cause}, ${row.decision_sha256},
          ${row.evidence_sha256}, ${row.packet_sha256}, ${row.decided_at}, ${row.valid_until},
          ${[...row.waivers]}::text[], ${row.recorded_at}, ${row.recorded_by})`;

/** Newest first. Evaluation ids are time-ordered, so the last id of a page is its cursor. */
export const listEvaluations = (
  sql: TenantQuery,
  filter: {
    readonly policy: string | null;
    readonly subject: string | null;
    readonly before: string | null;
    readonly limit: number;
  },
) => sql<EvaluationRow[]>`
  select ${columns(sql)}
    from gate_evaluation
   where tenant_id = require_tenant_context()
     and (${filter.policy}::text is null or policy_id = ${filter.policy})
     and (${filter.subject}::text is null or subject = ${filter.subject})
     and (${filter.before}::text is null or evaluation_id < ${filter.before})
   order by evaluation_id desc
   limit ${filter.limit}`;

/** Of each policy that was evaluated, by its digest, the newest evaluation; a policy's newest version first. */
export const evaluatedPolicies = (sql: TenantQuery) => sql<EvaluationRow[]>`
  select ${columns(sql)}
    from (select distinct on (policy_sha256) ${columns(sql)}
            from gate_evaluation
           where tenant_id = require_tenant_context()
           order by policy_sha256, evaluation_id desc) newest
   order by policy_id, evaluation_id desc
   limit 1000`;

/** The newest evaluation by a policy of this digest; undefined where there is none. */
export async function evaluationByPolicy(sql: TenantQuery, digest: string): Promise<EvaluationRow | undefined> {
  const rows = await sql<EvaluationRow[]>`
    select ${columns(sql)}
      from gate_evaluation
     where tenant_id = require_tenant_context() and policy_sha256 = ${digest}
     order by evaluation_id desc
     limit 1`;
  return rows[0];
}

/** The evaluation of an id, or the newest that came to a decision of this digest; undefined where there is none. */
export async function findEvaluation(sql: TenantQuery, idOrDigest: string): Promise<EvaluationRow | undefined> {
  const rows = await sql<EvaluationRow[]>`
    select ${columns(sql)}
      from gate_evaluation
     where tenant_id = require_tenant_context() and (evaluation_id = ${idOrDigest} or decision_sha256 = ${idOrDigest})
     order by evaluation_id desc
     limit 1`;
  return rows[0];
}

/** How often a policy was evaluated about something, whatever came of it. */
export async function countEvaluations(
  sql: TenantQuery,
  about: { readonly policy: string; readonly subject: string | null },
): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    select count(*)::integer as count
      from gate_evaluation
     where tenant_id = require_tenant_context() and policy_id = ${about.policy} and subject is not distinct from ${about.subject}`;
  return rows[0]?.count ?? 0;
}

/** What policies said about something up to an instant, the newest first. */
export const evaluationsBy = (
  sql: TenantQuery,
  about: { readonly subject: string; readonly policies: readonly string[]; readonly until: Instant },
) => sql<EvaluationRow[]>`
  select ${columns(sql)}
    from gate_evaluation
   where tenant_id = require_tenant_context() and policy_id = any(${[...about.policies]}::text[]) and subject = ${about.subject}
     and decided_at <= ${about.until}::timestamptz
   order by decided_at desc, evaluation_id desc
   limit 1000`;

/** Everything that policies said about something, the newest first. */
export const evaluationsAbout = (sql: TenantQuery, subject: string) => sql<EvaluationRow[]>`
  select ${columns(sql)}
    from gate_evaluation
   where tenant_id = require_tenant_context() and subject = ${subject}
   order by decided_at desc, evaluation_id desc
   limit 1000`;
