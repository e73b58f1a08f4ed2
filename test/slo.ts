/** A policy that says GO where nine in ten runs are good, and evidence of one run for it. */
export const SLO_POLICY = `id: slo
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
sources: [runs]
validity_seconds: 3600
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: correctness, metric: correct, limit: 0.9, remedy: look at the failing runs }]
`;

export const runsEvidence = (isGood: boolean): string =>
  JSON.stringify({ kind: "run", id: "r1", columns: { good: isGood } });
