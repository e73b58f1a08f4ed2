import { accepted, after, formatInstant, type Instant, instant, type Result, rejected } from "../contracts/index.ts";
import { type Decision, type GateRow, type GateStatus, sealed } from "./decision.ts";
import { judge } from "./judge.ts";
import { inOrder, type MeasuredUnits, UnitMeasures } from "./measure.ts";
import type { Measures } from "./measurement.ts";
import { excludes, type Policy, profileNamed } from "./policy.ts";
import type { ProfileText } from "./policy-shape.ts";
import type { EvidenceHead, EvidenceSet } from "./unit.ts";
import { applyWaivers, type Waived } from "./waiver.ts";
import { timeOf, type WaiverInput } from "./waiver-rules.ts";
import { missingFact, type Window, windowOf } from "./window.ts";

/** Everything that a decision depends on. */
export interface EvaluationInput extends JudgingInput {
  readonly evidence: EvidenceSet;
}

/** The same, but for the units: somebody else measures those. */
export interface JudgingInput {
  readonly policy: Policy;
  /** Needed where the policy has profiles; the one name that is there where it has one. */
  readonly profile: string | null;
  readonly evidence: EvidenceHead;
  readonly decidedAt: Instant;
  /** Null where none are offered. */
  readonly waivers: WaiverInput | null;
}

/** A decision, and what each metric came to: exports list more than a decision cites. */
export interface Evaluation {
  readonly decision: Decision;
  readonly measurements: ReadonlyMap<string, MeasuredUnits>;
}

/**
 * Decides. Pure: the same policy, evidence and instant give the same bytes, in whatever order the evidence came. Refused with
 * `GATE_PROFILE_UNKNOWN` where the policy has no such profile, and with `GATE_EVIDENCE_MISSING` where the evidence does not bring
 * what the window is laid by; whatever else is wrong with evidence is in the decision, never refused.
 */
export function evaluate(input: EvaluationInput): Result<Evaluation> {
  const laid = layOut(input, input.evidence.facts);
  if (!laid.ok) return laid;
  const { policy, evidence, decidedAt } = input;
  const measures = new UnitMeasures({ policy, evidence, window: laid.value.window, decidedAt });
  return accepted({ decision: decide(input, laid.value, measures), measurements: measures.whole });
}

/** What is known before anything is measured: the profile and the window. */
export interface Layout {
  readonly name: string | null;
  readonly profile: ProfileText;
  readonly window: Window | null;
}

/** Refused as `evaluate` is. */
export function layOut(
  { policy, profile: asked, decidedAt }: Omit<JudgingInput, "evidence">,
  facts: EvidenceHead["facts"],
): Result<Layout> {
  const profiles = Object.keys(policy.text.profiles);
  const name = asked ?? (profiles.length === 1 ? (profiles[0] ?? null) : null);
  const profile = name === null && profiles.length === 0 ? NO_PROFILE : profileNamed(policy.text, name);
  if (profile === undefined) {
    const said = name === null ? "the policy has several profiles" : `the policy has no profile \`${name}\``;
    const message = `${said}: there are ${profiles.join(", ") || "none"}`;
    return rejected({ code: "GATE_PROFILE_UNKNOWN", message, details: { profiles } });
  }
  const fact = missingFact(policy.text.window, facts);
  if (fact !== null)
    return rejected({
      code: "GATE_EVIDENCE_MISSING",
      message: `the evidence does not bring \`${fact}\`, by which the window is laid`,
    });
  return accepted({ name, profile, window: windowOf(policy.text.window, facts, decidedAt) });
}

/** Judges what was measured. */
export function decide(input: JudgingInput, layout: Layout, measures: Measures): Decision {
  const { policy, evidence, decidedAt } = input;
  const { name, profile } = layout;
  const params = { ...policy.text.params, ...profile.params };
  const bench = { policy, evidence, measures, params, severities: profile.severities };
  const rows = policy.text.gates.flatMap((gate) => judge(gate, bench));
  const standing = standingOf(rows, input, profile);
  const waived = applyWaivers(standing, policy, name, input.waivers, decidedAt);
  return decisionOf(input, layout, waived, measures);
}

const NO_PROFILE: ProfileText = { params: {}, severities: {}, budget: {}, conditions: "none", excluded: [] };

