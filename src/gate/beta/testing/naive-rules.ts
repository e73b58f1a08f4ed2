import { digestOf, type Instant, type Json } from "../../../contracts/index.ts";
import type { Manifest } from "../evidence/manifest.ts";
import type { Row } from "../evidence/row.ts";

/*
 * The rules of evidence a second time, from their words: loops and sets over rows, and nothing of the program but what a row is.
 */

export interface Edges {
  readonly start: number;
  readonly end: number;
  readonly cutoff: number;
}

export interface Sorted {
  readonly edges: Edges;
  readonly good: Row[];
  readonly bad: Row[];
  readonly old: Row[];
  /** `IF-1 row-id`; rules that no row broke stand once for each thing found, without an id. */
  readonly problems: string[];
}

export function edgesOf({ timers }: Manifest, decisionAt: Instant): Edges {
  const cutoff = decisionAt - (decisionAt % 1000);
  const timed = timers.pendingSeconds + timers.approvalTtlSeconds + timers.ackSeconds + timers.recoverySeconds;
  const end = cutoff - Math.max(timed, 7200) * 1000;
  return { start: end - 7 * 24 * 3600 * 1000, end, cutoff };
}

export function sortedOut(manifest: Manifest, rows: readonly Row[], decisionAt: Instant): Sorted {
  const edges = edgesOf(manifest, decisionAt);
  const found = new Set<string>();
  const rowless: string[] = [];
  const hits = new Set<Row>();
  const hit = (rule: string, row: Row) => {
    found.add(`${rule} ${row.rowId}`);
    hits.add(row);
  };
  const [old, seen]: [Row[], Row[]] = [[], []];
  for (const row of rows) {
    if (row.observedAt === null || row.observedAt >= edges.cutoff) hit("IF-5", row);
    else if (row.observedAt < edges.start) old.push(row);
    else seen.push(row);
  }
  for (const row of seen) {
    if (tagIsWrong(row)) hit("IF-1", row);
    if (row.payloadProblem !== null) hit("IF-6", row);
    if (fixtureIsStray(row, manifest)) hit("IF-4", row);
    for (const other of seen) {
      if (other === row) continue;
      if (other.rowId === row.rowId) hit("IF-3", row);
    }
  }
  for (const row of divided(seen)) hit("IF-2", row);
  for (const row of offTrack(seen)) hit("IF-10", row);
  for (const row of unchained(seen)) hit("IF-7", row);
  for (const row of reinput(seen, edges)) hit("IF-9", row);
  for (let i = 0; i < unrefused(seen, manifest); i++) rowless.push("IF-8 ");
  for (let i = 0; i < unshown(seen); i++) rowless.push("IF-11 ");
  for (let i = 0; i < unrun(seen, manifest, edges); i++) rowless.push("IF-12 ");
  for (let i = 0; i < misdeclared(rows, manifest, edges); i++) rowless.push("IF-13 ");
  return {
    edges,
    good: seen.filter((row) => !hits.has(row)),
    bad: seen.filter((row) => hits.has(row)),
    old,
    problems: [...found, ...rowless].sort(),
  };
}

function tagIsWrong(row: Row): boolean {
  if (row.malformed.length > 0) return true;
  if (row.source === null || row.kind === null || row.track === null || row.channel === null) return true;
  const label = row.payload?.type === "import" ? row.payload.result.corpusLabel : undefined;
  const isUnreadImport = row.kind === "import_result" && label === undefined;
  const isCorpus = row.kind === "import_result" && (label === "valid" || label === "invalid");
  if (isCorpus && (row.track !== "heavy" || row.mode !== null || row.fixtureCaseId === null)) return true;
  if (!isCorpus && !isUnreadImport && row.mode === null) return true;
  if (!isCorpus && !isUnreadImport && row.channel === "prod_traffic" && row.mode === "heavy")
    if (row.heavySessionId === null) return true;
  if (row.channel === "controlled_fixture") {
    if (row.fixtureRunId === null || row.fixtureCaseId === null || row.expectedOutcome === null) return true;
    if (row.kind === "policy_violation" && row.expectedOutcome !== "policy_violation_expected") return true;
  }
  if (["light_dryrun", "light_diff", "tx_transition", "apply_attempt", "rollback"].includes(row.kind))
    if (row.eventKey === null) return true;
  if (row.kind === "capability_audit" && row.payload?.type === "capability")
    if (row.payload.event.transactionId !== null && row.eventKey === null) return true;
  if (row.kind === "rollback" && row.eventClass === null) return true;
  return row.kind === "rollback" && row.eventClass === "planned_drill" && row.drillId === null;
}

