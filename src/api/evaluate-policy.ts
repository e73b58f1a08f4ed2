import { accepted, after, type Instant, type Result, rejected } from "../contracts/index.ts";
import {
  countEvaluations,
  cutoffOf,
  DERIVATIONS,
  type Decision,
  type EvaluationRow,
  type EvidenceFile,
  evaluateFiles,
  evidenceOfAnother,
  evidenceSince,
  judgingPolicyIn,
  ledgerEvidence,
  MEASURED_FILE,
  measuredJson,
  type Policy,
  type SignoffReport,
  signoffReport,
  type WaiverInput,
} from "../gate/index.ts";
import { receiptsBetween } from "../ledger/index.ts";
import {
  BETA_POLICY,
  findBundle,
  offeredWaivers,
  recordDecision,
  recordExpired,
  recordSignoff,
} from "../release/index.ts";
import { endedRuns, runsOnPack } from "../run/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import { evaluateCounting } from "./count-ledger.ts";
import type { Installation } from "./installation.ts";

/** What evaluations reach the world through. */
type EvaluationPorts = Pick<Installation, "artifacts" | "readTrust"> & {
  readonly database: Pick<Installation["database"], "app">;
  readonly host: Pick<Installation["host"], "clock" | "ids">;
};

/** Rows of one kind that an evaluation reads from the ledger. */
const EVIDENCE_ROWS_MAX = 100_000;

export interface AskedEvaluation {
  readonly tenantId: string;
  readonly by: string;
  /** The policy as it was written. */
  readonly policy: string;
  readonly profile: string | null;
  /** What the decision is about, such as a bundle's digest. */
  readonly subject: string | null;
  /** The version of a pack whose runs alone are judged, and their effects, where the ledger is; null for all. */
  readonly packDigest: string | null;
  /** From when on the ledger is looked at, where the policy's window begins earlier; that of the window unless told. */
  readonly since?: Instant;
  /** Files to judge by; null for what the tenant's ledger holds. */
  readonly evidence: readonly EvidenceFile[] | null;
  /** Null for now. */
  readonly decidedAt: Instant | null;
  /** What waivers have to be for; null where they are not asked. */
  readonly branch: string | null;
  readonly environment: string | null;
  readonly commit: string | null;
}

/** A decision as it was recorded, and how many evaluations of its policy about its subject there are by now. */
export interface RecordedEvaluation {
  readonly evaluation: EvaluationRow;
  readonly decision: Decision;
  readonly count: number;
}

/**
 * Evaluates a policy and records that, whatever comes of it: an event of the policy's stream, a row, and the packet from which it is
 * decided again. More of a ledger than is read is counted where it is. Refused: GATE_POLICY_*, GATE_UNSATISFIABLE,
 * GATE_PROFILE_UNKNOWN, GATE_DERIVATION_UNKNOWN, GATE_EVIDENCE_MISSING, GATE_EVIDENCE_TOO_LARGE, GATE_EVIDENCE_OF_ANOTHER, GATE_NOT_COUNTABLE.
 */
export async function evaluatePolicy(
  installation: EvaluationPorts,
  asked: AskedEvaluation,
): Promise<Result<RecordedEvaluation>> {
  const policy = judgingPolicyIn(asked.policy);
  if (!policy.ok) return policy;
  const decidedAt = asked.decidedAt ?? installation.host.clock.now();
  const counted = await countedLedger(installation, policy.value, asked, decidedAt);
  if (!counted.ok) return counted;
  return inTenant(installation.database, asked.tenantId, async (sql) => {
    const stray = await strayEvidence(sql, asked);
    if (stray !== null) return rejected({ code: "GATE_EVIDENCE_OF_ANOTHER", message: stray });
    const waivers = await waiversFor(installation, sql, policy.value, asked, decidedAt);
    if (!waivers.ok) return waivers;
    const judged = await judgedOn(
      sql,
      policy.value,
      { ...asked, evidence: counted.value, waivers: waivers.value },
      decidedAt,
    );
    if (!judged.ok) return judged;
    const { tenantId, by, profile, subject } = asked;
    const { signoff, ...made } = judged.value;
    const { decision } = made;
    const source = asked.evidence === null ? "ledger" : "imported";
    const about = { tenantId, by, policy: asked.policy, profile, subject, source } as const;
    const evaluation = await recordDecision(installation, sql, { ...made, ...about });
    if (signoff !== null) {
      const actor = { ports: installation, sql, tenantId, by };
      await recordSignoff(actor, { decision, report: signoff, evaluationId: evaluation.evaluation_id });
    }
    const count = await countEvaluations(sql, { policy: evaluation.policy_id, subject });
    return accepted({ evaluation, decision, count });
  });
}

