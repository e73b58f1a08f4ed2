import {
  compareVersions,
  digestOf,
  type Instant,
  isSameJson,
  type Json,
  parseInstant,
  parseVersion,
} from "../../contracts/index.ts";
import type { Policy } from "../policy.ts";
import type { GateText, LimitText, PolicyText, ProfileText } from "../policy-shape.ts";
import { compareRationals, parseRational, rationalOf } from "../rational.ts";
import { CHECKS } from "./derive.ts";
import { underFloors } from "./floors.ts";
import { checkedOf, checkedReport, type MadeReport, type Maker, type ReportCheck } from "./made-report.ts";

/*
 * Whether a policy of releases may take the place of the one before it.
 *
 * V1  It keeps the floors that hold for every policy.
 * V2  Whenever its content changed, its version is higher; a version names one content.
 * V3  A change says why.
 * V4  What it lets through that the one before stopped, it lets through under `transitional` and `preview` only, and until an instant
 *     that has not come yet. What nobody can tell apart counts as let through.
 */

/** What goes with a change, for those who ask later. */
export interface ChangeRecord {
  readonly rationale: string;
  /** Until when what was relaxed holds; null where nothing was. */
  readonly expiresAt: string | null;
}

export interface PolicyChange {
  readonly next: Policy;
  /** The one that was merged before; null for the first. */
  readonly previous: Policy | null;
  /** Null where none was brought. */
  readonly record: ChangeRecord | null;
  readonly at: Instant;
}

/** All conditions of a change, in their order. */
export function policyChangeChecks(change: PolicyChange): readonly ReportCheck[] {
  const under = underFloors(change.next, CHECKS);
  return [
    checkedOf("policy_floors", under.length === 0 ? null : under.join("; ")),
    checkedOf("policy_version_increased", versionProblem(change)),
    checkedOf("policy_rationale", rationaleProblem(change)),
    checkedOf("policy_relaxations", relaxationProblem(change)),
  ];
}

/** Report R25: whether the policy of releases may be what it is. */
export const policyReport = (maker: Maker, change: Omit<PolicyChange, "at">): MadeReport =>
  checkedReport(maker, "R25", policyChangeChecks({ ...change, at: maker.at }));

/** Everything but the version: what a version names. */
const contentOf = ({ version: _, ...content }: PolicyText): Json => JSON.parse(JSON.stringify(content));

const isSameContent = (next: Policy, previous: Policy): boolean =>
  digestOf(contentOf(next.text)) === digestOf(contentOf(previous.text));

// V2
function versionProblem({ next, previous }: PolicyChange): string | null {
  if (previous === null) return null;
  const [version, before] = [parseVersion(next.text.version), parseVersion(previous.text.version)];
  if (version === undefined || before === undefined) return "a version cannot be read";
  const order = compareVersions(version, before);
  if (order < 0) return `${next.text.version} is lower than ${previous.text.version}`;
  return order === 0 && !isSameContent(next, previous) ? `it changed, and is still ${next.text.version}` : null;
}

// V3
function rationaleProblem({ next, previous, record }: PolicyChange): string | null {
  if (previous !== null && isSameContent(next, previous)) return null;
  return record !== null && record.rationale.trim() !== "" ? null : "nothing says why it is as it is";
}

const MAY_RELAX: readonly string[] = ["transitional", "preview"];

// V4
function relaxationProblem({ next, previous, record, at }: PolicyChange): string | null {
  if (previous === null) return null;
  const relaxed = relaxations(previous.text, next.text);
  const forbidden = relaxed.filter(({ profile }) => profile === null || !MAY_RELAX.includes(profile));
  if (forbidden.length > 0) return forbidden.map(({ what }) => what).join("; ");
  if (relaxed.length === 0) return null;
  const expiresAt = parseInstant(record?.expiresAt ?? "");
  const told = relaxed.map(({ what }) => what).join("; ");
  if (expiresAt === undefined) return `${told}: the change record says not until when (expires_at)`;
  return at < expiresAt ? null : `${told}: held until ${record?.expiresAt}`;
}

/** Something that is let through and was not, under one profile, or under all where that is null. */
export interface Relaxation {
  readonly profile: string | null;
  readonly what: string;
}

/** What a policy lets through that the one before stopped. */
export function relaxations(before: PolicyText, after: PolicyText): readonly Relaxation[] {
  const everywhere = [...gateRelaxations(before, after), ...waiverRelaxations(before, after)];
  const rest = (policy: PolicyText): Json => {
    const { rows, metrics, derive, params } = policy;
    return JSON.parse(JSON.stringify({ rows, metrics, derive, params }));
  };
  return [
    ...everywhere.map((what) => ({ profile: null, what })),
    ...(isSameJson(rest(before), rest(after)) ? [] : [{ profile: null, what: "what is measured is another" }]),
    ...(after.validity_seconds > before.validity_seconds
      ? [{ profile: null, what: `a GO holds ${after.validity_seconds} seconds, not ${before.validity_seconds}` }]
      : []),
    ...Object.entries(after.profiles).flatMap(([name, profile]) =>
      profileRelaxations(before.profiles[name], profile, severityIn(before, after)).map((what) => ({
        profile: name,
        what: `${name}: ${what}`,
      })),
    ),
  ];
}

