import { readFileSync } from "node:fs";
import { assert, type Instant } from "../../../contracts/index.ts";
import type { EvidenceFile } from "../../derivation.ts";
import { type Evaluation, evaluate } from "../../evaluate.ts";
import { parsePolicy } from "../../policy.ts";
import type { EvidenceSet } from "../../unit.ts";
import { DUAL_TRACK_BETA, deriveBeta } from "../derive.ts";
import { parseManifest } from "../evidence/manifest.ts";
import { type SignoffReport, signoffReport } from "../report.ts";
import { type Bundle, manifestText, rowsIn, rowsText } from "./bundle.ts";
import { DECISION_AT } from "./clock.ts";

const read = parsePolicy(readFileSync("policies/dual-track-beta.yaml", "utf8"));
assert(read.ok, read.ok ? "" : read.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
export const POLICY = read.value;

export interface Signoff {
  readonly evaluation: Evaluation;
  readonly report: SignoffReport;
}

export interface SignoffOptions {
  readonly decidedAt?: Instant;
  readonly isReproduced?: boolean | null;
}

/** A bundle that is decided on. */
export function signoff(
  bundle: Bundle,
  { decidedAt = DECISION_AT, isReproduced = true }: SignoffOptions = {},
): Signoff {
  const manifest = parseManifest(manifestText(bundle));
  assert(manifest.ok, manifest.ok ? "" : manifest.refusal.message);
  const evidence = deriveBeta({ manifest: manifest.value, rows: rowsIn(bundle), isReproduced }, decidedAt);
  return decidedOn(evidence, decidedAt);
}

/** Files that are read and decided on. */
export function signoffOf(
  files: readonly EvidenceFile[],
  { decidedAt = DECISION_AT, isReproduced = true }: SignoffOptions = {},
): Signoff {
  const derived = DUAL_TRACK_BETA.derive({ files, decidedAt, isReproduced, policy: POLICY, profile: null });
  assert(derived.ok, derived.ok ? "" : derived.refusal.message);
  return decidedOn(derived.value, decidedAt);
}

export const filesOf = (bundle: Bundle): readonly EvidenceFile[] => [
  { name: "manifest.json", text: manifestText(bundle) },
  { name: "rows.ndjson", text: rowsText(bundle) },
];

/** Units that are decided on. */
export function decidedOn(evidence: EvidenceSet, decidedAt: Instant): Signoff {
  const evaluated = evaluate({ policy: POLICY, profile: null, evidence, decidedAt, waivers: null });
  assert(evaluated.ok, "the policy has no profiles");
  const evaluation = { ...evaluated.value, evidence };
  return { evaluation, report: signoffReport(evaluation) };
}

/** What a metric came to, as `59/60 FAIL`; a count without what it is divided by. */
export function said({ metrics }: SignoffReport, id: string): string {
  const metric = metrics.find((one) => one.id === id);
  assert(metric !== undefined, "the report has every metric");
  const { num, den, status } = metric;
  return `${den === null ? num : `${num}/${den}`} ${status}`;
}

/** Numbers of the items that do not pass, with their status unless it is FAIL. */
export const missedItems = ({ items }: SignoffReport): string =>
  items
    .filter(({ status }) => status !== "PASS")
    .map(({ item, status }) => (status === "FAIL" ? String(item) : `${item} ${status}`))
    .join(", ");

/** Ids of rules that were broken, each once. */
export const brokenRules = ({ integrityFailures }: SignoffReport): readonly string[] => [
  ...new Set(integrityFailures.map(({ id }) => id)),
];
