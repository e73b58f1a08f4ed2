import {
  accepted,
  assert,
  formatInstant,
  type Host,
  type Instant,
  instant,
  isJsonObject,
  type Json,
  parseInstant,
  type Refusal,
  type Result,
  rejected,
  transitionOf,
} from "../../contracts/index.ts";
import { type Decision, findEvaluation, judgeRequest, type Policy, policyIn, type Waiver } from "../../gate/index.ts";
import { type ArtifactStore, recordAct } from "../../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import type { Envelope } from "../bundle/dsse.ts";
import type { Roster } from "../bundle/trust.ts";
import { ENVIRONMENTS } from "../environment/environment.ts";
import { storedPacket } from "../packet/stored.ts";
import { provedApproval } from "./proof.ts";
import {
  insertWaiver,
  lockOverdueWaivers,
  lockWaiver,
  nextWaiverNumber,
  pastWaivers,
  updateWaiver,
} from "./queries.ts";
import { termsDigest, termsOf } from "./statement.ts";
import { lackOf, type StoredWaiver, stateAt, streamOfWaiver, WAIVER_MACHINE } from "./waiver.ts";

/*
 * What people do with waivers: ask for one, approve it, take it back.
 *
 * W1 An act is one transaction: the entry in the waiver's stream, and the row that says where it came to, or neither.
 * W2 Who asked never approves, nobody approves twice, and only people do: people are counted.
 * W3 An act that is refused changes nothing, and is recorded.
 */

/** What acts on waivers reach the world through. */
export interface WaiverPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "clock" | "ids">;
  readonly artifacts: ArtifactStore;
}

interface Act {
  readonly tenantId: string;
  /** The principal who acts. */
  readonly by: string;
}

export interface AskedWaiver extends Act {
  /** The policy as it is written; null where the evaluation brings it. */
  readonly policy: string | null;
  /** The recorded evaluation because of which it is asked for, by id or digest; null where there is none. */
  readonly evaluation: string | null;
  readonly gate: string;
  /** Null: as the evaluation has it. */
  readonly subject: string | null;
  readonly measuredValue: string | null;
  readonly reason: string;
  readonly remediation: Json;
  readonly scope: Json;
  readonly expiresAt: string;
}

/**
 * Asks for a waiver; nothing is waived before it is approved. Refused as `judgeRequest` refuses, GATE_EVALUATION_NOT_FOUND, GATE_POLICY_*
 * and REQUEST_INVALID for neither policy nor evaluation.
 */
export const requestWaiver = (ports: WaiverPorts, asked: AskedWaiver): Promise<Result<StoredWaiver>> =>
  acting(ports, asked, "request", async (sql) => {
    const now = ports.host.clock.now();
    const about = await groundOf(ports, sql, asked);
    if (!about.ok) return about;
    const { policy, decision, subject } = about.value;
    const { id, version } = policy.text;
    const rows = decision?.gates ?? null;
    const measured = asked.measuredValue ?? rows?.find((row) => row.id === asked.gate)?.value ?? null;
    const year = formatInstant(now).slice(0, 4);
    const waiver_id = `W-${year}-${String(await nextWaiverNumber(sql, year)).padStart(4, "0")}`;
    const entry = {
      waiver_id,
      check_id: asked.gate,
      reason: asked.reason,
      remediation: asked.remediation,
      requested_by: asked.by,
      created_at: formatInstant(now),
      approvals: [],
      expires_at: asked.expiresAt,
      scope: scopeOf(asked.scope, policy, decision),
      ...(measured === null ? {} : { measured_value: measured }),
      ...(subject === null ? {} : { bundle_digest: subject }),
      policy: { id, version, digest: policy.digest },
    };
    const history = await pastWaivers(sql, { policy: id, at: now });
    const judged = judgeRequest({ entry, policy, rows, history, environments: ENVIRONMENTS, now });
    if (!judged.ok) return judged;
    const { waiver, approvals: approvals_needed, roles: roles_needed } = judged.value;
    const stored: StoredWaiver = {
      waiver_id,
      policy_id: id,
      gate: waiver.check_id,
      subject,
      state: "requested",
      waiver,
      approvals_needed,
      roles_needed,
      created_at: now,
      expires_at: instantIn(waiver.expires_at),
      in_force_at: null,
      ended_at: null,
    };
    await insertWaiver(sql, stored);
    const payload = { waiver: jsonOf(termsOf(waiver)), approvals_needed, roles_needed };
    await append(ports, sql, asked, { waiverId: waiver_id, type: "waiver.requested", payload });
    return accepted(stored);
  });