function gateRelaxations(before: PolicyText, after: PolicyText): readonly string[] {
  const kept = new Map(after.gates.map((gate) => [gate.id, gate]));
  return before.gates.flatMap((old) => {
    const gate = kept.get(old.id);
    return gate === undefined ? [`${old.id} is gone`] : gateRelaxation(old, gate).map((what) => `${old.id} ${what}`);
  });
}

const SEVERITIES = ["low", "medium", "high", "critical"];
const rank = (severity: string | undefined): number => SEVERITIES.indexOf(severity ?? "critical");

/** Words about a gate that decide nothing. */
const WORDS: readonly string[] = ["title", "group", "remedy", "code"];
/** Members that are compared by what is stricter. */
const ORDERED: readonly string[] = ["limit", "severity", "waivable", "sample_min"];

function gateRelaxation(old: GateText, gate: GateText): readonly string[] {
  const bare = (one: GateText): Json =>
    JSON.parse(
      JSON.stringify(
        Object.fromEntries(Object.entries(one).filter(([name]) => !WORDS.includes(name) && !ORDERED.includes(name))),
      ),
    );
  return [
    ...(isSameJson(bare(old), bare(gate)) ? [] : ["asks for something else"]),
    ...(isLooser(old, gate) ? ["has a looser limit"] : []),
    ...(weighsLess(old.severity, gate.severity) ? ["weighs less"] : []),
    ...(gate.waivable && !old.waivable ? ["may be waived"] : []),
    ...(gate.sample_min < old.sample_min ? ["asks for a smaller sample"] : []),
  ];
}

function isLooser(old: GateText, gate: GateText): boolean {
  if (JSON.stringify(old.limit) === JSON.stringify(gate.limit)) return false;
  const [was, is] = [plainLimit(old.limit), plainLimit(gate.limit)];
  if (was === undefined || is === undefined) return true;
  const order = compareRationals(is, was);
  return gate.op === ">=" || gate.op === ">" ? order < 0n : gate.op === "==" || order > 0n;
}

const plainLimit = (limit: LimitText | undefined) =>
  typeof limit === "number" || typeof limit === "string" ? rationalOf(limit) : undefined;

type Severities = GateText["severity"];

function weighsLess(old: Severities, gate: Severities): boolean {
  const by = (one: Severities, status: "FAIL" | "UNKNOWN" | "INSUFFICIENT") =>
    rank(typeof one === "object" ? one[status] : one);
  return (["FAIL", "UNKNOWN", "INSUFFICIENT"] as const).some((status) => by(gate, status) < by(old, status));
}

function waiverRelaxations({ waivers: old }: PolicyText, { waivers }: PolicyText): readonly string[] {
  if (waivers === undefined || JSON.stringify(old) === JSON.stringify(waivers)) return [];
  if (old === undefined) return ["waivers are taken"];
  const isTighter =
    isSameJson(JSON.parse(JSON.stringify(old.rules)), JSON.parse(JSON.stringify(waivers.rules))) &&
    waivers.approvals >= old.approvals &&
    waivers.ttl_seconds <= old.ttl_seconds &&
    waivers.consecutive_max <= old.consecutive_max &&
    waivers.waived_seconds_max <= old.waived_seconds_max &&
    waivers.waived_seconds_within >= old.waived_seconds_within;
  return isTighter ? [] : ["waivers are easier to have"];
}

const CONDITIONS = ["none", "waived_only", "any"];
/** Parameters of which more is stricter; of any other, less is. */
const MORE_IS_STRICTER = /_min_/;

/** What a gate weighs where the profile says nothing of it. */
const severityIn =
  (before: PolicyText, after: PolicyText) =>
  (gate: string): readonly [old: Severities, now: Severities] => [severityOf(before, gate), severityOf(after, gate)];

const severityOf = ({ gates }: PolicyText, id: string): Severities => gates.find((gate) => gate.id === id)?.severity;

function profileRelaxations(
  old: ProfileText | undefined,
  profile: ProfileText,
  plain: ReturnType<typeof severityIn>,
): readonly string[] {
  if (old === undefined) return ["it is new"];
  const budgets = (["high", "medium", "waived"] as const).filter(
    (name) => (profile.budget[name] ?? 0) > (old.budget[name] ?? 0),
  );
  const left = profile.excluded.filter((entry) => !old.excluded.includes(entry));
  const params = [...new Set([...Object.keys(old.params), ...Object.keys(profile.params)])].filter((name) =>
    isLooserParam(name, old.params[name], profile.params[name]),
  );
  const lighter = [...new Set([...Object.keys(old.severities), ...Object.keys(profile.severities)])].filter((gate) =>
    weighsLess(old.severities[gate] ?? plain(gate)[0], profile.severities[gate] ?? plain(gate)[1]),
  );
  return [
    ...budgets.map((name) => `more ${name} findings are borne`),
    ...(CONDITIONS.indexOf(profile.conditions) > CONDITIONS.indexOf(old.conditions)
      ? ["a GO may have more conditions"]
      : []),
    ...left.map((entry) => `${entry} is left out`),
    ...params.map((name) => `${name} is looser`),
    ...lighter.map((gate) => `${gate} weighs less`),
  ];
}

function isLooserParam(name: string, old: number | string | undefined, now: number | string | undefined): boolean {
  if (old === now) return false;
  const [was, is] = [parseRational(old ?? ""), parseRational(now ?? "")];
  if (was === undefined || is === undefined) return true;
  const order = compareRationals(is, was);
  return MORE_IS_STRICTER.test(name) ? order < 0n : order > 0n;
}