const ROOT_DIGEST = /^[0-9a-f]{64}$/;

/** What of brought evidence is not about the bundle that it is brought for; null where nothing says so. */
async function strayEvidence(sql: TenantQuery, { evidence, subject }: AskedEvaluation): Promise<string | null> {
  if (evidence === null || subject === null || !ROOT_DIGEST.test(subject)) return null;
  return evidenceOfAnother(evidence, {
    root_digest: subject,
    pack_digest: (await findBundle(sql, subject))?.pack_digest ?? null,
  });
}

/** What is in force for this policy and subject; nothing where the policy takes none. */
async function waiversFor(
  { host, readTrust }: EvaluationPorts,
  sql: TenantQuery,
  policy: Policy,
  { tenantId, subject: bundle_digest, branch, environment, commit }: AskedEvaluation,
  decidedAt: Instant,
): Promise<Result<WaiverInput | null>> {
  if (policy.text.waivers === undefined) return accepted(null);
  await recordExpired({ host }, sql, tenantId);
  const place = { branch, environment, commit, bundle_digest };
  return offeredWaivers(sql, { policy: policy.text.id, place, decidedAt, now: host.clock.now(), readTrust });
}

/** What an evaluation would come to now; nothing is recorded. Refused as an evaluation is. */
export async function glanceAt(
  installation: EvaluationPorts,
  asked: Omit<AskedEvaluation, "by" | "subject" | "decidedAt">,
): Promise<Result<Decision>> {
  const policy = judgingPolicyIn(asked.policy);
  if (!policy.ok) return policy;
  const judged = await inTenant(installation.database, asked.tenantId, (sql) =>
    judgedOn(sql, policy.value, { ...asked, waivers: null }, installation.host.clock.now()),
  );
  return judged.ok ? accepted(judged.value.decision) : judged;
}

/** Decisions that one backtest makes. */
const BACKTEST_MAX = 400;

export interface AskedBacktest extends Pick<AskedEvaluation, "tenantId" | "policy" | "profile" | "packDigest"> {
  readonly since: Instant;
  /** Between one decision and the next. */
  readonly everyMs: number;
}

/**
 * What a policy would have decided on the ledger at instants of the past, from one until now; receipts count as they stand today.
 * Nothing is recorded: it is the policy that is tried, not a release. Refused as an evaluation is, and with REQUEST_INVALID for more than `BACKTEST_MAX` instants.
 */
export async function backtestPolicy(
  installation: EvaluationPorts,
  asked: AskedBacktest,
): Promise<Result<readonly Decision[]>> {
  const policy = judgingPolicyIn(asked.policy);
  if (!policy.ok) return policy;
  const until = installation.host.clock.now();
  const instants = Math.floor((until - asked.since) / asked.everyMs) + 1;
  if (instants < 1 || instants > BACKTEST_MAX)
    return rejected({
      code: "REQUEST_INVALID",
      message: `that is ${Math.max(instants, 0)} decisions: from 1 to ${BACKTEST_MAX} are made at once`,
    });
  const decisions: Decision[] = [];
  for (let index = 0; index < instants; index++) {
    const decidedAt = after(asked.since, index * asked.everyMs);
    const counted = await countedLedger(installation, policy.value, { ...asked, evidence: null }, decidedAt);
    if (!counted.ok) return counted;
    const given = { ...asked, evidence: counted.value, waivers: null };
    const judged = await inTenant(installation.database, asked.tenantId, (sql) =>
      judgedOn(sql, policy.value, given, decidedAt),
    );
    if (!judged.ok) return judged;
    decisions.push(judged.value.decision);
  }
  return accepted(decisions);
}

