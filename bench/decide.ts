import { performance } from "node:perf_hooks";
import { assert, instant, sha256Hex } from "../src/contracts/index.ts";
import { DERIVATIONS, evaluateFiles, parsePolicy } from "../src/gate/index.ts";
import { decideAgain, packetJson, parsePacket } from "../src/release/index.ts";
import { median } from "./pairs.ts";

/** What it takes to make a packet's decision again, on one core. */
export interface DecideFigure {
  readonly rows: number;
  /** Medians of the rounds, in milliseconds: from the packet's text to the decision, the digests compared. */
  readonly decide_ms: number;
  /** Reading the same lines with JSON.parse and hashing them once: nothing that reads and checks evidence goes below it. */
  readonly reading_ms: number;
  readonly ratio: number;
}

const DECIDED_AT = instant(Date.UTC(2026, 2, 9));

const POLICY = `
id: bench
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { workflow: string, outcome: string, ms: integer } }
sources: [runs]
validity_seconds: 3600
window: { kind: rolling, length_seconds: 604800, settle_seconds: 0 }
metrics:
  - { id: correct, kind: ratio, from: run, good: $.outcome != 'UNEXPECTED_FAILURE', channels: [prod_traffic] }
  - { id: p95, kind: quantile, from: run, column: ms, q: 0.95 }
gates:
  - { id: correctness, metric: correct, limit: 0.95, bound: { method: wilson, confidence: 0.95, side: two }, remedy: look }
  - { id: latency, metric: p95, op: "<=", limit: 500, remedy: look }`;

/** One packet after another in this process; one more is decided before, for the compiler. */
export function measureDecide({ rows, rounds }: { readonly rows: number; readonly rounds: number }): DecideFigure {
  const lines = Array.from({ length: rows }, (_, index) => lineOf(index));
  const packet = packetText(lines);
  const [decide, reading]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [spent, least] = [timed(() => decided(packet)), timed(() => read(lines))];
    if (round > 0) {
      decide.push(spent);
      reading.push(least);
    }
  }
  const [decideMs, readingMs] = [median(decide), median(reading)];
  const rounded = (value: number) => Number(value.toFixed(1));
  return { rows, decide_ms: rounded(decideMs), reading_ms: rounded(readingMs), ratio: rounded(decideMs / readingMs) };
}

const lineOf = (index: number): string =>
  JSON.stringify({
    kind: "run",
    id: `run-${index}`,
    at: "2026-03-08T10:00:00.000Z",
    channel: "prod_traffic",
    columns: { workflow: "P1-WF01", outcome: index % 100 === 7 ? "UNEXPECTED_FAILURE" : "SUCCESS", ms: index % 400 },
  });

function packetText(lines: readonly string[]): string {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the bench's policy is one");
  const evidence = [{ name: "runs.ndjson", text: lines.join("\n") }];
  const input = { policy: policy.value, profile: null, files: evidence, decidedAt: DECIDED_AT, waivers: null };
  const made = evaluateFiles(input, DERIVATIONS);
  assert(made.ok, "the bench's evidence is decided");
  const { decision } = made.value;
  return packetJson({ policy: POLICY, profile: null, decidedAt: DECIDED_AT, evidence, waivers: null, decision });
}

function decided(text: string): void {
  const packet = parsePacket(text);
  assert(packet.ok && decideAgain(packet.value).ok, "the packet comes to the same again");
}

function read(lines: readonly string[]): void {
  for (const line of lines) JSON.parse(line);
  sha256Hex(lines.join("\n"));
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
