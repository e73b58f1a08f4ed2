import { readFileSync, writeFileSync } from "node:fs";
import { type Digest, digestOf, type Instant, parseDigest, sha256Hex, systemHost } from "../src/contracts/index.ts";
import { deployVerdict, gateArtifact, goldenStage, parseTestReport } from "../src/gate/index.ts";
import { pathsUnder } from "./source/files.ts";
import { REQUIRED } from "./traceability.ts";

const USAGE = `usage: gate.js evaluate REPORT ARTIFACT [DIGEST]   judge a suite's JSON report, write the gate artifact
       gate.js check ARTIFACT [DIGEST]             whether that gate artifact lets the build be deployed
REPORT comes from \`vitest run --reporter=json --outputFile=REPORT\`. DIGEST is SHA-256 in hex; without it, that of \`dist\`.
Ends with 0 where the deploy may go on, 4 where a gate says no, 5 where evidence is missing, 2 on misuse.`;

const EXIT_BY_CODE: { readonly [code: string]: number } = { GATE_FAILED: 4, GATE_EVIDENCE_MISSING: 5 };

const MISUSE = 2;

/** What the script needs of its process: the time, and where its lines go. */
interface Surroundings {
  readonly now: Instant;
  readonly say: (line: string) => void;
}

/** The script: its arguments to its exit code. */
export function gate(args: readonly string[], { now, say }: Surroundings): number {
  const [command, ...rest] = args;
  const [report, path, digestText] = command === "check" ? [undefined, ...rest] : rest;
  const isKnown = command === "check" || (command === "evaluate" && report !== undefined);
  const digest = digestText === undefined ? digestOfBuild() : parseDigest(digestText);
  if (!isKnown || path === undefined || digest === undefined || rest.length > (command === "check" ? 2 : 3)) {
    say(USAGE);
    return MISUSE;
  }
  if (report !== undefined) evaluate({ report, path, digest, now });
  const verdict = deployVerdict(jsonIn(path), { digest, now });
  if (verdict.pass) {
    say(`${digest} may be deployed`);
    return 0;
  }
  say(`${verdict.refusal.code}: ${verdict.refusal.message}; see \`${path}\``);
  return EXIT_BY_CODE[verdict.refusal.code] ?? 1;
}

interface Evaluation {
  readonly report: string;
  readonly path: string;
  readonly digest: Digest;
  readonly now: Instant;
}

function evaluate({ report: reportPath, path, digest, now }: Evaluation): void {
  const report = parseTestReport(jsonIn(reportPath));
  const artifact = gateArtifact({
    artifactDigest: digest,
    suite: report === undefined ? null : { ref: sha256Hex(readFileSync(reportPath)), ...report },
    stages: [goldenStage(report, REQUIRED)],
    evaluatedAt: now,
  });
  writeFileSync(path, `${JSON.stringify(artifact, null, 2)}\n`);
}

/** The value in a JSON file; undefined where there is none to be read, which no gate takes for evidence. */
function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** One digest for all the build's files by path and content; undefined where nothing is built. */
function digestOfBuild(): Digest | undefined {
  const files = pathsUnder("dist").map((path) => ({ path, sha256: sha256Hex(readFileSync(path)) }));
  return files.length === 0 ? undefined : digestOf(files);
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = gate(process.argv.slice(2), { now: systemHost().clock.now(), say: (line) => console.error(line) });
}
