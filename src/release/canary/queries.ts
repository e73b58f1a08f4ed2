import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Environment } from "../environment/environment.ts";
import type { CanaryStep } from "./canary.ts";

/** A bundle that is tried in an environment. */
export interface CanaryRow {
  readonly environment: Environment;
  /** Of its promotion, in the environment's stream. */
  readonly seq: number;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly pack_digest: string;
  readonly baseline_bundle_id: string;
  readonly baseline_digest: string;
  readonly policy: string;
  readonly steps: readonly CanaryStep[];
  readonly step: number;
  readonly step_since: Instant;
  readonly started_at: Instant;
  readonly next_look_at: Instant;
  readonly next_glance_at: Instant;
  readonly looks: number;
  readonly stalled_at: Instant | null;
}

type Stored = Omit<CanaryRow, "steps"> & { readonly steps: string };

/** Canaries that run; one an environment at most. */
export async function runningCanaries(sql: TenantQuery): Promise<readonly CanaryRow[]> {
  const rows = await sql<Stored[]>`
    select c.environment, c.seq, c.bundle_id, b.root_digest, b.pack_digest, c.baseline_bundle_id, o.pack_digest as baseline_digest,
           c.policy, c.steps, c.step, c.step_since, c.started_at, c.next_look_at, c.next_glance_at, c.looks, c.stalled_at
      from canary c
      join bundle b on b.tenant_id = c.tenant_id and b.bundle_id = c.bundle_id
      join bundle o on o.tenant_id = c.tenant_id and o.bundle_id = c.baseline_bundle_id
     where c.tenant_id = require_tenant_context() and c.status = 'running'
     order by c.environment
     limit 10`;
  return rows.map((row) => ({ ...row, steps: JSON.parse(row.steps) }));
}

/** Begins a canary, as of its promotion. The caller holds the environment's lock. */
export const insertCanary = (
  sql: TenantQuery,
  canary: Pick<
    CanaryRow,
    | "environment"
    | "seq"
    | "bundle_id"
    | "baseline_bundle_id"
    | "policy"
    | "steps"
    | "started_at"
    | "next_look_at"
    | "next_glance_at"
  >,
) => sql`
  insert into canary (tenant_id, environment, seq, bundle_id, baseline_bundle_id, status, policy, steps, step, step_since, started_at,
         next_look_at, next_glance_at)
  values (require_tenant_context(), ${canary.environment}, ${canary.seq}, ${canary.bundle_id}, ${canary.baseline_bundle_id}, 'running',
         ${canary.policy}, ${JSON.stringify(canary.steps)}, 0, ${canary.started_at}::timestamptz, ${canary.started_at}::timestamptz,
         ${canary.next_look_at}::timestamptz, ${canary.next_glance_at}::timestamptz)`;

/** Takes a glance that is due, so that of several workers one makes it. False: another did, or it is not due yet. */
export async function claimGlance(
  sql: TenantQuery,
  { environment, seq }: Pick<CanaryRow, "environment" | "seq">,
  { at, next }: { readonly at: Instant; readonly next: Instant },
): Promise<boolean> {
  const rows = await sql`
    update canary set next_glance_at = ${next}::timestamptz
     where tenant_id = require_tenant_context() and environment = ${environment} and seq = ${seq} and status = 'running'
       and next_glance_at <= ${at}::timestamptz
    returning seq`;
  return rows.length === 1;
}

/** Writes where a canary that goes on is after a look. */
export const moveCanary = (
  sql: TenantQuery,
  {
    environment,
    seq,
    step,
    step_since,
    next_look_at,
    next_glance_at,
    stalled_at,
  }: Pick<CanaryRow, "environment" | "seq" | "step" | "step_since" | "next_look_at" | "next_glance_at" | "stalled_at">,
) => sql`
  update canary
     set step = ${step}, step_since = ${step_since}::timestamptz, next_look_at = ${next_look_at}::timestamptz,
         next_glance_at = ${next_glance_at}::timestamptz, looks = looks + 1, stalled_at = ${stalled_at}::timestamptz
   where tenant_id = require_tenant_context() and environment = ${environment} and seq = ${seq}`;

/** Ends an environment's canary, where one runs. */
export const endCanary = (
  sql: TenantQuery,
  {
    environment,
    status,
    at,
  }: {
    readonly environment: Environment;
    readonly status: "passed" | "aborted" | "ended";
    readonly at: Instant;
  },
) => sql`
  update canary set status = ${status}, ended_at = ${at}::timestamptz
   where tenant_id = require_tenant_context() and environment = ${environment} and status = 'running'`;