/** What a scope does not say: no branch, and the profile of the decision, or the only one. */
function scopeOf(scope: Json, { text }: Policy, decision: Decision | null): Json {
  const known = Object.keys(text.profiles);
  const profiles =
    decision === null ? (known.length === 1 ? known : []) : decision.profile === null ? [] : [decision.profile];
  return isJsonObject(scope) ? { branches: [], profiles, ...scope } : scope;
}

interface Ground {
  readonly policy: Policy;
  readonly decision: Decision | null;
  readonly subject: string | null;
}

/** The policy that is asked of an exception, and the decision that is the reason. */
async function groundOf(
  { artifacts }: WaiverPorts,
  sql: TenantQuery,
  { policy: given, evaluation, subject }: AskedWaiver,
): Promise<Result<Ground>> {
  if (evaluation === null) {
    if (given === null) return no("REQUEST_INVALID", "give `evaluation`, or the `policy` itself");
    const policy = policyIn(given);
    return policy.ok ? accepted({ policy: policy.value, decision: null, subject }) : policy;
  }
  const row = await findEvaluation(sql, evaluation);
  if (row === undefined) return no("GATE_EVALUATION_NOT_FOUND", `there is no evaluation \`${evaluation}\``);
  const packet = await storedPacket(artifacts, sql, row);
  if (!packet.ok) return packet;
  const policy = policyIn(given ?? packet.value.policy);
  if (!policy.ok) return policy;
  const { decision } = packet.value;
  if (policy.value.digest !== decision.policy.digest)
    return no("REQUEST_INVALID", "the evaluation was not made by this policy");
  if (subject !== null && subject !== row.subject)
    return no("REQUEST_INVALID", `the evaluation is about ${row.subject ?? "nothing in particular"}`);
  return accepted({ policy: policy.value, decision, subject: row.subject });
}

export interface WaiverApproval extends Act {
  readonly waiverId: string;
  readonly isPerson: boolean;
  /** What the approver signed. */
  readonly envelope: Envelope;
  /** Whose signatures count; never from the request. */
  readonly roster: Roster;
}

/** How far the approver's clock may be from ours. */
const SIGNED_MS_MAX = 5 * 60_000;

/**
 * Adds a person's signed approval; the last that is missing puts the waiver in force. Refused: WAIVER_NOT_FOUND,
 * STATE_TRANSITION_ILLEGAL, WAIVER_APPROVER_IS_REQUESTER, WAIVER_APPROVED_ALREADY, WAIVER_STATEMENT_INVALID, WAIVER_APPROVER_INVALID, and
 * BUNDLE_* for a key that does not count.
 */
export const approveWaiver = (ports: WaiverPorts, act: WaiverApproval): Promise<Result<StoredWaiver>> =>
  acting(ports, act, "approve", async (sql) => {
    const now = ports.host.clock.now();
    const stored = await lockWaiver(sql, act.waiverId);
    if (stored === undefined) return notFound(act.waiverId);
    const open = transitionOf(WAIVER_MACHINE, stateAt(stored, now), "approved");
    if (!open.ok) return open;
    const bar = approverBar(stored, act);
    if (bar !== null) return rejected(bar);
    const proved = provedApproval(act.envelope, { roster: act.roster, at: now });
    if (!proved.ok) return proved;
    const { approver, role, approved_at, waiver: terms } = proved.value;
    if (termsDigest(terms) !== termsDigest(termsOf(stored.waiver)))
      return no("WAIVER_STATEMENT_INVALID", `what was signed is not ${stored.waiver_id} as it was asked for`);
    if (approver !== act.by)
      return no("WAIVER_APPROVER_INVALID", `\`${approver}\` signed it, and \`${act.by}\` sends it`);
    const at = instantIn(approved_at);
    if (Math.abs(at - now) > SIGNED_MS_MAX)
      return no("WAIVER_STATEMENT_INVALID", `it was signed at ${approved_at}, and it is ${formatInstant(now)}`);
    const approval = { approver, role, approved_at, method: "dsse", signature: jsonOf(act.envelope) };
    const approved = approvedBy(stored, approval, now);
    await updateWaiver(sql, approved);
    const lack = lackOf(approved);
    const payload = { approval, state: approved.state, missing: lack.approvals, missing_roles: lack.roles };
    await append(ports, sql, act, { waiverId: act.waiverId, type: "waiver.approved", payload });
    return accepted(approved);
  });

