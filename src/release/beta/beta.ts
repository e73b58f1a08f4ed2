import {
  type Code,
  formatInstant,
  type Instant,
  isJsonObject,
  parseJson,
  type Refusal,
} from "../../contracts/index.ts";
import type { Hold } from "../environment/environment.ts";

/*
 * Where the beta of extensions stands. Pure: facts in, what follows out.
 *
 * T1 A signoff that says NO-GO turns the beta off and holds what extensions apply. A GO turns nothing on and lifts nothing.
 * T2 The beta is turned on by a person who quotes the report of the last signoff, while that is a GO which holds, and nothing is
 *    held.
 * T3 A hold that rests on a signoff is lifted by a correction for each gate that failed, and a later GO whose window begins after
 *    the last of them.
 * T4 What must never happen, while the beta is on, turns it off at once and holds.
 */

/** What the last signoff said, and whether the beta is on. */
export interface Beta {
  readonly enabled: boolean;
  readonly verdict: "GO" | "NO-GO";
  readonly evaluation_id: string;
  readonly report_sha256: string;
  readonly window_start: Instant;
  readonly decided_at: Instant;
  readonly valid_until: Instant;
}

/** What a hold rests on: the document `signoff.hold.v1`. */
export interface HoldBasis {
  readonly schema: "signoff.hold.v1";
  readonly reportHash: string;
  /** Of the first signoff that this hold, or one that it replaces, rests on. */
  readonly since: string;
  readonly decidedAt: string;
  /** Each needs a correction. */
  readonly gates: readonly string[];
  readonly items: readonly number[];
  readonly metrics: readonly string[];
}

/** A signoff as it was recorded. */
export interface Signoff extends Omit<Beta, "enabled"> {
  readonly failed: Pick<HoldBasis, "gates" | "items" | "metrics">;
}

/** Where the beta stands after a signoff (T1). */
export function afterSignoff(before: Beta | undefined, { failed: _, ...signoff }: Signoff): Beta {
  return { ...signoff, enabled: before?.enabled === true && signoff.verdict === "GO" };
}

/** What the hold of a signoff rests on, together with those that it replaces: what they found is not mended by a newer finding. */
export function basisOf(signoff: Signoff, replaced: readonly HoldBasis[]): HoldBasis {
  const at = formatInstant(signoff.decided_at);
  const own = { ...signoff.failed, since: at, decidedAt: at };
  const all = [...replaced, own];
  return {
    schema: "signoff.hold.v1",
    reportHash: signoff.report_sha256,
    since: all.map(({ since }) => since).toSorted()[0] ?? at,
    decidedAt:
      all
        .map(({ decidedAt }) => decidedAt)
        .toSorted()
        .at(-1) ?? at,
    gates: [...new Set(all.flatMap(({ gates }) => gates))],
    items: [...new Set(all.flatMap(({ items }) => items))],
    metrics: [...new Set(all.flatMap(({ metrics }) => metrics))],
  };
}

/** Why the beta may not be turned on by who quotes a report (T2); null where it may. */
export function enableProblem(
  beta: Beta | undefined,
  {
    hold,
    reportSha256,
    now,
  }: { readonly hold: Hold | undefined; readonly reportSha256: string; readonly now: Instant },
): Refusal | null {
  if (hold !== undefined) return no("BETA_HELD", `the beta is held: ${hold.reason}`);
  if (beta === undefined) return no("BETA_SIGNOFF_MISSING", "no signoff of the beta was recorded");
  if (beta.report_sha256 !== reportSha256)
    return no("BETA_SIGNOFF_MISSING", "the last signoff has another report than the one quoted");
  if (beta.verdict === "NO-GO") return no("BETA_SIGNOFF_MISSING", "the last signoff says NO-GO");
  return beta.decided_at <= now && now < beta.valid_until
    ? null
    : no("BETA_SIGNOFF_MISSING", `the last signoff holds until ${formatInstant(beta.valid_until)}`);
}

/** That what a gate found was mended, when, and how that is known. Wire form. */
export interface Correction {
  readonly gate_id: string;
  readonly corrected_at: Instant;
  readonly evidence: string;
}

/** Why a hold may not be lifted yet (T3); null where it may. */
export function liftProblem(
  basis: HoldBasis,
  {
    beta,
    corrections,
    now,
  }: { readonly beta: Beta | undefined; readonly corrections: readonly Correction[]; readonly now: Instant },
): Refusal | null {
  const open = basis.gates.filter((gate) => !corrections.some(({ gate_id }) => gate_id === gate));
  if (open.length > 0) return uncorrected(`no correction of ${open.join(", ")}`, { gates: open });
  const last = Math.max(...corrections.map(({ corrected_at }) => corrected_at));
  if (last > now) return uncorrected("a correction is of a time that has not come");
  if (beta === undefined || beta.verdict === "NO-GO" || formatInstant(beta.decided_at) <= basis.decidedAt)
    return uncorrected("no signoff since says GO");
  if (beta.decided_at > now || now >= beta.valid_until)
    return uncorrected(`the GO since holds until ${formatInstant(beta.valid_until)}`);
  return beta.window_start >= last
    ? null
    : uncorrected(`the window of the GO begins at ${formatInstant(beta.window_start)}, before the last correction`);
}

const uncorrected = (message: string, details?: Refusal["details"]): Refusal => ({
  code: "HOLD_CORRECTIONS_MISSING",
  message,
  ...(details === undefined ? {} : { details }),
});

const no = (code: Code, message: string): Refusal => ({ code, message });

/** What must never happen while the beta is on, each with the gate that it breaks. */
export const INCIDENTS = {
  policy_violation: "S-SLO-3",
  failed_terminal: "no_terminal_failure",
  approval_bypass: "S-SLO-1",
} as const;

export interface Incident {
  readonly kind: keyof typeof INCIDENTS;
  readonly channel: "prod_traffic" | "controlled_fixture";
  /** Where it is recorded. */
  readonly evidence: string;
}

/** What a hold for an incident rests on (T4); null where it calls for none: the beta is off, or a fixture was meant to be refused. */
export function basisOfIncident(beta: Beta | undefined, { kind, channel }: Incident, now: Instant): HoldBasis | null {
  if (beta === undefined || !beta.enabled) return null;
  if (kind === "policy_violation" && channel !== "prod_traffic") return null;
  const at = formatInstant(now);
  return {
    schema: "signoff.hold.v1",
    reportHash: beta.report_sha256,
    since: at,
    decidedAt: at,
    gates: [INCIDENTS[kind]],
    items: [kind === "failed_terminal" ? 5 : 4],
    metrics: kind === "failed_terminal" ? [] : [INCIDENTS[kind]],
  };
}

/** What a hold rests on, as it was stored; null where a person's word lifts it. */
export function storedBasis({ basis }: Hold): HoldBasis | null {
  if (basis === null) return null;
  const parsed = parseJson(basis);
  const document = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const texts = (name: string) => (Array.isArray(document[name]) ? document[name].map(String) : []);
  const text = (name: string) => String(document[name] ?? "");
  return {
    schema: "signoff.hold.v1",
    reportHash: text("reportHash"),
    since: text("since"),
    decidedAt: text("decidedAt"),
    gates: texts("gates"),
    items: texts("items").map(Number),
    metrics: texts("metrics"),
  };
}
