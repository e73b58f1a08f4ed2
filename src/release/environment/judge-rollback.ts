import { z } from "zod";
import {
  accepted,
  assert,
  isJsonObject,
  type JsonObject,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { Decision } from "../../gate/index.ts";
import { readStreamOf } from "../../ledger/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { type Act, acting, type ReleasePorts, record } from "./act.ts";
import { currentOf, type Environment, streamOf, willServe } from "./environment.ts";
import { hold, lift } from "./holds.ts";
import { activeHolds, heldBundles } from "./queries.ts";
import { gateWord, type PutBack, ROLLBACK_REPORT, type RollbackReport, rollbackReport } from "./rollback-report.ts";
import { saidOf } from "./said.ts";
import { verifyHeld } from "./verify-held.ts";

/** The rollback by which an environment came to what it holds, and what was said of it last. */
export interface StandingRollback {
  /** Of the move, in the environment's stream. */
  readonly seq: number;
  readonly back: PutBack;
  /** Null where it was not judged yet. */
  readonly judged: JudgedRollback | null;
}

/** What was said of a rollback. Wire form. */
export interface JudgedRollback {
  readonly report: RollbackReport;
  /** The hold that keeps the environment for it; null where it is complete. */
  readonly hold_id: string | null;
}

/** The rollback by which an environment came to what it holds. Refused with ROLLBACK_NOT_FOUND. */
export const findRollback = (
  ports: ReleasePorts,
  { tenantId, environment }: Pick<Act, "tenantId" | "environment">,
): Promise<Result<StandingRollback>> =>
  inTenant(ports.database, tenantId, (sql) => standingRollback(ports, sql, environment));

const ROLLED_BACK = z.object({
  marked_bad: z.string(),
  selection_rule: ROLLBACK_REPORT.unwrap().shape.selection_rule,
  reason: z.string(),
  incident_ref: z.string().nullable(),
  started_at: z.string(),
});

/** Judgements of one rollback that are read; more than anybody asks for. */
const JUDGED_MAX = 1_000;

async function standingRollback(
  ports: ReleasePorts,
  sql: TenantQuery,
  environment: Environment,
): Promise<Result<StandingRollback>> {
  const held = await heldBundles(sql);
  const current = currentOf(held, environment);
  if (current === undefined) return rejected(notBack(environment));
  const [moved, ...since] = await readStreamOf(sql, {
    stream: streamOf(environment),
    types: ["environment.promoted", "environment.rolled_back", "environment.rollback_judged"],
    after: current.last_seq - 1,
    limit: JUDGED_MAX,
  });
  const entry = ROLLED_BACK.safeParse(memberOf(moved?.payload));
  if (moved?.type !== "environment.rolled_back" || !entry.success) return rejected(notBack(environment));
  const { manifest, report: verification } = await verifyHeld(ports, sql, current);
  assert(manifest !== null, "what an environment was put onto verified, so it has a manifest");
  const { marked_bad, selection_rule, reason, incident_ref, started_at } = entry.data;
  const back: PutBack = {
    environment,
    from: marked_bad,
    manifest,
    verification,
    selectionRule: selection_rule,
    isServed: willServe(held, environment),
    reason,
    incidentRef: incident_ref,
    by: moved.actor,
    startedAt: parseInstant(started_at) ?? moved.at,
    switchedAt: moved.at,
  };
  return accepted({ seq: moved.seq, back, judged: judgedIn(since.at(-1)?.payload) });
}

function judgedIn(payload: string | null | undefined): JudgedRollback | null {
  const { hold_id = null, ...said } = memberOf(payload);
  const report = ROLLBACK_REPORT.safeParse(said);
  return report.success ? { report: report.data, hold_id: typeof hold_id === "string" ? hold_id : null } : null;
}

function memberOf(payload: string | null | undefined): JsonObject {
  const parsed = parseJson(payload ?? "{}");
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
}

export interface RollbackJudgement extends Act {
  readonly rollback: StandingRollback;
  /** On what ran on the bundle that the environment holds again; null where that could not be judged. */
  readonly evaluated: { readonly decision: Decision; readonly evaluationId: string } | null;
}

/**
 * W49, RBK-04: says whether a rollback is complete, and records it. Where the gate does not say go, or what ran on the bundle is bad too or
 * too little to tell, the environment is held; it keeps the bundle that it was put onto. Judged again, it is held no longer once it is
 * complete. Refused with ENVIRONMENT_LOCKED, and with ROLLBACK_NOT_FOUND where the environment was moved meanwhile.
 */
export const judgeRollback = (ports: ReleasePorts, request: RollbackJudgement): Promise<Result<JudgedRollback>> =>
  acting(ports, request, "judge", async (sql) => {
    const { environment, evaluated, rollback } = request;
    const standing = await standingRollback(ports, sql, environment);
    if (!standing.ok) return standing;
    if (standing.value.seq !== rollback.seq) return rejected(notBack(environment));
    const { back, judged } = standing.value;
    const { manifest } = back;
    const finishedAt = ports.host.clock.now();
    const evaluations = await saidOf(ports, sql, { manifest, until: finishedAt });
    const report = rollbackReport(back, { gate: gateWord(manifest, environment, evaluations), evaluated, finishedAt });
    const hold_id = await heldFor(ports, sql, request, { report, before: judged?.hold_id ?? null });
    await record(ports, sql, request, {
      type: "environment.rollback_judged",
      payload: { ...JSON.parse(JSON.stringify(report)), hold_id },
    });
    return accepted({ report, hold_id });
  });

/** Holds the environment while its rollback is not complete, and no longer. */
async function heldFor(
  ports: ReleasePorts,
  sql: TenantQuery,
  request: RollbackJudgement,
  { report, before }: { readonly report: RollbackReport; readonly before: string | null },
): Promise<string | null> {
  const { environment, evaluated } = request;
  const standing = (await activeHolds(sql)).find(({ hold_id }) => hold_id === before);
  if (report.status === "passed") {
    const reason = "the rollback is complete";
    if (standing !== undefined)
      await lift(ports, sql, { ...request, reason, holdId: standing.hold_id, corrections: [] });
    return null;
  }
  if (standing !== undefined) return standing.hold_id;
  const reason = `rollback incomplete: gate ${report.gate_decision}, canary ${report.canary.status}${lackingIn(evaluated)}`;
  return (await hold(ports, sql, { ...request, scope: environment, reason })).hold_id;
}

/** The rows that keep what ran on it from being known to be well. */
function lackingIn(evaluated: RollbackJudgement["evaluated"]): string {
  const blocking = evaluated?.decision.blocked_by ?? [];
  return blocking.length === 0 ? "" : ` (${blocking.join(", ")})`;
}

const notBack = (environment: Environment) =>
  ({ code: "ROLLBACK_NOT_FOUND", message: `${environment} holds nothing that it was put back onto` }) as const;
