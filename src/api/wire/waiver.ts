import { z } from "@hono/zod-openapi";
import { codeEntry, type Instant, type Refusal, transitionOf } from "../../contracts/index.ts";
import {
  approverBar,
  lackOf,
  type Roster,
  type StoredWaiver,
  stateAt,
  termsDigest,
  termsOf,
  WAIVER_MACHINE,
} from "../../release/index.ts";
import type { Caller } from "../http/caller.ts";
import { hasRight } from "../http/rights.ts";
import { act, actBarredBy } from "./act.ts";
import { digest, name, time, timeOf, timeOrNull } from "./parts.ts";

export const waiverState = z.enum(["requested", "approved", "revoked", "expired"]);

/** Its own shape is that of a waiver file's entry. */
const terms = z.record(z.string(), z.unknown()).openapi("WaiverTerms");

export const waiver = z
  .strictObject({
    waiver_id: name,
    state: waiverState,
    policy: z.strictObject({ id: z.string(), version: z.string(), digest: z.string() }),
    gate: z.string(),
    subject: z.string().nullable(),
    measured_value: z.string().nullable(),
    reason: z.string(),
    requested_by: z.string(),
    created_at: time,
    expires_at: time,
    /** Since when decisions use it; null while approvals are missing. */
    in_force_at: time.nullable(),
    ended_at: time.nullable(),
    approvals: z
      .array(
        z.strictObject({ approver: z.string(), role: z.string(), approved_at: time, key_id: z.string().nullable() }),
      )
      .readonly(),
    approvals_needed: z.int(),
    /** Roles that no approver has yet, of those that one has to have. */
    roles_missing: z.array(z.string()).readonly(),
    /** What approvers sign: the waiver as it was asked for. */
    waiver: terms,
    /** Of the terms in their canonical form: what an approval is signed about. */
    terms_sha256: digest,
  })
  .openapi("Waiver");

export const waiverWithActions = waiver.extend({
  actions: z.array(act(z.enum(["approve", "revoke"]))).readonly(),
  /** In which roles the reader may approve it, those that are missing first. */
  approves_as: z.array(z.string()).readonly(),
  /**
   * From when the like may be asked for again, and for how long at most: what its policy's limits on waivers in a row and on time
   * waived leave. Null while it waits, and where its policy is not known here.
   */
  renewal: z.strictObject({ from: time, seconds_max: z.int() }).nullable(),
});

export function waiverView(stored: StoredWaiver, now: Instant): z.output<typeof waiver> {
  const { waiver: entry, subject, gate, waiver_id } = stored;
  return {
    waiver_id,
    state: stateAt(stored, now),
    policy: { id: stored.policy_id, version: entry.policy?.version ?? "", digest: entry.policy?.digest ?? "" },
    gate,
    subject,
    measured_value: entry.measured_value ?? null,
    reason: entry.reason,
    requested_by: entry.requested_by,
    created_at: timeOf(stored.created_at),
    expires_at: timeOf(stored.expires_at),
    in_force_at: timeOrNull(stored.in_force_at),
    ended_at: timeOrNull(stored.ended_at),
    approvals: entry.approvals.map(({ approver, role, approved_at, signature }) => ({
      approver,
      role,
      approved_at,
      key_id: SIGNED.safeParse(signature).data?.signatures[0].keyid ?? null,
    })),
    approvals_needed: stored.approvals_needed,
    roles_missing: lackOf(stored).roles,
    waiver: { ...termsOf(entry) },
    terms_sha256: termsDigest(termsOf(entry)),
  };
}

const SIGNED = z.looseObject({ signatures: z.tuple([z.looseObject({ keyid: z.string() })]) });

/** What the reader may do with a waiver, and if not, why. */
export function waiverActions(
  stored: StoredWaiver,
  caller: Caller,
  at: { readonly roster: Roster; readonly now: Instant },
) {
  const state = stateAt(stored, at.now);
  const who = { by: caller.principalId, isPerson: caller.kind === "person" };
  const keys = at.roster.keys.filter(({ principal, roles }) => principal === who.by && roles.includes("approver"));
  const missing = lackOf(stored).roles;
  const approves_as = [...new Set(keys.flatMap((key) => key.approves_as))].sort(
    (a, b) => Number(missing.includes(b)) - Number(missing.includes(a)) || (a < b ? -1 : 1),
  );
  const opened = (to: "approved" | "revoked"): Refusal | null => {
    const moved = transitionOf(WAIVER_MACHINE, state, to);
    return moved.ok ? null : moved.refusal;
  };
  const approve =
    opened("approved") ??
    (hasRight(caller.role, ["approve"]) ? null : ROLE) ??
    approverBar(stored, who) ??
    (approves_as.length > 0 ? null : NO_KEY);
  const revoke = opened("revoked") ?? (hasRight(caller.role, ["operate", "approve"]) ? null : ROLE);
  return { actions: [actBarredBy("approve", approve), actBarredBy("revoke", revoke)], approves_as };
}

const ROLE: Refusal = { code: "ROLE_REQUIRED", message: codeEntry("ROLE_REQUIRED").meaning };
const NO_KEY: Refusal = {
  code: "WAIVER_APPROVER_INVALID",
  message: "the roster has no key of yours that signs approvals",
};
