import { after, digestOf, type Instant, type JsonObject, sha256Hex } from "../../../contracts/index.ts";
import { MINUTE_MS, minute, written } from "./clock.ts";

export type Tags = JsonObject;

/** A row whose id is made of all that it says, so that equal rows are one row. */
export function rowOf(tags: Tags, payload: JsonObject): JsonObject {
  const row = {
    track: "light",
    mode: "light",
    evidenceChannel: "prod_traffic",
    eventKey: null,
    heavySessionId: null,
    eventClass: null,
    drillId: null,
    fixtureRunId: null,
    fixtureCaseId: null,
    expectedOutcome: null,
    ...tags,
    payload,
    payloadHash: digestOf(payload),
  };
  return { rowId: `row-${sha256Hex(JSON.stringify(row)).slice(0, 16)}`, ...row };
}

/** The same row with other tags, under the same id. */
export const retagged = (row: JsonObject, tags: Tags): JsonObject => ({ ...row, ...tags });

export const RUN = "run-1";

/** Tags of what a fixture of the one registered run did. */
export const fixture = (fixtureCaseId: string, expectedOutcome: string): Tags => ({
  evidenceChannel: "controlled_fixture",
  fixtureRunId: RUN,
  fixtureCaseId,
  expectedOutcome,
});

export interface AdaptationOptions {
  readonly targets?: readonly string[];
  readonly at?: Instant;
  readonly deterministic?: boolean;
  /** Targets whose launcher, or whose way to close, is out of reach. */
  readonly launcherLost?: readonly string[];
  readonly closeLost?: readonly string[];
  readonly blocked?: readonly string[];
  readonly tags?: Tags;
}

export function adaptation(intentId: string, options: AdaptationOptions = {}): JsonObject {
  const { targets = ["web"], at = minute(10), deterministic = true, tags = {} } = options;
  const { launcherLost = [], closeLost = [], blocked = [] } = options;
  const targetResults = targets.map((target) => {
    const [launcherReachable, closeRecoverReachable] = [!launcherLost.includes(target), !closeLost.includes(target)];
    return {
      target,
      profileId: `${target}.profile`,
      resolutionStatus: blocked.includes(target) ? "blocked_safe" : "normal",
      conflictCount: 0,
      recoverabilityPass: launcherReachable && closeRecoverReachable,
      launcherReachable,
      closeRecoverReachable,
      deterministicHash: sha256Hex(`${intentId} ${target}`),
    };
  });
  const isRecoverable = targetResults.every(
    ({ recoverabilityPass, resolutionStatus }) => recoverabilityPass || resolutionStatus === "blocked_safe",
  );
  return rowOf(
    { source: "T252", kind: "light_adaptation", observedAt: written(at), ...tags },
    {
      schemaVersion: "responsive.adaptation.report.v1",
      intentId,
      targetResults,
      aggregate: {
        allTargetsDeterministic: deterministic,
        allTargetsRecoverableOrBlockedSafe: isRecoverable,
      },
    },
  );
}

export interface CorrectionOptions {
  readonly enteredAt?: Instant;
  readonly at?: Instant;
  readonly corrections?: number;
  readonly outcome?: string;
  readonly finalCode?: string | null;
  readonly tags?: Tags;
}

export function correction(intentId: string, options: CorrectionOptions = {}): JsonObject {
  const { enteredAt = minute(20), corrections = 1, outcome = "resolved", finalCode = null, tags = {} } = options;
  const { at = after(enteredAt, MINUTE_MS) } = options;
  return rowOf(
    { source: "T251", kind: "light_correction", observedAt: written(at), ...tags },
    { intentId, enteredAt: written(enteredAt), corrections, finalCode, outcome },
  );
}

/** What a person is shown of an attempt before it asks for approval: a dry run that went well, and the difference. */
export function previewed(txId: string, attemptNo: number, at: Instant): readonly JsonObject[] {
  const intentId = `intent-of-${txId}`;
  const tags = { source: "T251", observedAt: written(at), eventKey: `${txId}:${attemptNo}` };
  const dryRun = {
    schemaVersion: "dryrun.report.v1",
    dryRunId: `dry-${txId}-${attemptNo}`,
    intentId,
    attemptNo,
    status: "ok",
    checks: [{ name: "writes.none", pass: true, detail: null }],
    warnings: [],
    blockingIssues: [],
  };
  const diff = {
    schemaVersion: "preview.diff.v1",
    diffId: `diff-${txId}-${attemptNo}`,
    intentId,
    attemptNo,
    summary: { adds: 1, updates: 0, removes: 0, riskLevel: "low" },
    changes: [{ path: "/text/title", before: null, after: "x", reason: "the title is set", requiresApproval: true }],
  };
  return [rowOf({ ...tags, kind: "light_dryrun" }, dryRun), rowOf({ ...tags, kind: "light_diff" }, diff)];
}

