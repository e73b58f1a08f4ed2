import { accepted, parseInstant, rejected, sha256Hex } from "../../contracts/index.ts";
import type { Derivation, EvidenceFile } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { Cell, EvidenceSet, Unit } from "../unit.ts";
import { type GateReport, reportIn } from "./gate-report.ts";
import { phaseUnits } from "./phases.ts";

/*
 * Whether it may be claimed that everything is done, which is more than that a release is permitted: from the reports of the release
 * gate (`release_readiness_gate_v2`, a file each) and `phases.json`.
 *
 * Q1 A run of the release branch is a push that was judged strictly. Of one that was judged several times, every report counts.
 * Q2 The last runs count, by when they were decided; the latest also for what it found and for the evidence that phases name.
 */

/** GEX-05: how many runs in a row have to say go. */
const SUSTAINED_RUNS = 5;

const PHASES_FILE = "phases.json";

/** Refused with `GATE_EVIDENCE_MISSING` where there is no file at all that could be a report. */
export const COMPLETION_CLAIM: Derivation = {
  fn: "completion_claim",
  version: 1,
  isReproduced: false,
  derive: ({ files }) => {
    const documents = files.filter(({ name }) => name.endsWith(".json") && name !== PHASES_FILE);
    return documents.length === 0
      ? rejected({
          code: "GATE_EVIDENCE_MISSING",
          message: "there is no report of the release gate, such as `run-100.json`",
        })
      : accepted(derived(documents, files));
  },
};

function derived(documents: readonly EvidenceFile[], files: readonly EvidenceFile[]): EvidenceSet {
  const read = documents.map(({ name, text }) => ({ name, report: reportIn(text) }));
  const reports = read.flatMap(({ report }) => report ?? []).toSorted((a, b) => inOrder(timeOf(a), timeOf(b)));
  const strict = reports.filter(
    ({ candidate, inputs }) => candidate.event === "push" && inputs.policy_profile === "strict",
  ); // Q1
  const latest = strict.at(-1);
  return {
    digest: sha256Hex(
      files
        .map(({ name, text }) => `${name} ${sha256Hex(text)}`)
        .toSorted(inOrder)
        .join("\n"),
    ),
    sources: {},
    facts: {},
    units: {
      unread: read.filter(({ report }) => report === undefined).map(({ name }) => unit(name, { name })),
      run: lastRuns(strict),
      finding: latest === undefined ? [] : [unit("latest", { open: openIn(latest) })],
      protection: latest === undefined ? [] : [unit("latest", { proven: isProtected(latest) })],
      use_case: latest === undefined ? [] : useCases(latest),
      criterion: phaseUnits(files.find(({ name }) => name === PHASES_FILE)?.text, latest),
    },
  };
}

const timeOf = ({ generated_at, digest }: GateReport): string =>
  `${String(parseInstant(generated_at)).padStart(16, "0")} ${digest}`;

/** The last runs (Q2), and whether each is a plain go with nothing waived. */
function lastRuns(strict: readonly GateReport[]): readonly Unit[] {
  return [...grouped(strict)].slice(-SUSTAINED_RUNS).map(([run, all]) =>
    unit(run, {
      go: all.every(({ decision, summary }) => decision === "go" && summary.waived === 0),
      said: all.map(({ decision, summary }) => `${decision}, ${summary.waived} waived`).join("; "),
    }),
  );
}

/** By run, in the order of each one's last report. */
function grouped(strict: readonly GateReport[]): ReadonlyMap<string, readonly GateReport[]> {
  const runs = new Map<string, readonly GateReport[]>();
  for (const report of strict) {
    const before = runs.get(report.candidate.run_id) ?? [];
    runs.delete(report.candidate.run_id);
    runs.set(report.candidate.run_id, [...before, report]);
  }
  return runs;
}

const openIn = ({ summary }: GateReport): number => summary.critical_failures + summary.high_failures + summary.waived;

const isProtected = ({ checks }: GateReport): boolean =>
  checks.some(
    ({ check_id, outcome }) =>
      check_id === "github_branch_protection_status_passed" && (outcome === "pass" || outcome === "allowed_unverified"),
  );

const useCases = ({ checks }: GateReport): readonly Unit[] =>
  checks
    .filter(({ check_id }) => check_id.startsWith("use_case_evidence:"))
    .map(({ check_id, outcome }) => unit(check_id, { accepted: outcome === "pass" }));

const unit = (id: string, columns: { readonly [name: string]: Cell }): Unit => ({
  id,
  at: null,
  channel: "ci",
  rows: [id],
  isValid: true,
  columns,
});
