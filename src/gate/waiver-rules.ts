import { assert, type Instant, parseInstant } from "../contracts/index.ts";
import type { GateRow } from "./decision.ts";
import { excludes, type Policy } from "./policy.ts";
import type { GateSeverity, WaiverRules } from "./policy-shape.ts";
import { compareRationals, parseRational } from "./rational.ts";
import type { Waiver, WaiverEntry } from "./waiver-shape.ts";

/** Exceptions that are offered to a decision, and all that they are judged by. */
export interface WaiverInput {
  /** The file, as it was read. */
  readonly source: string;
  /** Who may approve, with their roles. */
  readonly roster: { readonly [identity: string]: readonly string[] };
  /** What is decided about. */
  readonly place: {
    readonly branch: string | null;
    readonly environment: string | null;
    readonly commit: string | null;
    readonly bundle_digest: string | null;
  };
  /** Waivers of before, by gate. */
  readonly history: readonly PastWaiver[];
  /** Approvals whose signatures do not prove them, as whoever looked at the signatures found. */
  readonly unproved?: readonly UnprovedApproval[] | undefined;
}

/** What a waiver is judged by while nothing is decided yet: its gate's past, in no place. */
export const undecided = (history: readonly PastWaiver[]): WaiverInput => ({
  source: "",
  roster: {},
  place: { branch: null, environment: null, commit: null, bundle_digest: null },
  history,
});

export interface UnprovedApproval {
  readonly waiver_id: string;
  readonly approver: string;
  readonly detail: string;
}

export interface PastWaiver {
  readonly check_id: string;
  readonly from: Instant;
  readonly until: Instant;
}

/** Before whom a waiver stands. */
export interface Court {
  readonly rows: readonly GateRow[];
  readonly policy: Policy;
  readonly profile: string | null;
  readonly input: WaiverInput;
  readonly decidedAt: Instant;
  readonly rules: WaiverRules;
}

/** Why an entry has no effect. */
export interface Issue {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly severity: GateSeverity;
}

/** The first rule that an entry breaks; null where it is valid. */
export function issueOf(entry: WaiverEntry, court: Court): Issue | null {
  if (!entry.ok) return { ...entry.broken, severity: "medium" };
  const { waiver } = entry;
  const found =
    gateIssue(waiver, court) ??
    approvalIssue(waiver, court) ??
    timeIssue(waiver, court) ??
    placeIssue(waiver, court) ??
    measureIssue(waiver, court);
  return found === null ? null : { id: waiver.waiver_id, ...found };
}

export type Found = Omit<Issue, "id"> | null;
const medium = (code: string, detail: string): Found => ({ code, detail, severity: "medium" });
const low = (code: string, detail: string): Found => ({ code, detail, severity: "low" });

export function gateIssue(
  { check_id, created_at, expires_at, remediation }: Waiver,
  { policy, rows, decidedAt }: Court,
): Found {
  const gate = policy.text.gates.find(({ id }) => excludes(check_id, id));
  if (gate === undefined) return medium("unknown_check", `there is no gate ${check_id}`);
  if (!gate.waivable) return medium("non_waivable_class", `${check_id} is not waivable`);
  if (rows.some(({ id, severity }) => id === check_id && severity === "critical"))
    return medium("non_waivable_class", `${check_id} misses as critical, which nothing waives`);
  if (timeOf(created_at) > decidedAt) return medium("invalid_field", "created_at is in the future");
  return timeOf(remediation.due_at) > timeOf(expires_at)
    ? medium("invalid_field", "remediation.due_at is after expires_at")
    : null;
}

function approvalIssue(waiver: Waiver, { input, rules, decidedAt }: Court): Found {
  const { approvals, requested_by } = waiver;
  const unproved = input.unproved?.find(({ waiver_id }) => waiver_id === waiver.waiver_id);
  if (unproved !== undefined) return medium("approver_invalid", `${unproved.approver}: ${unproved.detail}`);
  const roster = new Map(Object.entries(input.roster));
  const foreign = approvals.find(({ approver, role }) => roster.get(approver)?.includes(role) !== true);
  if (foreign !== undefined)
    return medium("approver_invalid", `${foreign.approver} does not approve as ${foreign.role}`);
  if (approvals.some(({ approver }) => approver === requested_by))
    return medium("approver_is_requester", `${requested_by} asked for it`);
  const early = approvals.find(({ approved_at }) => timeOf(approved_at) > decidedAt);
  if (early !== undefined) return medium("approver_invalid", `${early.approver} approves in the future`);
  const people = new Set(approvals.map(({ approver }) => approver));
  const { count, roles } = demandedOf(waiver, rules);
  if (people.size < count) return medium("approvals_insufficient", `${people.size} of ${count} approvers`);
  const lacking = roles.find((role) => !approvals.some((approval) => approval.role === role));
  return lacking === undefined ? null : medium("approvals_insufficient", `no approver is ${lacking}`);
}

