import { readFileSync } from "node:fs";
import { assert, type Instant, instant, type JsonObject } from "../../../contracts/index.ts";
import { DERIVATIONS } from "../../derivations.ts";
import { evaluateFiles, type FileEvaluation } from "../../evaluate-files.ts";
import { type Policy, parsePolicy } from "../../policy.ts";
import type { WaiverInput } from "../../waiver-rules.ts";
import { type GateDecision, gateDecision } from "../gate-decision.ts";

export const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2));

export const policyIn = (file: string, edit: (source: string) => string = (source) => source): Policy => {
  const read = parsePolicy(edit(readFileSync(`policies/${file}`, "utf8")));
  assert(read.ok, read.ok ? "" : read.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return read.value;
};

const POLICY = policyIn("promotion.yaml");

/** A run of one task that passed, verified; and whatever of it is otherwise. */
export const inputOf = (parts: JsonObject = {}): JsonObject => ({
  version: "0.2.0",
  run_id: "pkt-dome-demo-0001",
  queue: ["a"],
  results: [{ task_id: "a", status: "PASS" }],
  verify: { exit_code: 0 },
  evidence: [],
  ...parts,
});

export const passed = (hint?: number): JsonObject => ({
  task_id: "a",
  status: "PASS",
  ...(hint === undefined ? {} : { risk_score_hint: hint }),
});

export interface GateOptions {
  readonly policy?: Policy;
  readonly profile?: string;
  readonly decidedAt?: Instant;
  readonly waivers?: WaiverInput | null;
}

export interface Gated {
  readonly evaluation: FileEvaluation;
  readonly gate: GateDecision;
}

/** Judges a document by the policy `promotion`. */
export const gated = (input: JsonObject, options: GateOptions = {}): Gated => gatedText(JSON.stringify(input), options);

export function gatedText(
  text: string,
  { policy = POLICY, profile = "standard", decidedAt = DECIDED_AT, waivers = null }: GateOptions = {},
): Gated {
  const files = [{ name: "gate.input.json", text }];
  const evaluated = evaluateFiles({ policy, profile, files, decidedAt, waivers }, DERIVATIONS);
  assert(evaluated.ok, evaluated.ok ? "" : evaluated.refusal.message);
  return { evaluation: evaluated.value, gate: gateDecision(evaluated.value) };
}
