import { type Digest, type Instant, sha256Hex } from "../contracts/index.ts";
import type { Decision, GateRow } from "./decision.ts";
import { inOrder } from "./measure.ts";
import type { Policy } from "./policy.ts";
import type { GateSeverity } from "./policy-shape.ts";
import { type Court, type Issue, issueOf, timeOf, type WaiverInput } from "./waiver-rules.ts";
import { parseWaivers, type WaiverEntry } from "./waiver-shape.ts";

/** What waivers made of a decision's rows. */
export interface Waived {
  /** The rows, those that are covered standing as `waived`, and a row for each entry that is not in order. */
  readonly rows: readonly GateRow[];
  readonly waivers: Decision["waivers"];
}

const NONE: Decision["waivers"] = { digest: null, applied: [], rejected: [] };

/**
 * Lays waivers over rows. An entry that is not valid has no effect and is a row of its own: medium where it should not have been
 * made so, low where its time or place is over. A row is covered by at most one entry, the one that ends first.
 */
export function applyWaivers(
  rows: readonly GateRow[],
  policy: Policy,
  profile: string | null,
  input: WaiverInput | null,
  decidedAt: Instant,
): Waived {
  const rules = policy.text.waivers;
  if (input === null) return { rows, waivers: NONE };
  const digest = sha256Hex(input.source);
  const entries = parseWaivers(input.source);
  if (rules === undefined || !entries.ok) {
    const detail = entries.ok ? "the policy takes no waivers" : entries.refusal.message;
    const load = issueRow("exceptions_file_load", "unreadable", detail, "high");
    return { rows: [...rows, load], waivers: { ...NONE, digest } };
  }
  const court: Court = { rows, policy, profile, input, decidedAt, rules };
  return laidOver(entries.value, court, digest);
}

function laidOver(entries: readonly WaiverEntry[], court: Court, digest: Digest): Waived {
  const ids = entries.map(idOf);
  const judged = entries.map((entry, index) => {
    const isRepeated = entry.ok && ids.some((id, other) => other !== index && id === entry.waiver.waiver_id);
    return { entry, issue: isRepeated ? repeated(entry.waiver.waiver_id) : issueOf(entry, court) };
  });
  const valid = judged.flatMap(({ entry, issue }) => (entry.ok && issue === null ? [entry.waiver] : []));
  const ordered = valid.toSorted(
    (a, b) => timeOf(a.expires_at) - timeOf(b.expires_at) || inOrder(a.waiver_id, b.waiver_id),
  );
  const applied = ordered.filter(
    (waiver, index) => ordered.findIndex((one) => one.check_id === waiver.check_id) === index,
  );
  const duplicates = ordered
    .filter((waiver) => !applied.includes(waiver))
    .map(
      ({ waiver_id, check_id }): Issue => ({
        id: waiver_id,
        code: "duplicate",
        detail: `another waiver covers ${check_id}`,
        severity: "low",
      }),
    );
  const issues = [...judged.flatMap(({ issue }) => (issue === null ? [] : [issue])), ...duplicates].toSorted((a, b) =>
    inOrder(a.id, b.id),
  );
  const rows = court.rows.map((row): GateRow => {
    const waiver = applied.find(({ check_id }) => check_id === row.id);
    return waiver === undefined ? row : { ...row, standing: "waived", waiver: waiver.waiver_id };
  });
  return {
    rows: [
      ...rows,
      ...issues.map(({ id, code, detail, severity }) =>
        issueRow(`exceptions_entry_issue:${id}`, code, detail, severity),
      ),
    ],
    waivers: {
      digest,
      applied: applied.map((waiver) => ({
        waiver: waiver.waiver_id,
        gate: waiver.check_id,
        approved_by: waiver.approvals.map(({ approver }) => approver),
        reason: waiver.reason,
        expires_at: waiver.expires_at,
        severity: court.rows.find(({ id }) => id === waiver.check_id)?.severity ?? null,
      })),
      rejected: issues.map(({ id, code, detail }) => ({ waiver: id, code, detail })),
    },
  };
}

const idOf = (entry: WaiverEntry): string => (entry.ok ? entry.waiver.waiver_id : entry.broken.id);

/** Of entries with one id nobody knows which was approved. */
const repeated = (id: string): Issue => ({
  id,
  code: "invalid_field",
  detail: "waiver_id: another entry has it too",
  severity: "medium",
});

const issueRow = (id: string, code: string, detail: string, severity: GateSeverity): GateRow => ({
  id,
  title: null,
  group: null,
  metric: "waivers",
  status: "FAIL",
  standing: "counts",
  severity,
  stage: null,
  waivable: false,
  value: null,
  shown: null,
  sample: 0,
  sample_min: 0,
  bound: null,
  rule: "in order",
  triggers: [],
  reasons: [`${code}: ${detail}`],
  failing: { count: 0, rows: [] },
  flip: [],
  code,
  remedy: "mend or remove the entry of the waiver file",
  waiver: null,
});
