import type { Row } from "../evidence/row.ts";
import type { TransactionEvent } from "../evidence/transaction.ts";
import type { Edges, Sorted } from "./naive-rules.ts";

export interface Counted {
  readonly id: string;
  readonly num: number;
  readonly den: number | null;
  readonly triggers: Set<string>;
}

const inside = (row: Row, { start, end }: Edges): boolean =>
  row.observedAt !== null && start <= row.observedAt && row.observedAt < end;

const eventOf = ({ payload }: Row): TransactionEvent | null => (payload?.type === "transaction" ? payload.event : null);

/** Whether a row moves its transaction into a state. */
function reaches(row: Row, state: string): boolean {
  const event = eventOf(row);
  if (event === null || event.eventType === "tx.refused" || event.eventType === "tx.apply.requested") return false;
  return event.nextState === state;
}

const keysOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.map(({ eventKey }) => eventKey).filter((key) => key !== null)),
];

/** For one attempt after another, the first row by which it asked for approval. */
function asked({ good }: Sorted): readonly Row[] {
  const entries: Row[] = [];
  for (const key of keysOf(good)) {
    const mine = good.filter((row) => row.eventKey === key && reaches(row, "APPROVAL_PENDING"));
    mine.sort((a, b) => (eventOf(a)?.seq ?? 0) - (eventOf(b)?.seq ?? 0));
    if (mine[0] !== undefined) entries.push(mine[0]);
  }
  return entries;
}

export function countedLight(sorted: Sorted): readonly Counted[] {
  const { good, edges } = sorted;
  const [one, two] = [
    { all: new Set<string>(), wrong: new Set<string>(), triggers: new Set<string>() },
    { wrong: new Set<string>(), triggers: new Set<string>() },
  ];
  for (const row of good) {
    if (row.payload?.type !== "adaptation" || !inside(row, edges)) continue;
    const { intentId, targetResults, aggregate } = row.payload.report;
    one.all.add(intentId);
    if (!aggregate.allTargetsDeterministic) {
      one.wrong.add(intentId);
      one.triggers.add("non_deterministic");
    }
    let isReached = aggregate.allTargetsRecoverableOrBlockedSafe;
    for (const target of targetResults)
      if (!target.launcherReachable || !target.closeRecoverReachable) isReached = false;
    if (!isReached) {
      two.wrong.add(intentId);
      two.triggers.add("unreachable");
    }
  }
  const den = one.all.size;
  return [
    { id: "L-KPI-1", num: den - one.wrong.size, den, triggers: one.triggers },
    { id: "L-KPI-2", num: den - two.wrong.size, den, triggers: two.triggers },
    loops(sorted),
    ending("L-SLO-4", "light", sorted),
  ];
}

function loops({ good, edges }: Sorted): Counted {
  const latest: { [intentId: string]: Row } = {};
  const triggers = new Set<string>();
  for (const row of good) {
    if (row.payload?.type !== "correction" || row.observedAt === null) continue;
    const { intentId, corrections } = row.payload.outcome;
    if (corrections > 3) triggers.add("retry_cap");
    const other = latest[intentId];
    const isLater =
      other === undefined ||
      row.observedAt > (other.observedAt ?? 0) ||
      (row.observedAt === other.observedAt && row.rowId > other.rowId);
    if (isLater) latest[intentId] = row;
  }
  let [num, den] = [0, 0];
  for (const { channel, payload } of Object.values(latest)) {
    if (channel !== "prod_traffic" || payload?.type !== "correction") continue;
    if (payload.outcome.enteredAt < edges.start || payload.outcome.enteredAt >= edges.end) continue;
    den++;
    if (payload.outcome.outcome === "exhausted") num++;
  }
  return { id: "L-KPI-3", num, den, triggers };
}

function ending(id: string, track: string, sorted: Sorted): Counted {
  const triggers = new Set<string>();
  for (const row of sorted.good) {
    if (!reaches(row, "FAILED_TERMINAL")) continue;
    if ((row.track === "light") === (track === "light")) triggers.add("failed_terminal");
  }
  let [num, den] = [0, 0];
  for (const entry of asked(sorted)) {
    if (entry.track !== track || entry.channel !== "prod_traffic" || !inside(entry, sorted.edges)) continue;
    den++;
    const mine = sorted.good.filter((row) => row.eventKey === entry.eventKey);
    const isEnded = mine.some((row) => reaches(row, "APPLIED") || reaches(row, "REJECTED"));
    if (isEnded && !mine.some((row) => reaches(row, "FAILED_TERMINAL"))) num++;
  }
  return { id, num, den, triggers };
}