interface Judged {
  readonly evidence: readonly EvidenceFile[];
  readonly waivers: WaiverInput | null;
  readonly decision: Decision;
  /** Where it is one of the beta. */
  readonly signoff: SignoffReport | null;
}

/** The evidence to judge by: what is given; where the ledger holds more than is read, what counting it came to; null to read it. */
async function countedLedger(
  installation: EvaluationPorts,
  policy: Policy,
  asked: Pick<AskedEvaluation, "tenantId" | "evidence" | "profile" | "packDigest">,
  decidedAt: Instant,
): Promise<Result<readonly EvidenceFile[] | null>> {
  if (asked.evidence !== null) return accepted(asked.evidence);
  const { tenantId, profile, packDigest } = asked;
  const counting = { tenantId, policy, profile, packDigest, decidedAt, rowsMax: EVIDENCE_ROWS_MAX };
  const counted = await evaluateCounting(installation, counting);
  if (counted === null) return accepted(null);
  return counted.ok ? accepted([{ name: MEASURED_FILE, text: measuredJson(counted.value.measured) }]) : counted;
}

async function judgedOn(
  sql: TenantQuery,
  policy: Policy,
  asked: Pick<AskedEvaluation, "evidence" | "profile" | "packDigest" | "since"> & Pick<Judged, "waivers">,
  decidedAt: Instant,
): Promise<Result<Judged>> {
  const { evidence: given, profile, waivers } = asked;
  const evidence = given === null ? await readLedger(sql, policy, asked, decidedAt) : accepted(given);
  if (!evidence.ok) return evidence;
  const input = { policy, profile, files: evidence.value, decidedAt, waivers };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  if (!evaluated.ok) return evaluated;
  const signoff = policy.text.id === BETA_POLICY ? signoffReport(evaluated.value) : null;
  return accepted({ evidence: evidence.value, waivers, decision: evaluated.value.decision, signoff });
}

async function readLedger(
  sql: TenantQuery,
  policy: Policy,
  { packDigest, since: from = null }: { readonly packDigest: string | null; readonly since?: Instant | null },
  decidedAt: Instant,
): Promise<Result<readonly EvidenceFile[]>> {
  const since = later(evidenceSince(policy, decidedAt), from);
  const until = cutoffOf(decidedAt);
  const runs = await endedRuns(sql, { since, until, packDigest, limit: EVIDENCE_ROWS_MAX });
  const receipts = await receiptsBetween(sql, since, until, EVIDENCE_ROWS_MAX);
  return runs.length > EVIDENCE_ROWS_MAX || receipts.length > EVIDENCE_ROWS_MAX
    ? rejected({
        code: "GATE_EVIDENCE_TOO_LARGE",
        message: `there are more than ${EVIDENCE_ROWS_MAX} runs or receipts in the window`,
      })
    : accepted(ledgerEvidence(runs, packDigest === null ? receipts : await receiptsOn(sql, receipts, packDigest)));
}

const later = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null || (other !== null && other > one) ? other : one;

/** Of receipts, those of runs on one version of a pack, whether they have ended or not. */
async function receiptsOn<R extends { readonly execution_id: string }>(
  sql: TenantQuery,
  receipts: readonly R[],
  packDigest: string,
): Promise<readonly R[]> {
  const ids = [...new Set(receipts.map(({ execution_id }) => execution_id))];
  const on = new Set((await runsOnPack(sql, ids, packDigest)).map(({ run_id }) => run_id));
  return receipts.filter(({ execution_id }) => on.has(execution_id));
}
