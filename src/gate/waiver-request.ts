import {
  accepted,
  type Code,
  type Instant,
  type Json,
  type Refusal,
  type Result,
  rejected,
} from "../contracts/index.ts";
import type { GateRow } from "./decision.ts";
import { bearsWaived, excludes, type Policy, profileNamed } from "./policy.ts";
import {
  type Court,
  demandedOf,
  type Found,
  gateIssue,
  measureIssue,
  type PastWaiver,
  timeIssue,
  undecided,
} from "./waiver-rules.ts";
import { entryOf, type Waiver } from "./waiver-shape.ts";

/** A waiver as it is asked for, and what it is judged by. */
export interface WaiverRequest {
  /** An entry of a waiver file without approvals. */
  readonly entry: Json;
  readonly policy: Policy;
  /** The decision that it was asked for because of; null where none is named. */
  readonly rows: readonly GateRow[] | null;
  readonly history: readonly PastWaiver[];
  /** Where a waiver may be for. */
  readonly environments: readonly string[];
  readonly now: Instant;
}

/** A request that is in order, and who has to approve it. */
export interface JudgedRequest {
  readonly waiver: Waiver;
  readonly approvals: number;
  /** Roles that one of the approvers has to have, each. */
  readonly roles: readonly string[];
}

/**
 * Judges a request by every rule that a decision would judge the waiver by, as far as it can be known already. Refused:
 * WAIVER_FIELD_INVALID, WAIVER_GATE_UNKNOWN, WAIVER_GATE_NOT_WAIVABLE, WAIVER_TTL_EXCEEDED, WAIVER_EXPIRED, WAIVER_RENEWAL_LIMIT,
 * WAIVER_NOT_NEEDED; each names the field, and in `details.rule` the code of the decision that it spares.
 */
export function judgeRequest({
  entry,
  policy,
  rows,
  history,
  environments,
  now,
}: WaiverRequest): Result<JudgedRequest> {
  const read = entryOf(entry, 0);
  if (!read.ok) return no({ code: "invalid_field", detail: read.broken.detail }, fieldOf(read.broken.path));
  const { waiver } = read;
  const { waivers: rules } = policy.text;
  if (rules === undefined) return no({ code: "non_waivable_class", detail: "the policy takes no waivers" });
  const court: Court = { rows: rows ?? [], policy, profile: null, input: undecided(history), decidedAt: now, rules };
  const found =
    rowIssue(waiver, policy, rows) ??
    gateIssue(waiver, court) ??
    placesIssue(waiver, environments) ??
    profilesIssue(waiver, policy) ??
    budgetIssue(waiver, policy) ??
    timeIssue(waiver, court) ??
    (rows === null ? null : measureIssue(waiver, court));
  if (found !== null) return no(found);
  const { count, roles } = demandedOf(waiver, rules);
  return accepted({ waiver, approvals: count, roles: [...new Set(roles)] });
}

type Problem = Pick<NonNullable<Found>, "code" | "detail"> & { readonly field?: string };

/** A waiver covers one row, by its exact id. */
function rowIssue({ check_id }: Waiver, { text }: Policy, rows: readonly GateRow[] | null): Problem | null {
  const gate = text.gates.find(({ id }) => excludes(check_id, id));
  const isRow =
    rows === null
      ? gate !== undefined && (gate.each === undefined) === (gate.id === check_id)
      : rows.some(({ id }) => id === check_id);
  if (isRow) return null;
  const known =
    rows === null
      ? text.gates.map(({ id, each }) => (each === undefined ? id : `${id}:${each}`))
      : rows.map(({ id }) => id);
  return { code: "unknown_check", detail: `there is no gate \`${check_id}\`: there are ${known.join(", ")}` };
}

/** A waiver is for some place that there is: for a misspelled one it would be approved, and be of no use. */
function placesIssue({ scope }: Waiver, known: readonly string[]): Problem | null {
  const what = amiss(scope.environments, known);
  if (what === null) return null;
  const detail = `scope.environments: ${what}: there are ${known.join(", ")}`;
  return { code: "invalid_field", detail, field: "$.scope.environments" };
}

/** And for profiles that there are, where there are any. */
function profilesIssue({ scope }: Waiver, { text }: Policy): Problem | null {
  const known = Object.keys(text.profiles);
  const what = scope.profiles.length === 0 && known.length === 0 ? null : amiss(scope.profiles, known);
  if (what === null) return null;
  const detail = `scope.profiles: ${what}: the policy has ${known.join(", ") || "none"}`;
  return { code: "invalid_field", detail, field: "$.scope.profiles" };
}

/** What is wrong with names that have to be some of those that there are; null where nothing is. */
function amiss(names: readonly string[], known: readonly string[]): string | null {
  const foreign = names.find((name) => !known.includes(name));
  if (foreign !== undefined) return `there is no \`${foreign}\``;
  return names.length === 0 ? "names at least one" : null;
}

/** Whether a GO could rest on it at all. */
function budgetIssue({ scope }: Waiver, { text }: Policy): Problem | null {
  const unbearing = scope.profiles.filter((name) => !bearsWaived(profileNamed(text, name))).join(", ");
  if (scope.profiles.length > 0 && unbearing === "") return null;
  const where = unbearing === "" ? "without profiles" : `under ${unbearing}`;
  const detail = `${where} the policy bears no waived gate: see \`budget.waived\` and \`conditions\` of profiles`;
  return { code: "over_budget", detail };
}

/** The refusal of a request by the code that a decision would reject the waiver with, and the field that it is about. */
const REFUSALS: { readonly [code: string]: readonly [code: Code, field: string] } = {
  invalid_field: ["WAIVER_FIELD_INVALID", "$.remediation.due_at"],
  unknown_check: ["WAIVER_GATE_UNKNOWN", "$.gate"],
  non_waivable_class: ["WAIVER_GATE_NOT_WAIVABLE", "$.gate"],
  ttl_exceeded: ["WAIVER_TTL_EXCEEDED", "$.expires_at"],
  expired: ["WAIVER_EXPIRED", "$.expires_at"],
  over_budget: ["WAIVER_GATE_NOT_WAIVABLE", "$.scope.profiles"],
  renewal_limit: ["WAIVER_RENEWAL_LIMIT", "$.gate"],
  unused: ["WAIVER_NOT_NEEDED", "$.gate"],
  measurement_worsened: ["WAIVER_FIELD_INVALID", "$.measured_value"],
};

function no({ code, detail, field }: Problem, path = field): { readonly ok: false; readonly refusal: Refusal } {
  const [refused, about] = REFUSALS[code] ?? ["WAIVER_FIELD_INVALID", "$"];
  return rejected({ code: refused, message: detail, field_path: path ?? about, details: { rule: code } });
}

/** A request's members are those of an entry but for two. */
const fieldOf = (path: string): string =>
  path === "check_id" ? "$.gate" : path === "bundle_digest" ? "$.subject" : `$.${path}`;