function fixtureIsStray(row: Row, manifest: Manifest): boolean {
  if (row.channel !== "controlled_fixture" || row.fixtureRunId === null) return false;
  for (const run of manifest.fixtureRuns) {
    if (run.fixtureRunId !== row.fixtureRunId) continue;
    return !(row.observedAt !== null && row.observedAt >= run.from && row.observedAt < run.to);
  }
  return true;
}

function divided(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => {
    if (row.eventKey === null) return false;
    const [channels, classes] = [new Set<string>(), new Set<string>()];
    for (const other of rows) {
      if (other.eventKey !== row.eventKey) continue;
      if (other.channel !== null) channels.add(other.channel);
      if (other.eventClass !== null) classes.add(other.eventClass);
    }
    return channels.size > 1 || classes.size > 1;
  });
}

/** The hash of a row's payload, as it stands in the row. */
function payloadDigest(row: Row): string {
  const value: { readonly payload: Json } = JSON.parse(row.text);
  return digestOf(value.payload);
}

/** Rows of each transaction, by number. */
function chains(rows: readonly Row[]): readonly (readonly Row[])[] {
  const byTx: { [txId: string]: Row[] } = {};
  for (const row of rows) {
    if (row.payload?.type !== "transaction") continue;
    const key = `tx ${row.payload.event.txId}`;
    byTx[key] = [...(byTx[key] ?? []), row];
  }
  const seq = (row: Row) => (row.payload?.type === "transaction" ? row.payload.event.seq : 0);
  const before = (a: Row, b: Row) => (a.rowId === b.rowId ? a.text < b.text : a.rowId < b.rowId);
  return Object.values(byTx).map((chain) => chain.sort((a, b) => seq(a) - seq(b) || (before(a, b) ? -1 : 1)));
}

function offTrack(rows: readonly Row[]): readonly Row[] {
  return chains(rows).flatMap((chain) => chain.filter((row) => row.track !== chain[0]?.track));
}

/** `from to event` of the transitions T01 to T24. */
const MOVES = `
  null RECEIVED tx.received|RECEIVED PREVIEWING tx.preview.started|PREVIEWING PREVIEW_READY tx.preview.ready
  PREVIEWING FAILED_PRE_APPLY tx.failed|PREVIEW_READY APPROVAL_PENDING tx.approval.pending
  APPROVAL_PENDING APPROVED tx.approval.decided|APPROVAL_PENDING REJECTED tx.approval.decided
  APPROVAL_PENDING FAILED_PRE_APPLY tx.failed|APPROVED APPLYING tx.apply.started|APPROVED FAILED_PRE_APPLY tx.failed
  APPLYING APPLIED tx.apply.finished|APPLYING FAILED_PRE_APPLY tx.failed|APPLYING RECOVERY_PENDING tx.recovery.entered
  APPLYING ROLLBACK_PENDING tx.rollback.started|APPLIED ROLLBACK_PENDING tx.rollback.started
  ROLLBACK_PENDING ROLLED_BACK tx.rollback.finished|ROLLBACK_PENDING RECOVERY_PENDING tx.recovery.entered
  ROLLBACK_PENDING FAILED_TERMINAL tx.rollback.failed|FAILED_PRE_APPLY PREVIEWING tx.preview.started
  FAILED_PRE_APPLY REJECTED tx.failed|RECOVERY_PENDING APPLIED tx.recovery.resolved
  RECOVERY_PENDING ROLLED_BACK tx.recovery.resolved|RECOVERY_PENDING APPROVED tx.recovery.resolved
  RECOVERY_PENDING FAILED_TERMINAL tx.failed`
  .split(/[|\n]/)
  .map((move) => move.trim());

function unchained(rows: readonly Row[]): readonly Row[] {
  const wrong: Row[] = [];
  for (const chain of chains(rows.filter((row) => row.payloadProblem === null))) {
    let [last, state]: [Row | null, string | null] = [null, null];
    for (const row of chain) {
      if (row.payload?.type !== "transaction") continue;
      const { event } = row.payload;
      const moves = event.eventType !== "tx.apply.requested" && event.eventType !== "tx.refused";
      let isRight = true;
      if (last === null) isRight = (event.seq === 1) === (event.prevEventHash === null);
      else if (last.payload?.type === "transaction") {
        const before = last.payload.event;
        const retries = event.eventType === "tx.preview.started" && event.prevState === "FAILED_PRE_APPLY";
        isRight =
          event.seq === before.seq + 1 &&
          event.prevEventHash === payloadDigest(last) &&
          event.attemptNo - before.attemptNo === (retries ? 1 : 0);
      }
      if (moves) {
        isRight &&= MOVES.includes(`${event.prevState} ${event.nextState} ${event.eventType}`);
        if (event.eventType === "tx.approval.decided")
          isRight &&= (event.decision === "approve") === (event.nextState === "APPROVED");
        if (state !== null) isRight &&= event.prevState === state;
        state = event.nextState;
      }
      if (!isRight) wrong.push(row);
      last = row;
    }
  }
  return wrong;
}

