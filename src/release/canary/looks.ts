import { accepted, type Result, rejected } from "../../contracts/index.ts";
import type { Decision } from "../../gate/index.ts";
import { touchControl } from "../../guard/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { type Act, acting, type ReleasePorts, record } from "../environment/act.ts";
import { hold } from "../environment/holds.ts";
import { setHealth } from "../environment/queries.ts";
import { goBack } from "../environment/rollback.ts";
import { guidanceOf, type LookEnd, lookEnd, nextLooks, type RollbackGuidance, stepOf } from "./canary.ts";
import { type CanaryRow, claimGlance, endCanary, moveCanary, runningCanaries } from "./queries.ts";

/** What a look came to. Wire form. */
export interface Look {
  readonly environment: string;
  readonly bundle_id: string;
  readonly end: LookEnd["end"];
  /** Null where nothing is to be said. */
  readonly why: string | null;
  /** Of new runs, from now on; null where the canary is over. */
  readonly share_percent: number | null;
  readonly evaluation_id: string;
  readonly decision_sha256: string;
  /** What the environment holds now. */
  readonly holds: string;
  /** What to do about a version that was aborted; null of any other. */
  readonly guidance: RollbackGuidance | null;
}

/** The canary of an environment. Refused with CANARY_NOT_RUNNING. */
export async function findCanary(sql: TenantQuery, environment: Act["environment"]): Promise<Result<CanaryRow>> {
  const canary = (await runningCanaries(sql)).find((one) => one.environment === environment);
  return canary === undefined ? rejected(notRunning(environment)) : accepted(canary);
}

/** Takes the glance at an environment's canary that is due, so that of several workers one makes it. Null: none is due. */
export const takeGlance = (
  { database, host }: Pick<ReleasePorts, "database" | "host">,
  { tenantId, environment }: Pick<Act, "tenantId" | "environment">,
): Promise<CanaryRow | null> =>
  inTenant(database, tenantId, async (sql) => {
    const canary = await findCanary(sql, environment);
    if (!canary.ok) return null;
    const at = host.clock.now();
    const { next_glance_at: next } = nextLooks(stepOf(canary.value), at);
    return (await claimGlance(sql, canary.value, { at, next })) ? canary.value : null;
  });

export interface LookRequest extends Act {
  /** The canary that was judged, as it was then. */
  readonly canary: CanaryRow;
  readonly decision: Decision;
  readonly evaluationId: string;
}

/**
 * Does with a canary what a decision on its runs says: nothing, the next share, its end; or back to the bundle beside it, in the same
 * transaction. Refused: ENVIRONMENT_LOCKED, CANARY_NOT_RUNNING where it went on or ended meanwhile, and what a rollback is refused with.
 */
export const settleLook = (ports: ReleasePorts, request: LookRequest): Promise<Result<Look>> =>
  acting(ports, request, "look", async (sql) => {
    const { environment, canary, decision, evaluationId } = request;
    const found = await findCanary(sql, environment);
    if (!found.ok) return found;
    if (found.value.seq !== canary.seq || found.value.step !== canary.step) return rejected(notRunning(environment));
    const now = ports.host.clock.now();
    const end = lookEnd(found.value, decision, now);
    const { bundle_id, steps, step } = found.value;
    const told = {
      bundle_id,
      end: end.end,
      why: "why" in end ? end.why : null,
      evaluation_id: evaluationId,
      decision_sha256: decision.digest,
    };
    const guidance = guidanceOf(found.value, end, now);
    const payload = {
      ...told,
      guidance: guidance === null ? null : { ...guidance },
      verdict: decision.verdict,
      step,
      share_percent: stepOf({ steps, step }).share_percent,
      runs: decision.evidence.units.run ?? 0,
      gates: decision.gates.map(({ id, status, value, bound, rule }) => ({ id, status, value, bound, rule })),
    };
    await record(ports, sql, request, { type: "environment.canary", payload });
    const done = await DOES[end.end](ports, sql, { request, canary: found.value, end });
    if (!done.ok) return done;
    await touchControl(sql, now);
    return accepted({ ...told, environment, ...done.value, guidance });
  });

interface Judged {
  readonly request: LookRequest;
  readonly canary: CanaryRow;
  readonly end: LookEnd;
}

type Does = (
  ports: ReleasePorts,
  sql: TenantQuery,
  judged: Judged,
) => Promise<Result<Pick<Look, "share_percent" | "holds">>>;

const DOES: { readonly [end in LookEnd["end"]]: Does } = { hold: wait, stall, advance: goOn, pass, abort };

async function wait({ host }: ReleasePorts, sql: TenantQuery, { canary }: Judged) {
  const now = host.clock.now();
  const looks = nextLooks(stepOf(canary), now);
  // One that is not due yet stays where it is: looking often postpones nothing.
  const next_look_at = canary.next_look_at <= now ? looks.next_look_at : canary.next_look_at;
  await moveCanary(sql, { ...canary, ...looks, next_look_at });
  return accepted(standing(canary, canary.step));
}

async function stall(ports: ReleasePorts, sql: TenantQuery, judged: Judged) {
  const { request, canary, end } = judged;
  const now = ports.host.clock.now();
  const reason = `the canary of ${canary.bundle_id} does not come on: ${"why" in end ? end.why : ""}`;
  await hold(ports, sql, { ...request, scope: request.environment, reason });
  await moveCanary(sql, { ...canary, ...nextLooks(stepOf(canary), now), stalled_at: now });
  return accepted(standing(canary, canary.step));
}

async function goOn({ host }: ReleasePorts, sql: TenantQuery, { canary, end }: Judged) {
  const now = host.clock.now();
  const step = end.end === "advance" ? end.step : canary.step;
  const looks = nextLooks(stepOf({ steps: canary.steps, step }), now);
  await moveCanary(sql, { ...canary, ...looks, step, step_since: now, stalled_at: null });
  return accepted(standing(canary, step));
}

async function pass(ports: ReleasePorts, sql: TenantQuery, { request, canary }: Judged) {
  const { environment } = request;
  const { bundle_id } = canary;
  await endCanary(sql, { environment, status: "passed", at: ports.host.clock.now() });
  await setHealth(sql, { environment, bundleId: bundle_id, health: "good" });
  const payload = { bundle_id, health: "good", reason: "its canary passed" };
  await record(ports, sql, request, { type: "environment.health", payload });
  return accepted({ share_percent: null, holds: bundle_id });
}

async function abort(ports: ReleasePorts, sql: TenantQuery, { request, canary, end }: Judged) {
  const reason = `its canary was aborted: ${"why" in end ? end.why : ""}`;
  const asked = { ...request, reason, seen: null, bundleId: canary.baseline_bundle_id, incidentRef: null };
  const done = await goBack(ports, sql, asked, "aborted");
  if (!done.ok) return done;
  return accepted({ share_percent: null, holds: done.value.bundle_id });
}

const standing = ({ bundle_id, steps }: CanaryRow, step: number) => ({
  share_percent: stepOf({ steps, step }).share_percent,
  holds: bundle_id,
});

const notRunning = (environment: string) =>
  ({ code: "CANARY_NOT_RUNNING", message: `no canary of this state runs in ${environment}` }) as const;
