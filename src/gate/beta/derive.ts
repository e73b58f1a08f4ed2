import { accepted, digestOf, type Instant, rejected, sha256Hex } from "../../contracts/index.ts";
import type { Derivation } from "../derivation.ts";
import type { EvidenceSet, Unit } from "../unit.ts";
import { type Manifest, parseManifest } from "./evidence/manifest.ts";
import { type Row, readRows } from "./evidence/row.ts";
import { settleSeconds, signoffWindow } from "./evidence/window.ts";
import { byText } from "./integrity/chain.ts";
import type { Finding } from "./integrity/finding.ts";
import { type Inspection, inspect } from "./integrity/inspect.ts";
import { actions, actionTriggers } from "./units/actions.ts";
import { applyAttempts, approvalTriggers } from "./units/approvals.ts";
import { attempts, attemptTriggers, heavySessions, terminalFailures } from "./units/attempts.ts";
import { corpusTriggers, invalidFixtures, validImports } from "./units/corpus.ts";
import { correctionLoops, lightIntents, lightTriggers } from "./units/light.ts";
import { rollbackEpisodes, rollbackTriggers } from "./units/rollbacks.ts";
import { violations, violationTriggers } from "./units/violations.ts";

const MANIFEST = "manifest.json";

/**
 * Evidence of the beta programme: `manifest.json`, and rows in files that end in `.ndjson`. Its units are what the policy
 * `dual-track-beta` measures. Refused with `GATE_EVIDENCE_MISSING` without a manifest that can be read.
 */
export const DUAL_TRACK_BETA: Derivation = {
  fn: "dual-track-beta",
  version: 1,
  isReproduced: true,
  derive: ({ files, decidedAt, isReproduced }) => {
    const named = files.find(({ name }) => name === MANIFEST);
    if (named === undefined)
      return rejected({ code: "GATE_EVIDENCE_MISSING", message: `there is no file \`${MANIFEST}\`` });
    const manifest = parseManifest(named.text);
    if (!manifest.ok) return manifest;
    const rows = readRows(files.filter(({ name }) => name.endsWith(".ndjson")).map(({ text }) => text));
    return accepted(deriveBeta({ manifest: manifest.value, rows, isReproduced }, decidedAt));
  },
};

/** What a signoff is decided on. */
export interface BetaEvidence {
  readonly manifest: Manifest;
  readonly rows: readonly Row[];
  /** Whether a second evaluation came to the same; null where there was none. */
  readonly isReproduced: boolean | null;
}

/** Folds evidence into units. Pure: equal evidence gives equal units, in whatever order its rows came. */
export function deriveBeta({ manifest, rows, isReproduced }: BetaEvidence, decisionAt: Instant): EvidenceSet {
  const inspection = inspect(manifest, rows, signoffWindow(manifest, decisionAt));
  const texts = rows.map(({ text }) => text).sort(byText);
  return {
    digest: digestOf([manifest.digest, sha256Hex(texts.join("\n"))]),
    sources: inspection.sources,
    facts: { settle_seconds: settleSeconds(manifest) },
    units: {
      bundle: [timeless(manifest.bundleId, { bundle_id: manifest.bundleId, bundle_hash: manifest.bundleHash })],
      ...unitsOf(inspection),
      integrity: integrityUnits(inspection.findings),
      source: Object.entries(inspection.sources).map(([id, { state }]) =>
        timeless(id, { complete: state === "complete" }),
      ),
      reproduction: isReproduced === null ? [] : [timeless("second evaluation", { reproduced: isReproduced })],
    },
  };
}

/** What the evidence says as a whole, at no instant and by no row. */
const timeless = (id: string, columns: Unit["columns"]): Unit => ({
  id,
  at: null,
  channel: null,
  rows: [],
  isValid: true,
  columns,
});

const unitsOf = ({ window, valid, broken, older }: Inspection) => ({
  light_intent: lightIntents(valid, window),
  correction_loop: correctionLoops(valid),
  attempt: attempts(valid),
  terminal_failure: terminalFailures(valid),
  heavy_session: heavySessions(valid, window),
  valid_import: validImports(valid, window),
  invalid_fixture: invalidFixtures(valid, window),
  action: actions(valid, window),
  apply_attempt: applyAttempts(valid, older, window),
  rollback_episode: rollbackEpisodes(valid, older),
  violation: violations(valid, broken),
  trigger: distinct([
    ...lightTriggers(valid, window),
    ...attemptTriggers(valid),
    ...corpusTriggers(valid, window),
    ...actionTriggers(valid, window),
    ...approvalTriggers(valid, older, window),
    ...rollbackTriggers(valid),
    ...violationTriggers(valid, broken),
  ]),
});

/** One for each rule and row, or for each rule and what was found without a row. */
function integrityUnits(findings: readonly Finding[]): readonly Unit[] {
  const units = findings.map(({ id, row, detail }) => ({
    id: `${id} ${row === null ? detail : row.rowId}`,
    at: row?.observedAt ?? null,
    channel: row?.channel ?? null,
    rows: row === null ? [] : [row.rowId],
    isValid: true,
    columns: { code: id, row: row?.rowId ?? null, detail },
  }));
  return distinct(units);
}

const distinct = (units: readonly Unit[]): readonly Unit[] => [
  ...new Map(units.map((unit) => [unit.id, unit])).values(),
];
