import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Digest, digestOf, type Instant, parseDigest, sha256Hex, systemHost } from "../src/contracts/index.ts";
import { deployVerdict, gateArtifact, goldenStage, parseTestReports } from "../src/gate/index.ts";
import { pathsUnder } from "./source/files.ts";
import { REQUIRED } from "./traceability.ts";

const USAGE = `usage: gate.js evaluate ARTIFACT REPORT... [--digest HEX]   judge a suite's reports, write the gate artifact
       gate.js check ARTIFACT [--digest HEX]                whether that gate artifact lets the build be deployed
REPORT comes from \`vitest run --reporter=json --outputFile=REPORT\`; several are parts or runs of one suite.
HEX is a SHA-256; without it, that of \`dist\`, which has to be built and may not hold ARTIFACT.
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
  const order = parseOrder(args);
  if (order === undefined) {
    say(USAGE);
    return MISUSE;
  }
  const { path, digest, reports } = order;
  if (reports.length > 0) evaluate(order, now);
  const verdict = deployVerdict(jsonIn(path), { digest, now });
  if (verdict.pass) {
    say(`${digest} may be deployed`);
    return 0;
  }
  say(`${verdict.refusal.code}: ${verdict.refusal.message}; see \`${path}\``);
  return EXIT_BY_CODE[verdict.refusal.code] ?? 1;
}

/** What to do: judge the reports, if any; then check the artifact at `path` for a digest. */
interface Order {
  readonly path: string;
  readonly digest: Digest;
  readonly reports: readonly string[];
}

function parseOrder(args: readonly string[]): Order | undefined {
  const words = parseWords(args);
  const [command, path, ...reports] = words?.positionals ?? [];
  const given = words?.values.digest;
  const digest = given === undefined ? digestOfBuild() : parseDigest(given);
  const isWhole = command === "evaluate" ? reports.length > 0 : command === "check" && reports.length === 0;
  return isWhole && path !== undefined && digest !== undefined ? { path, digest, reports } : undefined;
}

function parseWords(args: readonly string[]) {
  const options = { digest: { type: "string" } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    // An option that is not ours: the usage says which are.
    return undefined;
  }
}

function evaluate({ path, digest, reports }: Order, now: Instant): void {
  const report = parseTestReports(reports.map(jsonIn));
  const artifact = gateArtifact({
    artifactDigest: digest,
    suite:
      report === undefined ? null : { ref: digestOf(reports.map((name) => sha256Hex(readFileSync(name)))), ...report },
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