export interface ImportOptions {
  readonly at?: Instant;
  readonly isImported?: boolean;
  /** Code and path. */
  readonly refused?: readonly [code: string, path: string];
  readonly manifestCode?: string;
  readonly input?: string;
  readonly tags?: Tags;
}

const imported = (label: string, name: string, options: ImportOptions): JsonObject => {
  const { at = minute(30), isImported = options.refused === undefined, input = name, tags = {} } = options;
  const { refused: [code, path] = ["", ""], manifestCode } = options;
  const envelope = isImported
    ? { ok: true, code: "imported", moduleId: `module-${name}`, moduleVersion: "1.0.0", replaced: false }
    : {
        ok: false,
        code,
        path,
        message: "refused",
        ...(manifestCode === undefined ? {} : { detail: { manifestCode } }),
      };
  return rowOf(
    { source: "T253", kind: "import_result", observedAt: written(at), track: "heavy", ...tags },
    { envelope, inputHash: sha256Hex(input), corpusLabel: label },
  );
};

const corpus = (label: string, name: string, outcome: string, options: ImportOptions): JsonObject =>
  imported(label, name, { ...options, tags: { mode: null, ...fixture(name, outcome), ...options.tags } });

export const validImport = (name: string, options: ImportOptions = {}): JsonObject =>
  corpus("valid", name, "import_ok_expected", options);

export const invalidImport = (name: string, options: ImportOptions = {}): JsonObject =>
  corpus("invalid", name, "import_reject_expected", {
    refused: ["invalid-module-id", "package.moduleId"],
    ...options,
  });

/** What was imported twice and refused alike. */
export const invalidTwice = (name: string): readonly JsonObject[] => [
  invalidImport(name),
  invalidImport(name, { at: minute(31) }),
];

/** An import by a person who builds a module. */
export const sessionImport = (heavySessionId: string, name: string, at: Instant = minute(32)): JsonObject =>
  imported("none", name, { at, tags: { mode: "heavy", heavySessionId } });

export const completeAction = (id: string): JsonObject => ({
  id,
  label: "Do it",
  calls: ["layout.set"],
  mutates: ["layout"],
  requiresApproval: true,
  undoCommand: null,
  surface: ["panel"],
});

export const without = (value: JsonObject, member: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));

export interface GraphOptions {
  readonly at?: Instant;
  readonly tags?: Tags;
}

/** A module's graph, seen in a session. */
export const graph = (moduleId: string, actions: readonly JsonObject[], options: GraphOptions = {}): JsonObject =>
  rowOf(
    {
      source: "T255",
      kind: "action_graph",
      observedAt: written(options.at ?? minute(40)),
      track: "heavy",
      mode: "heavy",
      ...options.tags,
    },
    { actionGraphVersion: "1.0", moduleId, moduleVersion: "1.0.0", actions },
  );

export interface CapabilityOptions {
  readonly at?: Instant;
  readonly eventName?: string;
  readonly reason?: string;
  readonly kind?: string;
  /** The transaction and its attempt, where there is one. */
  readonly attempt?: readonly [txId: string, attemptNo: number];
  readonly tags?: Tags;
}

/** An event of the capability sandbox: a violation unless told. */
export function capability(eventId: string, options: CapabilityOptions = {}): JsonObject {
  const { at = minute(50), eventName = "capability.check.rejected", kind = "policy_violation", tags = {} } = options;
  const { reason = "capability-policy-violation", attempt } = options;
  const [txId, attemptNo] = attempt ?? [];
  const outcomes = { "capability.rollback.executed": "rolled_back", "capability.rollback.failed": "rollback_failed" };
  const rollbackOutcome = Object.entries(outcomes).find(([name]) => name === eventName)?.[1] ?? null;
  return rowOf(
    {
      source: "T254",
      kind,
      observedAt: written(at),
      track: "heavy",
      mode: "heavy",
      heavySessionId: "s01",
      eventKey: attempt === undefined ? null : `${txId}:${attemptNo}`,
      ...tags,
    },
    {
      eventId,
      eventName,
      timestampUtc: written(at),
      moduleId: "module-a",
      moduleVersion: "1.0.0",
      capabilityId: "state.write.tx",
      actionId: null,
      transactionId: txId ?? null,
      attemptNo: attemptNo ?? null,
      decision: "rejected",
      decisionReasonCode: reason,
      approverIdentity: null,
      approverRole: null,
      grantScope: "none",
      grantVersion: "1.0",
      rollbackOutcome,
    },
  );
}

export const modeEntered = (eventId: string, mode: "light" | "heavy", at: Instant): JsonObject =>
  rowOf(
    { source: "T257", kind: "mode_context", observedAt: written(at), track: mode, mode, heavySessionId: "s01" },
    {
      eventId,
      timestamp: written(at),
      uiSessionId: "ui-1",
      actorId: "ann",
      mode,
      prevMode: null,
      switchDecision: "none",
      txId: null,
      attemptNo: null,
      txState: null,
      track: null,
      heavySessionId: null,
    },
  );