/** Rules that tighten what is asked of a waiver. */
const rulesFor = ({ check_id, scope }: Waiver, { rules }: WaiverRules) =>
  rules.filter(
    ({ environments, gates }) =>
      environments.some((environment) => scope.environments.includes(environment)) ||
      gates.some((gate) => excludes(check_id, gate)),
  );

/** What is asked of a waiver: how many approvers, which roles among them, how long it may hold. */
export function demandedOf(waiver: Waiver, rules: WaiverRules) {
  const matching = rulesFor(waiver, rules);
  return {
    count: Math.max(rules.approvals, ...matching.map(({ approvals = 0 }) => approvals)),
    roles: matching.flatMap(({ role }) => (role === undefined ? [] : [role])),
    ttlSeconds: Math.min(rules.ttl_seconds, ...matching.map(({ ttl_seconds = rules.ttl_seconds }) => ttl_seconds)),
  };
}

export function timeIssue(waiver: Waiver, { rules, input, decidedAt }: Court): Found {
  const [from, until] = [timeOf(waiver.created_at), timeOf(waiver.expires_at)];
  const { ttlSeconds } = demandedOf(waiver, rules);
  if (until - from > ttlSeconds * 1000) return medium("ttl_exceeded", `longer than ${ttlSeconds / 86_400} days`);
  if (until <= decidedAt) return low("expired", `expired at ${waiver.expires_at}`);
  const past = input.history.filter(({ check_id }) => check_id === waiver.check_id);
  if (chainBefore(past, from) + 1 > rules.consecutive_max)
    return medium("renewal_limit", `more than ${rules.consecutive_max} in a row`);
  const since = until - rules.waived_seconds_within * 1000;
  const waivedMs = coveredMs([...past, { from, until }], since, until);
  return waivedMs > rules.waived_seconds_max * 1000
    ? medium(
        "renewal_limit",
        `more than ${rules.waived_seconds_max / 86_400} days waived of ${rules.waived_seconds_within / 86_400}`,
      )
    : null;
}

interface Interval {
  readonly from: number;
  readonly until: number;
}

/** How many waivers lead up to an instant without a gap. */
function chainBefore(past: readonly Interval[], from: number): number {
  const earlier = past.filter((one) => one.from < from && one.until >= from);
  return earlier.length === 0 ? 0 : 1 + Math.max(...earlier.map((one) => chainBefore(past, one.from)));
}

/** Milliseconds of a span that intervals cover, each counted once. */
function coveredMs(intervals: readonly Interval[], since: number, until: number): number {
  let [covered, reached] = [0, since];
  for (const { from, until: end } of intervals.toSorted((a, b) => a.from - b.from)) {
    const [begin, stop] = [Math.max(from, reached), Math.min(end, until)];
    covered += Math.max(stop - begin, 0);
    reached = Math.max(reached, stop);
  }
  return covered;
}

function placeIssue({ scope, bundle_digest, policy: asked }: Waiver, { input, profile, policy }: Court): Found {
  if (asked !== undefined && asked.digest !== policy.digest)
    return low("out_of_scope", `it is for ${asked.id} ${asked.version} as it was then`);
  const { branch, environment, commit, bundle_digest: bundle } = input.place;
  const isOutside =
    (branch !== null && !scope.branches.includes(branch)) ||
    (environment !== null && !scope.environments.includes(environment)) ||
    (commit !== null && scope.commits !== undefined && !scope.commits.includes(commit)) ||
    (profile !== null && !scope.profiles.includes(profile));
  if (isOutside) return low("out_of_scope", "it is for another branch, environment, commit or profile");
  return bundle !== null && bundle_digest !== bundle ? low("out_of_scope", "it is for another bundle") : null;
}

export function measureIssue({ check_id, measured_value }: Waiver, { rows, policy }: Court): Found {
  const row = rows.find(({ id }) => id === check_id);
  if (row === undefined || row.status === "PASS" || row.standing !== "counts")
    return low("unused", `${check_id} needs none`);
  const [before, now] = [parseRational(measured_value ?? ""), parseRational(row.value ?? "")];
  if (measured_value === undefined || now === undefined) return null;
  const op = policy.text.gates.find(({ id }) => excludes(check_id, id))?.op;
  return before === undefined || isWorse(op, compareRationals(now, before))
    ? low("measurement_worsened", `${row.value} is worse than the ${measured_value} that it was given for`)
    : null;
}

const isWorse = (op: Policy["text"]["gates"][number]["op"] | undefined, change: bigint): boolean =>
  op === "==" ? change !== 0n : op === "<=" || op === "<" ? change > 0n : change < 0n;

/** An instant of a waiver. */
export function timeOf(text: string): Instant {
  const at = parseInstant(text);
  assert(at !== undefined, "a waiver's instants were checked when it was read");
  return at;
}