export function countedHeavy(sorted: Sorted): readonly Counted[] {
  const valid: Counted = { id: "H-KPI-1", num: 0, den: 0, triggers: new Set() };
  let [imported, tried] = [0, 0];
  const rejected = new Set<string>();
  const runs: { [key: string]: string[] } = {};
  for (const row of sorted.good) {
    if (row.payload?.type !== "import" || row.channel !== "controlled_fixture" || !inside(row, sorted.edges)) continue;
    const { envelope, corpusLabel, inputHash } = row.payload.result;
    if (corpusLabel === "valid") {
      tried++;
      if (envelope.code === "imported") imported++;
      else valid.triggers.add("import_failed");
    }
    if (corpusLabel !== "invalid") continue;
    if (envelope.ok) rejected.add("imported");
    const answer = envelope.ok
      ? "imported"
      : `${envelope.code} at ${envelope.path} for ${String(envelope.detail?.manifestCode ?? null)}`;
    const key = `${row.fixtureCaseId}/${inputHash}`;
    runs[key] = [...(runs[key] ?? []), answer];
  }
  let [stable, repeated] = [0, 0];
  for (const answers of Object.values(runs)) {
    const different = new Set(answers);
    if (different.size > 1) rejected.add("drift");
    if (answers.length < 2) continue;
    repeated++;
    if (different.size === 1 && !different.has("imported")) stable++;
  }
  return [
    { ...valid, num: imported, den: tried },
    { id: "H-KPI-2", num: stable, den: repeated, triggers: rejected },
    declared(sorted),
    ending("H-SLO-4", "heavy", sorted),
  ];
}

function sessions({ good, edges }: Sorted): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const row of good) {
    if (row.heavySessionId === null || row.channel !== "prod_traffic" || !inside(row, edges)) continue;
    if (row.kind === "import_result") ids.add(row.heavySessionId);
    if (eventOf(row) !== null && row.track === "heavy") ids.add(row.heavySessionId);
  }
  return ids;
}