/** Rows as they count: what does not apply, what the profile leaves out, then what another gate excuses. */
function standingOf(rows: readonly GateRow[], { policy }: JudgingInput, profile: ProfileText): readonly GateRow[] {
  const passed = new Set(rows.filter(({ status }) => status === "PASS").map(({ id }) => id));
  return rows.map((row) => {
    if (row.standing === "excluded") return row;
    const gate = policy.text.gates.find(({ id }) => excludes(row.id, id));
    const isExcluded = profile.excluded.some(
      (entry) => entry === row.id || entry === gate?.id || isAllOf(entry, row.id),
    );
    if (isExcluded) return { ...row, standing: "excluded" };
    const excuse = gate?.excused_by;
    const isExcused = excuse?.statuses.some((status) => status === row.status) === true && passed.has(excuse.gate);
    return isExcused ? { ...row, standing: "excused" } : row;
  });
}

const isAllOf = (entry: string, rowId: string): boolean => entry.endsWith(":*") && rowId.startsWith(entry.slice(0, -1));

function decisionOf(
  { policy, evidence, decidedAt }: JudgingInput,
  { name, profile, window }: Layout,
  { rows: gates, waivers }: Waived,
  measures: Measures,
): Decision {
  const { id, version, validity_seconds, derive } = policy.text;
  const document: Omit<Decision, "digest"> = {
    schema: "countermark.decision.v1",
    policy: { id, version, digest: policy.digest },
    profile: name,
    decided_at: formatInstant(decidedAt),
    valid_until: formatInstant(validUntil(after(decidedAt, validity_seconds * 1000), waivers)),
    window:
      window === null
        ? null
        : { start: formatInstant(window.start), end: formatInstant(window.end), cutoff: formatInstant(window.cutoff) },
    evidence: {
      digest: evidence.digest,
      derived_by: derive,
      sources: evidence.sources,
      units: measures.units,
      ...(evidence.ledger === undefined ? {} : { ledger: evidence.ledger }),
    },
    gates,
    groups: policy.text.groups.map(({ id: group, title }) => ({
      id: group,
      title,
      status: worstOf(gates.filter((row) => row.group === group && row.standing === "counts")),
    })),
    waivers,
    ...verdictOf(gates, profile),
  };
  return sealed(document);
}

/** No decision outlasts a waiver that it rests on. */
const validUntil = (until: Instant, { applied }: Decision["waivers"]): Instant =>
  instant(Math.min(until, ...applied.map(({ expires_at }) => timeOf(expires_at))));

/** Fails if any row fails; else is not known if any is not; a group of nothing has passed. */
function worstOf(rows: readonly GateRow[]): GateStatus {
  const order = ["FAIL", "UNKNOWN", "INSUFFICIENT"] as const;
  return order.find((status) => rows.some((row) => row.status === status)) ?? "PASS";
}

type Verdict = Pick<Decision, "spent" | "verdict" | "conditions" | "blocked_by" | "cause">;

/** GO where what misses fits the budget of its severity, and the profile bears the conditions that this leaves. */
function verdictOf(gates: readonly GateRow[], { budget, conditions: borne }: ProfileText): Verdict {
  const counting = gates.filter(({ standing, severity }) => standing === "counts" && severity !== null);
  const of = (severity: GateRow["severity"]) => counting.filter((row) => row.severity === severity);
  const waived = gates.filter(({ standing }) => standing === "waived");
  const [critical, high, medium, low] = [of("critical"), of("high"), of("medium"), of("low")];
  const spent = {
    critical: critical.length,
    high: high.length,
    medium: medium.length,
    low: low.length,
    waived: waived.length,
  };
  const over = [
    ...critical,
    ...(high.length > (budget.high ?? 0) ? high : []),
    ...(medium.length > (budget.medium ?? 0) ? medium : []),
    ...(waived.length > (budget.waived ?? 0) ? waived : []),
  ];
  const missed = [...high, ...medium];
  const unborne = over.length > 0 ? over : unborneOf(borne, missed, waived);
  return {
    spent,
    verdict: unborne.length === 0 ? "GO" : "NO-GO",
    conditions: idsOf([...missed, ...waived]),
    blocked_by: idsOf(unborne),
    cause: unborne.length === 0 ? null : unborne.some(isFailure) ? "failed" : "missing",
  };
}

/** Rows within the budget that the profile does not bear as conditions. */
function unborneOf(
  borne: ProfileText["conditions"],
  missed: readonly GateRow[],
  waived: readonly GateRow[],
): readonly GateRow[] {
  if (borne === "any") return [];
  return borne === "waived_only" ? missed : [...missed, ...waived];
}

const isFailure = ({ status, standing }: GateRow): boolean => status === "FAIL" || standing === "waived";

const idsOf = (rows: readonly GateRow[]): readonly string[] => rows.map(({ id }) => id).toSorted(inOrder);
