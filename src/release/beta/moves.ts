import {
  canonicalText,
  type Json,
  type JsonObject,
  parseInstant,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { Decision, SignoffReport } from "../../gate/index.ts";
import { type ApplyHold, touchControl } from "../../guard/index.ts";
import { recordAct } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { ReleasePorts } from "../environment/act.ts";
import type { Hold } from "../environment/environment.ts";
import { activeHolds, insertHold, liftHold } from "../environment/queries.ts";
import {
  afterSignoff,
  type Beta,
  basisOf,
  basisOfIncident,
  type Correction,
  enableProblem,
  type HoldBasis,
  type Incident,
  liftProblem,
  type Signoff,
  storedBasis,
} from "./beta.ts";
import { findBeta, lockBeta, setBetaEnabled, upsertBeta } from "./queries.ts";

/** Who acts on a beta, and with what. Everything here happens in the caller's transaction. */
export interface BetaActor {
  readonly ports: Pick<ReleasePorts, "host">;
  readonly sql: TenantQuery;
  readonly tenantId: string;
  readonly by: string;
}

/** The policy whose decisions are signoffs of the beta. */
export const BETA_POLICY = "dual-track-beta";

/**
 * Versions of it that come with the program: a GO of another text under this name counts for nothing, while a NO-GO always holds.
 * Released ones stay.
 */
export const BETA_POLICY_SHA256: readonly string[] = [
  "50bc5cafcf8697b9103b3b3f022d3135f57edd76a16b9579cb5a995449e74f65",
];

/** Puts down what a recorded evaluation of `BETA_POLICY` said; NO-GO turns the beta off and holds what extensions apply (T1). */
export async function recordSignoff(
  actor: BetaActor,
  {
    decision,
    report,
    evaluationId,
  }: { readonly decision: Decision; readonly report: SignoffReport; readonly evaluationId: string },
): Promise<void> {
  const isOurs = BETA_POLICY_SHA256.includes(decision.policy.digest);
  const signoff = signoffOf(decision, report, evaluationId);
  if (signoff === null || (signoff.verdict === "GO" && !isOurs)) return;
  const { sql, by, ports } = actor;
  const at = ports.host.clock.now();
  await upsertBeta(sql, afterSignoff(await lockBeta(sql), signoff), { by, at });
  if (signoff.verdict === "GO") return;
  const replaced = await releaseReplaced(actor, `evaluation ${evaluationId} says NO-GO again`);
  await placeBetaHold(actor, `its signoff says NO-GO at ${decision.decided_at}`, basisOf(signoff, replaced));
}

function signoffOf(decision: Decision, report: SignoffReport, evaluation_id: string): Signoff | null {
  const [windowStart, decidedAt, validUntil] = [
    parseInstant(decision.window?.start ?? ""),
    parseInstant(decision.decided_at),
    parseInstant(decision.valid_until),
  ];
  if (windowStart === undefined || decidedAt === undefined || validUntil === undefined) return null;
  return {
    verdict: decision.verdict,
    evaluation_id,
    report_sha256: report.reportHash,
    window_start: windowStart,
    decided_at: decidedAt,
    valid_until: validUntil,
    failed: {
      gates: decision.blocked_by,
      items: report.items.flatMap(({ item, status }) => (status === "PASS" ? [] : [item])),
      metrics: report.metrics.flatMap(({ id, status }) => (status === "PASS" ? [] : [id])),
    },
  };
}

/** Turns the beta on for who quotes the last signoff's report (T2). Refused: BETA_HELD, BETA_SIGNOFF_MISSING. */
export async function enableBeta(actor: BetaActor, reportSha256: string): Promise<Result<BetaStanding>> {
  const { sql, by, ports } = actor;
  const now = ports.host.clock.now();
  const beta = await lockBeta(sql);
  const problem = enableProblem(beta, { hold: await betaHold(sql), reportSha256, now });
  if (problem !== null) return rejected(problem);
  await setBetaEnabled(sql, true, { by, at: now });
  await append(actor, "beta.enabled", { report_sha256: reportSha256 });
  return { ok: true, value: await betaStanding(sql) };
}

/** Turns the beta off; extensions go on applying what they may. */
export async function disableBeta(actor: BetaActor, reason: string): Promise<BetaStanding> {
  const { sql, by, ports } = actor;
  await setBetaEnabled(sql, false, { by, at: ports.host.clock.now() });
  await append(actor, "beta.disabled", { reason });
  return betaStanding(sql);
}

/** Records what must never happen; while the beta is on it turns it off at once and holds (T4). */
export async function reportIncident(actor: BetaActor, incident: Incident): Promise<BetaStanding> {
  const { sql, by, ports } = actor;
  const at = ports.host.clock.now();
  const basis = basisOfIncident(await lockBeta(sql), incident, at);
  await append(actor, "beta.incident", { ...incident, held: basis !== null });
  if (basis !== null) {
    await setBetaEnabled(sql, false, { by, at });
    await placeBetaHold(actor, `${incident.kind} while it was on: ${incident.evidence}`, basis);
  }
  return betaStanding(sql);
}

/** Why a hold of the beta may not be lifted yet (T3); null where it may, and for holds that a person's word lifts. */
export async function liftBar(
  { sql, ports }: Pick<BetaActor, "sql" | "ports">,
  hold: Hold,
  corrections: readonly Correction[],
): Promise<Refusal | null> {
  const basis = storedBasis(hold);
  if (basis === null) return null;
  return liftProblem(basis, { beta: await lockBeta(sql), corrections, now: ports.host.clock.now() });
}

/** Where the beta stands: what its last signoff said, whether it is on, and what holds it. */
export interface BetaStanding {
  readonly beta: Beta | undefined;
  readonly hold: Hold | undefined;
}

export const betaStanding = async (sql: TenantQuery): Promise<BetaStanding> => ({
  beta: await findBeta(sql),
  hold: await betaHold(sql),
});

const betaHold = async (sql: TenantQuery): Promise<Hold | undefined> =>
  (await activeHolds(sql)).find(({ scope }) => scope === "beta");

/** What keeps the current tenant's extensions from applying changes; null where nothing does. */
export async function readApplyHold(sql: TenantQuery): Promise<ApplyHold | null> {
  const hold = await betaHold(sql);
  return hold === undefined ? null : { holdId: hold.hold_id, reason: hold.reason };
}

/** Ends the holds that rest on earlier signoffs, since a new one takes what they rest on over. */
async function releaseReplaced({ sql, by, ports }: BetaActor, reason: string): Promise<readonly HoldBasis[]> {
  const replaced: HoldBasis[] = [];
  for (const hold of await activeHolds(sql)) {
    const basis = hold.scope === "beta" ? storedBasis(hold) : null;
    if (basis === null) continue;
    replaced.push(basis);
    await liftHold(sql, { holdId: hold.hold_id, by, reason, at: ports.host.clock.now() });
  }
  return replaced;
}

async function placeBetaHold(actor: BetaActor, reason: string, basis: HoldBasis): Promise<void> {
  const { sql, by, ports } = actor;
  const { host } = ports;
  const document: Json = JSON.parse(JSON.stringify(basis));
  const hold: Hold = {
    hold_id: host.ids.next(),
    scope: "beta",
    reason,
    placed_by: by,
    placed_at: host.clock.now(),
    basis: canonicalText(document),
  };
  await insertHold(sql, hold);
  await touchControl(sql, hold.placed_at);
  await append(actor, "hold.placed", { hold_id: hold.hold_id, scope: hold.scope, reason, basis: document });
}

const append = ({ sql, ports, tenantId, by }: BetaActor, type: string, payload: JsonObject) =>
  recordAct(sql, ports.host, { tenantId, by, type, payload });