function declared(sorted: Sorted): Counted {
  const rows = sorted.good.filter((row) => inside(row, sorted.edges));
  const counted = sessions(sorted);
  const cases = new Set<string | null>();
  for (const { payload, channel, fixtureCaseId } of rows)
    if (payload?.type === "import" && payload.result.corpusLabel === "valid" && channel === "controlled_fixture")
      cases.add(fixtureCaseId);
  const isUsed = (row: Row) =>
    (row.heavySessionId !== null && counted.has(row.heavySessionId)) ||
    (row.fixtureCaseId !== null && cases.has(row.fixtureCaseId));
  const modules = new Set<string>();
  for (const row of rows) {
    if (!isUsed(row)) continue;
    if (row.payload?.type === "graph") modules.add(`${row.payload.graph.moduleId}@${row.payload.graph.moduleVersion}`);
    if (row.payload?.type === "import" && row.payload.result.envelope.ok)
      modules.add(`${row.payload.result.envelope.moduleId}@${row.payload.result.envelope.moduleVersion}`);
  }
  const [all, incomplete] = [new Set<string>(), new Set<string>()];
  for (const { payload } of rows) {
    if (payload?.type !== "graph") continue;
    const module = `${payload.graph.moduleId}@${payload.graph.moduleVersion}`;
    if (!modules.has(module)) continue;
    for (const action of payload.graph.actions) {
      all.add(`${module}#${action.id}`);
      if (!saysAll(action)) incomplete.add(`${module}#${action.id}`);
    }
  }
  const triggers = new Set(incomplete.size > 0 ? ["incomplete_action"] : []);
  return { id: "H-KPI-3", num: all.size - incomplete.size, den: all.size, triggers };
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length > 0;
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

function saysAll(action: { readonly [member: string]: unknown }): boolean {
  const { calls, mutates, requiresApproval, undoCommand, surface } = action;
  const surfaces = ["toolbar", "panel", "commandPalette", "automation", "background"];
  if (!isTexts(calls) || calls.length === 0) return false;
  if (!isTexts(mutates) || new Set(mutates).size < mutates.length) return false;
  if (!isTexts(surface) || surface.length === 0 || new Set(surface).size < surface.length) return false;
  if (!surface.every((one) => surfaces.includes(one))) return false;
  if (!("undoCommand" in action) || !(undoCommand === null || isText(undoCommand))) return false;
  if (typeof requiresApproval === "boolean") return true;
  if (typeof requiresApproval !== "object" || requiresApproval === null) return false;
  if (!("reason" in requiresApproval) || !isText(requiresApproval.reason)) return false;
  if (!("level" in requiresApproval)) return false;
  if ("approver" in requiresApproval && !isText(requiresApproval.approver)) return false;
  return requiresApproval.level === "soft" || requiresApproval.level === "hard";
}

export const countedShared = (sorted: Sorted): readonly Counted[] => [
  approved(sorted),
  rolledBack(sorted),
  violated(sorted),
];

function approved({ good, old, edges }: Sorted): Counted {
  const triggers = new Set<string>();
  let [num, den] = [0, 0];
  for (const key of keysOf(good)) {
    const mine = good.filter((row) => row.eventKey === key);
    const decisions = [...old, ...mine].filter((row) => row.eventKey === key);
    const previews = mine.flatMap((row) => {
      const event = eventOf(row);
      return event?.eventType === "tx.preview.ready" ? [event.previewHash] : [];
    });
    const isApproved = (token: string | null, at: number) =>
      decisions.some((row) => {
        const event = eventOf(row);
        if (event?.eventType !== "tx.approval.decided" || event.decision !== "approve") return false;
        if (event.approvalTokenId !== token || row.observedAt === null || row.observedAt > at) return false;
        if (event.expiresAt === null || at >= event.expiresAt) return false;
        return previews.every((hash) => hash === event.approvedPreviewHash);
      });
    let [isCounted, isCompliant] = [false, true];
    const asks: { readonly at: number; readonly isLetIn: boolean }[] = [];
    for (const row of mine) {
      const event = eventOf(row);
      if (event?.eventType !== "tx.apply.requested" || row.observedAt === null) continue;
      const { tokenStatus, accepted } = event;
      asks.push({ at: row.observedAt, isLetIn: accepted && tokenStatus === "valid" });
      if (!inside(row, edges)) continue;
      if (!accepted && tokenStatus === "expired") continue;
      const isFixture = row.channel === "controlled_fixture";
      if (!accepted && isFixture && row.expectedOutcome === "approval_reject_expected") continue;
      isCounted = true;
      const isMatched = isApproved(event.approvalTokenId, row.observedAt);
      if (tokenStatus !== "valid" || !isMatched) isCompliant = false;
      if (tokenStatus === "valid" && !isMatched) triggers.add("approval_missing");
      if (tokenStatus === "mismatch") triggers.add("token_mismatch");
    }
    for (const row of mine) {
      const event = eventOf(row);
      if (event?.eventType !== "tx.apply.started" || row.observedAt === null || !reaches(row, "APPLYING")) continue;
      const { observedAt } = row;
      const before = asks.filter(({ at }) => at <= observedAt);
      const isLetIn = before.length === 0 || before.some((ask) => ask.isLetIn);
      if (isLetIn && isApproved(event.approvalTokenId, observedAt)) continue;
      triggers.add("approval_bypass");
      if (!inside(row, edges)) continue;
      isCounted = true;
      isCompliant = false;
    }
    if (isCounted) den++;
    if (isCounted && isCompliant) num++;
  }
  return { id: "S-SLO-1", num, den, triggers };
}

interface Episode {
  readonly at: number;
  readonly eventClass: string | null;
  readonly isRolledBack: boolean;
}

function episodes({ good, old }: Sorted): readonly Episode[] {
  const starts = (rows: readonly Row[], key: string) =>
    rows.filter((row) => row.eventKey === key && eventOf(row)?.eventType === "tx.rollback.started" && isStart(row));
  return keysOf(good).flatMap((key) => {
    const begun = starts(good, key);
    if (begun.length === 0 || starts(old, key).length > 0) return [];
    const at = Math.min(...begun.map((row) => row.observedAt ?? 0));
    const isRolledBack = good.some((row) => row.eventKey === key && reaches(row, "ROLLED_BACK"));
    return [{ at, eventClass: begun[0]?.eventClass ?? null, isRolledBack }];
  });
}

const isStart = (row: Row): boolean => row.kind === "rollback" && reaches(row, "ROLLBACK_PENDING");

const eligible = (sorted: Sorted): readonly Episode[] =>
  episodes(sorted).filter(
    ({ at, eventClass }) =>
      at >= sorted.edges.start && at < sorted.edges.end && eventClass !== null && eventClass !== "operator_request",
  );

function rolledBack(sorted: Sorted): Counted {
  const triggers = new Set<string>();
  for (const row of sorted.good) {
    const event = eventOf(row);
    if (row.payload?.type === "capability" && row.payload.event.eventName === "capability.rollback.failed")
      triggers.add("rollback_failed");
    if (row.kind !== "rollback" || event === null) continue;
    if (event.eventType === "tx.rollback.failed") triggers.add("rollback_failed");
    if (event.eventType !== "tx.failed" || !reaches(row, "FAILED_TERMINAL")) continue;
    triggers.add(event.errorCode === "TX_RECOVERY_TIMEOUT" ? "recovery_timeout" : "failed_terminal");
  }
  const counted = eligible(sorted);
  const num = counted.filter(({ isRolledBack }) => isRolledBack).length;
  return { id: "S-SLO-2", num, den: counted.length, triggers };
}

function violated({ good, bad }: Sorted): Counted {
  const triggers = new Set<string>();
  const events = new Set<string>();
  for (const row of [...good, ...bad]) {
    const event = row.payload?.type === "capability" ? row.payload.event : null;
    const isViolation =
      event === null
        ? row.kind === "policy_violation"
        : event.eventName === "capability.check.rejected" && event.decisionReasonCode === "capability-policy-violation";
    if (!isViolation) continue;
    if (row.channel === "prod_traffic") {
      triggers.add("violation");
      if (event !== null && !bad.includes(row)) events.add(event.eventId);
    } else if (row.channel === null) triggers.add("untagged_violation");
    else if (
      row.fixtureRunId === null ||
      row.fixtureCaseId === null ||
      row.expectedOutcome !== "policy_violation_expected"
    )
      triggers.add("unexpected_violation");
  }
  return { id: "S-SLO-3", num: events.size, den: null, triggers };
}

export function floorsOf(sorted: Sorted) {
  const intents = {
    any: new Set<string>(),
    web: new Set<string>(),
    tablet: new Set<string>(),
    mobile: new Set<string>(),
  };
  for (const row of sorted.good) {
    if (row.payload?.type !== "adaptation" || row.channel !== "prod_traffic" || !inside(row, sorted.edges)) continue;
    intents.any.add(row.payload.report.intentId);
    for (const { target } of row.payload.report.targetResults) intents[target].add(row.payload.report.intentId);
  }
  const production = asked(sorted).filter((row) => row.channel === "prod_traffic" && inside(row, sorted.edges));
  const sensitive = production.filter((row) => {
    const event = eventOf(row);
    return row.track === "heavy" && event?.eventType === "tx.approval.pending" && event.approvalLevel !== "none";
  });
  const rollbacks = eligible(sorted);
  const partial = rollbacks.filter(({ eventClass }) => eventClass === "capability_reject_after_partial_apply");
  return [
    { id: "light_intents", required: 60, actual: intents.any.size },
    { id: "target_web", required: 15, actual: intents.web.size },
    { id: "target_tablet", required: 15, actual: intents.tablet.size },
    { id: "target_mobile", required: 15, actual: intents.mobile.size },
    { id: "heavy_sessions", required: 30, actual: sessions(sorted).size },
    { id: "heavy_approval_sensitive_attempts", required: 20, actual: sensitive.length },
    { id: "approval_required_attempts", required: 40, actual: production.length },
    { id: "rollback_episodes", required: 10, actual: rollbacks.length },
    { id: "rollback_partial_apply", required: 3, actual: partial.length },
  ];
}
