import { canonicalText, type Instant, type Json, type Result } from "../../contracts/index.ts";
import type { UnprovedApproval, Waiver, WaiverInput } from "../../gate/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Roster } from "../bundle/trust.ts";
import { approvalProblem, type Trust } from "./proof.ts";
import { pastWaivers, waiversInForce } from "./queries.ts";

/** A decision that waivers are looked up for. */
export interface OfferedTo {
  readonly policy: string;
  readonly place: WaiverInput["place"];
  readonly decidedAt: Instant;
  readonly now: Instant;
  /** Read only where there is something to trust. */
  readonly readTrust: () => Promise<Result<Roster>>;
}

/**
 * What a decision is offered: the waivers in force for its policy and subject, with what their approvers signed, who may approve as
 * what by the roster, which approvals are not proved, and when gates of this policy were waived before. Null: none is in force.
 */
export async function offeredWaivers(sql: TenantQuery, asked: OfferedTo): Promise<Result<WaiverInput | null>> {
  const { policy, place, decidedAt, now } = asked;
  const stored = await waiversInForce(sql, { policy, subject: place.bundle_digest, at: decidedAt });
  if (stored.length === 0) return { ok: true, value: null };
  const roster = await asked.readTrust();
  if (!roster.ok) return roster;
  const waivers = stored.map(({ waiver }) => waiver);
  const history = await pastWaivers(sql, { policy, at: decidedAt });
  const unproved = unprovedIn(waivers, { roster: roster.value, at: now });
  return {
    ok: true,
    value: {
      source: canonicalText(fileOf(waivers)),
      roster: approversOf(waivers, roster.value),
      place,
      history: history.map(({ check_id, from, until }) => ({ check_id, from, until })),
      ...(unproved.length === 0 ? {} : { unproved }),
    },
  };
}

/** Waivers as the file in which anybody may bring them. */
export const fileOf = (waivers: readonly Waiver[]): Json =>
  JSON.parse(JSON.stringify({ contract: "release_exceptions_v2", exceptions: waivers }));

/** Approvals that are not proved, with the code of why. */
export const unprovedIn = (waivers: readonly Waiver[], trust: Trust): readonly UnprovedApproval[] =>
  waivers.flatMap((waiver) =>
    waiver.approvals.flatMap((approval) => {
      const problem = approvalProblem(waiver, approval, trust);
      const { waiver_id } = waiver;
      const { approver } = approval;
      return problem === null ? [] : [{ waiver_id, approver, detail: `${problem.code}: ${problem.message}` }];
    }),
  );

/** Of the approvers of these waivers, the roles in which the roster lets them approve. */
function approversOf(waivers: readonly Waiver[], { keys }: Roster): WaiverInput["roster"] {
  const people = [...new Set(waivers.flatMap(({ approvals }) => approvals.map(({ approver }) => approver)))].sort();
  return Object.fromEntries(
    people.map((person) => [
      person,
      [
        ...new Set(keys.filter(({ principal }) => principal === person).flatMap(({ approves_as }) => approves_as)),
      ].sort(),
    ]),
  );
}