/** Why somebody may not approve a waiver, whatever they signed (W2); null where they may. */
export function approverBar(
  { waiver }: StoredWaiver,
  { by, isPerson }: { readonly by: string; readonly isPerson: boolean },
): Refusal | null {
  if (!isPerson) return { code: "WAIVER_APPROVER_INVALID", message: "only people approve" };
  if (waiver.requested_by === by)
    return { code: "WAIVER_APPROVER_IS_REQUESTER", message: `\`${by}\` asked for ${waiver.waiver_id}` };
  return waiver.approvals.some(({ approver }) => approver === by)
    ? { code: "WAIVER_APPROVED_ALREADY", message: `\`${by}\` approved ${waiver.waiver_id} before` }
    : null;
}

/** A waiver with one more approval; in force from the last that it needs, not before any of them was given. */
function approvedBy(stored: StoredWaiver, approval: Waiver["approvals"][number], now: Instant): StoredWaiver {
  const waiver = { ...stored.waiver, approvals: [...stored.waiver.approvals, approval] };
  const lack = lackOf({ ...stored, waiver });
  if (lack.approvals > 0 || lack.roles.length > 0) return { ...stored, waiver };
  const last = Math.max(now, ...waiver.approvals.map(({ approved_at }) => instantIn(approved_at)));
  return { ...stored, waiver, state: "approved", in_force_at: instant(last) };
}

export interface WaiverRevocation extends Act {
  readonly waiverId: string;
  readonly reason: string;
}

/** Takes a waiver back, in force or not: no decision uses it from now on. Refused: WAIVER_NOT_FOUND, STATE_TRANSITION_ILLEGAL. */
export const revokeWaiver = (ports: WaiverPorts, act: WaiverRevocation): Promise<Result<StoredWaiver>> =>
  acting(ports, act, "revoke", async (sql) => {
    const now = ports.host.clock.now();
    const stored = await lockWaiver(sql, act.waiverId);
    if (stored === undefined) return notFound(act.waiverId);
    const moved = transitionOf(WAIVER_MACHINE, stateAt(stored, now), "revoked");
    if (!moved.ok) return moved;
    const revoked = { ...stored, state: moved.value, ended_at: now };
    await updateWaiver(sql, revoked);
    const payload = { reason: act.reason };
    await append(ports, sql, act, { waiverId: act.waiverId, type: "waiver.revoked", payload });
    return accepted(revoked);
  });

/** Who is said to end what time ends. */
const CLOCK = "clock";

/** Records which waivers are over, once each; whoever acts on waivers or decides does so. */
export async function recordExpired(
  { host }: Pick<WaiverPorts, "host">,
  sql: TenantQuery,
  tenantId: string,
): Promise<void> {
  for (const stored of await lockOverdueWaivers(sql, host.clock.now())) {
    await updateWaiver(sql, { ...stored, state: "expired", ended_at: stored.expires_at });
    const payload = { expires_at: formatInstant(stored.expires_at), was: stored.state };
    await append(
      { host },
      sql,
      { tenantId, by: CLOCK },
      { waiverId: stored.waiver_id, type: "waiver.expired", payload },
    );
  }
}

/** One act on waivers; a refusal is recorded in the audit stream (W3). */
function acting<T>(
  ports: WaiverPorts,
  act: Act & { readonly waiverId?: string },
  what: string,
  work: (sql: TenantQuery) => Promise<Result<T>>,
): Promise<Result<T>> {
  return inTenant(ports.database, act.tenantId, async (sql) => {
    await recordExpired(ports, sql, act.tenantId);
    const done = await work(sql);
    if (!done.ok) {
      const { code, message } = done.refusal;
      const payload = { waiver: act.waiverId ?? null, act: what, code, message };
      await append(ports, sql, act, { waiverId: null, type: "waiver.refused", payload });
    }
    return done;
  });
}

const append = (
  { host }: Pick<WaiverPorts, "host">,
  sql: TenantQuery,
  { tenantId, by }: Act,
  { waiverId, ...event }: { readonly waiverId: string | null; readonly type: string; readonly payload: Json },
) =>
  recordAct(sql, host, {
    tenantId,
    by,
    ...(waiverId === null ? {} : { stream: streamOfWaiver(waiverId), correlation: waiverId }),
    ...event,
  });

/** Members that are not there are left out. */
const jsonOf = (value: object): Json => JSON.parse(JSON.stringify(value));

function instantIn(text: string): Instant {
  const at = parseInstant(text);
  assert(at !== undefined, "a waiver's instants were checked when it was read");
  return at;
}

const no = (code: Refusal["code"], message: string) => rejected({ code, message });

const notFound = (waiverId: string) => no("WAIVER_NOT_FOUND", `there is no waiver \`${waiverId}\``);
