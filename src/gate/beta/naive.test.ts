import { expect, test } from "vitest";
import { assert, seededRandom } from "../../contracts/index.ts";
import { type BetaEvidence, deriveBeta } from "./derive.ts";
import { parseManifest } from "./evidence/manifest.ts";
import { type Bundle, manifestText, rowsIn } from "./testing/bundle.ts";
import { DECISION_AT } from "./testing/clock.ts";
import { naiveSignoff, type Verdict } from "./testing/naive.ts";
import { diceOf, grownBundle, randomBundle } from "./testing/random-bundle.ts";
import { decidedOn } from "./testing/signoff.ts";

const BUNDLES = Number(process.env.COUNTERMARK_RANDOM_BUNDLES ?? 300);
const SEED = 20_261_129;
/** Of so many bundles, one is a sound one with something added: those are large. */
const GROWN_EVERY = 50;

/** What the policy and the engine make of a bundle, in the words of the naive evaluator. */
function engineVerdict(evidence: BetaEvidence): Verdict {
  const { report, evaluation } = decidedOn(deriveBeta(evidence, DECISION_AT), DECISION_AT);
  return {
    decision: report.decision,
    cause: evaluation.decision.cause,
    items: report.items.map(({ status }) => status),
    floors: report.floors.map(({ id, actual, status }) => `${id} ${actual} ${status}`),
    metrics: report.metrics.map(({ id, num, den, status, triggers }) =>
      `${id} ${num}/${den} ${status} ${triggers.join(",")}`.trim(),
    ),
    problems: report.integrityFailures.map(({ id, rowId }) => `${id} ${rowId ?? ""}`).toSorted(),
  };
}

function evidenceOf(bundle: Bundle, isReproduced: boolean | null): BetaEvidence {
  const manifest = parseManifest(manifestText(bundle));
  assert(manifest.ok, "the manifest of a random bundle can be read");
  return { manifest: manifest.value, rows: rowsIn(bundle), isReproduced };
}

/** What was met, so that agreement is agreement on something. */
function seenIn({ decision, cause, items, floors, metrics, problems }: Verdict): readonly string[] {
  return [
    decision,
    `cause ${cause}`,
    ...items.map((status, index) => `item${index + 1} ${status}`),
    ...floors.map((floor) => floor.replace(/ \d+ /, " ")),
    ...metrics.flatMap((metric) => {
      const [id, , status, triggers = ""] = metric.split(" ");
      return [`${id} ${status}`, ...(triggers === "" ? [] : triggers.split(",").map((code) => `${id} ${code}`))];
    }),
    ...problems.map((problem) => problem.replace(/ .*/, "")),
  ];
}

const RATIOS = [
  "L-KPI-1",
  "L-KPI-2",
  "L-KPI-3",
  "L-SLO-4",
  "H-KPI-1",
  "H-KPI-2",
  "H-KPI-3",
  "H-SLO-4",
  "S-SLO-1",
  "S-SLO-2",
];
const TRIGGERS = [
  "L-KPI-1 non_deterministic",
  "L-KPI-2 unreachable",
  "L-KPI-3 retry_cap",
  "L-SLO-4 failed_terminal",
  "H-KPI-1 import_failed",
  "H-KPI-2 drift",
  "H-KPI-2 imported",
  "H-KPI-3 incomplete_action",
  "H-SLO-4 failed_terminal",
  "S-SLO-1 approval_bypass",
  "S-SLO-1 approval_missing",
  "S-SLO-1 token_mismatch",
  "S-SLO-2 failed_terminal",
  "S-SLO-2 recovery_timeout",
  "S-SLO-2 rollback_failed",
  "S-SLO-3 violation",
  "S-SLO-3 untagged_violation",
  "S-SLO-3 unexpected_violation",
];
const MET = [
  "GO",
  "NO-GO",
  "cause failed",
  "cause missing",
  ...[1, 2, 3, 4, 5, 6].flatMap((item) => [`item${item} PASS`, `item${item} FAIL`]),
  ...[2, 3, 4, 5, 6].map((item) => `item${item} UNKNOWN`),
  ...[...RATIOS, "S-SLO-3"].flatMap((id) => ["PASS", "FAIL", "UNKNOWN"].map((status) => `${id} ${status}`)),
  ...TRIGGERS,
  ...Array.from({ length: 13 }, (_, index) => `IF-${index + 1}`),
];

test(`policy and engine agree with an evaluator written from the words alone, on ${BUNDLES} random bundles`, {
  timeout: 20_000 + BUNDLES * 100,
}, () => {
  const met = new Set<string>();
  for (let index = 0; index < BUNDLES; index++) {
    const dice = diceOf(seededRandom(SEED + index));
    const bundle = index % GROWN_EVERY === 0 ? grownBundle(dice) : randomBundle(dice);
    const isReproduced = dice.one([true, true, true, false, null]);

    const evidence = evidenceOf(bundle, isReproduced);

    const naive = naiveSignoff(evidence, DECISION_AT);

    expect(engineVerdict(evidence), `seed ${SEED + index}`).toEqual(naive);
    for (const seen of seenIn(naive)) met.add(seen);
  }
  expect(MET.filter((seen) => !met.has(seen))).toEqual([]);
});
