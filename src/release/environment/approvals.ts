import { formatInstant, type Instant, type Refusal } from "../../contracts/index.ts";
import type { Environment } from "./environment.ts";

/*
 * PRM-06: who agreed that a bundle comes into an environment.
 *
 * A1 An approval is of one environment and one root digest, which the approver stated; it holds for seven days at most.
 * A2 Nobody approves what is their own: neither whoever built the bundle, nor whoever brought it in first. Agents approve nothing.
 * A3 What counts are people, not approvals; into prod, one of them administers the tenant.
 */

/** One approval, as it is recorded. Wire form. */
export interface PromotionApproval {
  readonly approval_id: string;
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly approver: string;
  /** Of the key that was used. */
  readonly role: string;
  readonly statement: string;
  readonly approved_at: Instant;
  readonly expires_at: Instant;
}

/** The longest that an approval holds. */
export const APPROVAL_DAYS_MAX = 7;

/** The role that answers for what goes to customers. */
const RELEASE_OWNER = "admin";

export interface ApprovalFacts {
  readonly to: Environment;
  readonly rootDigest: string;
  /** Whose it is: they do not count. */
  readonly authors: readonly string[];
  /** How many the environment asks for. */
  readonly needed: number;
  readonly approvals: readonly PromotionApproval[];
  readonly now: Instant;
}

/** The approvals that count now: of this digest and environment, in force, the newest of each person who is no author. */
export function countedApprovals(facts: ApprovalFacts): readonly PromotionApproval[] {
  const { to, rootDigest, authors, approvals, now } = facts;
  const inForce = approvals.filter(
    (one) =>
      one.environment === to &&
      one.root_digest === rootDigest && // A1
      one.approved_at <= now &&
      now < one.expires_at &&
      !authors.includes(one.approver), // A2
  );
  return [...new Map(inForce.map((one) => [one.approver, one])).values()]; // A3
}

/** What is missing; null where nothing is. */
export function approvalsProblem(facts: ApprovalFacts): Refusal | null {
  const { to, needed } = facts;
  if (needed === 0) return null;
  const counted = countedApprovals(facts);
  const who = counted.map(({ approver, expires_at }) => `${approver} until ${formatInstant(expires_at)}`).join(", ");
  if (counted.length < needed)
    return lacking(
      `${to} needs ${needed} who approve; there ${counted.length === 1 ? "is" : "are"} ${counted.length}${who === "" ? "" : `: ${who}`}`,
    );
  if (to === "prod" && !counted.some(({ role }) => role === RELEASE_OWNER))
    // A3
    return lacking(`one who approves for prod has to be of role ${RELEASE_OWNER}; there are: ${who}`);
  return null;
}

const lacking = (message: string): Refusal => ({ code: "APPROVALS_SATISFIED", message });
