/** A policy over runs that are good or not. Gates are written as policies write them; so is what comes after them. */
export const runsPolicy = ({
  id,
  gates,
  validSeconds = 864_000,
  more = "",
}: {
  readonly id: string;
  readonly gates: readonly string[];
  readonly validSeconds?: number;
  readonly more?: string;
}): string => `id: ${id}
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
sources: [runs]
validity_seconds: ${validSeconds}
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates:
${gates.map((gate) => `  - ${gate}\n`).join("")}${more}`;

/** How gates of such a policy may be waived: by one approval in dev, by a release owner's and another where it matters. */
export const WAIVERS = `waivers:
  approvals: 1
  ttl_seconds: 1209600
  consecutive_max: 2
  waived_seconds_max: 2592000
  waived_seconds_within: 7776000
  rules: [{ environments: [staging, prod], approvals: 2, role: release_owner }]
`;

/** One that says GO where nine in ten runs are good, and evidence of one run for it. */
export const SLO_POLICY = runsPolicy({
  id: "slo",
  gates: ["{ id: correctness, metric: correct, limit: 0.9, remedy: look at the failing runs }"],
  validSeconds: 3600,
});

export const runsEvidence = (isGood: boolean): string => runsOf(isGood ? 1 : 0, 1);

/** Rows of runs, the first so many of them good. */
export const runsOf = (good: number, all: number): string =>
  Array.from({ length: all }, (_, index) => ({ kind: "run", id: `r${index + 1}`, columns: { good: index < good } }))
    .map((run) => JSON.stringify(run))
    .join("\n");