const inWindow = (row: Row, { start, end }: Edges) =>
  row.observedAt !== null && row.observedAt >= start && row.observedAt < end;

function reinput(rows: readonly Row[], edges: Edges): readonly Row[] {
  const imports = rows.filter((row) => row.kind === "import_result" && inWindow(row, edges));
  return imports.filter((row) => {
    const hashes = new Set<string>();
    for (const other of imports)
      if (other.fixtureCaseId !== null && other.fixtureCaseId === row.fixtureCaseId)
        if (other.payload?.type === "import") hashes.add(other.payload.result.inputHash);
    return hashes.size > 1;
  });
}

function unrefused(rows: readonly Row[], manifest: Manifest): number {
  let count = 0;
  for (const run of manifest.fixtureRuns)
    for (const { fixtureCaseId, expectedOutcomes } of run.cases) {
      const isExpected =
        expectedOutcomes.includes("policy_violation_expected") || expectedOutcomes.includes("approval_reject_expected");
      const isSeen = rows.some((row) => {
        if (row.fixtureRunId !== run.fixtureRunId || row.fixtureCaseId !== fixtureCaseId) return false;
        if (row.kind === "policy_violation") return true;
        const event = row.payload?.type === "transaction" ? row.payload.event : null;
        return row.kind === "apply_attempt" && event?.eventType === "tx.apply.requested" && !event.accepted;
      });
      if (isExpected && !isSeen) count++;
    }
  return count;
}

function unshown(rows: readonly Row[]): number {
  const keys = new Set<string>();
  for (const row of rows) {
    if (row.payload?.type !== "transaction" || row.track !== "light" || row.eventKey === null) continue;
    const { eventType, nextState } = row.payload.event;
    if (nextState !== "APPROVAL_PENDING" || eventType === "tx.refused" || eventType === "tx.apply.requested") continue;
    const mine = rows.filter((other) => other.eventKey === row.eventKey);
    const isTried = mine.some(({ payload }) => payload?.type === "dry_run" && payload.report.status === "ok");
    const isShown = mine.some(({ kind, payload }) => kind === "light_diff" && payload !== null);
    if (!isTried || !isShown) keys.add(row.eventKey);
  }
  return keys.size;
}

function unrun(rows: readonly Row[], manifest: Manifest, edges: Edges): number {
  const least: { [fixtureCaseId: string]: number } = {};
  const runs = manifest.fixtureRuns.map(({ fixtureRunId }) => fixtureRunId);
  for (const { cases } of manifest.fixtureRuns)
    for (const { fixtureCaseId, expectedOutcomes } of cases) {
      if (expectedOutcomes.includes("import_ok_expected")) least[fixtureCaseId] ??= 1;
      if (expectedOutcomes.includes("import_reject_expected")) least[fixtureCaseId] = 2;
    }
  return Object.entries(least).filter(([fixtureCaseId, needed]) => {
    const ran = rows.filter(
      (row) =>
        row.kind === "import_result" &&
        row.fixtureCaseId === fixtureCaseId &&
        row.fixtureRunId !== null &&
        runs.includes(row.fixtureRunId) &&
        inWindow(row, edges),
    );
    return ran.length < needed;
  }).length;
}

function misdeclared(rows: readonly Row[], manifest: Manifest, { start, end, cutoff }: Edges): number {
  let count = 0;
  if (manifest.windowStart !== start) count++;
  if (manifest.windowEnd !== end) count++;
  if (manifest.cutoff !== cutoff) count++;
  if (!manifest.isHashed) count++;
  for (const { source, rowCount, rowsHash } of manifest.sources) {
    const own = rows.filter((row) => row.source === source);
    const keyed = own.map((row) => ({ row, key: [row.rowId, row.payloadHash ?? "", row.text] }));
    keyed.sort((a, b) => {
      const at = a.key.findIndex((part, index) => part !== b.key[index]);
      return at < 0 ? 0 : (a.key[at] ?? "") < (b.key[at] ?? "") ? -1 : 1;
    });
    const values: Json[] = keyed.map(({ row }) => JSON.parse(row.text));
    if (own.length !== rowCount) count++;
    if (digestOf(values) !== rowsHash) count++;
  }
  return count;
}

export function lacks(manifest: Manifest, source: string, { start, cutoff }: Edges): boolean {
  const declared = manifest.sources.find((one) => one.source === source);
  if (declared === undefined) return true;
  let covered = start;
  for (let moved = true; moved; ) {
    moved = false;
    for (const { from, to } of declared.coverage)
      if (from <= covered && to > covered) {
        covered = to;
        moved = true;
      }
  }
  return covered < cutoff;
}
