import { accepted, rejected, sha256Hex } from "../../contracts/index.ts";
import type { Derivation } from "../derivation.ts";
import type { EvidenceSet, Unit } from "../unit.ts";
import { BUNDLE_PROFILE, deriveBundle } from "./derive-bundle.ts";
import { GATE_INPUT, type GateInputDocument, inputProblems } from "./gate-input.ts";
import { problemUnits, type Read, readDocument, runNamedIn, stateOf, textsOf, timeless } from "./problem.ts";
import { derivedTrace, isPlaceholder } from "./trace.ts";

const INPUT = "gate.input.json";

/** Of a task whose worker states none. */
const RISK_BASE = 20;

/**
 * The evidence of what wants to advance. A run's is one document, `gate.input.json`; under the profile of bundles it is a promotion's
 * report. What is wrong inside it is evidence. Refused with `GATE_EVIDENCE_MISSING` where it is not there at all.
 */
export const PROMOTION: Derivation = {
  fn: "promotion",
  version: 1,
  isReproduced: false,
  derive: ({ files, profile }) => {
    if (profile === BUNDLE_PROFILE) return deriveBundle(files);
    const texts = textsOf(files, INPUT);
    return texts.length === 0
      ? rejected({ code: "GATE_EVIDENCE_MISSING", message: `there is no file \`${INPUT}\`` })
      : accepted(deriveGate(texts));
  },
};

function deriveGate(texts: readonly string[]): EvidenceSet {
  const read = readDocument(INPUT, texts, GATE_INPUT);
  return {
    digest: sha256Hex(texts.join("\n")),
    sources: { "gate.input": stateOf(read) },
    facts: {},
    units: {
      run: [runUnit(read, texts)],
      problem: problemUnits(read.ok ? inputProblems(read.value) : read.problems),
      ...(read.ok ? workUnits(read.value) : {}),
    },
  };
}

/** What is judged. Its trace is named by the run itself, or follows from its id. */
function runUnit(read: Read<GateInputDocument>, texts: readonly string[]): Unit {
  const input = read.ok ? read.value : { run_id: runNamedIn(texts), task_id: "wave-gate", telemetry_ref: undefined };
  const given = input.telemetry_ref;
  const isUsable = given !== undefined && !isPlaceholder(given);
  const trace = isUsable ? given : derivedTrace(input.run_id);
  return timeless("run", {
    run_id: input.run_id,
    task_id: input.task_id,
    trace_source: isUsable ? "given" : "derived",
    ...trace,
  });
}

function workUnits({ queue, results, verify }: GateInputDocument) {
  const answered = new Set(results.map(({ task_id }) => task_id));
  return {
    task: [...new Set(queue)].map((task) => timeless(task, { answered: answered.has(task) })),
    result: results.map(({ task_id, status, reason_code, risk_score_hint = RISK_BASE }, index) =>
      timeless(`${task_id} ${index}`, { status, code: reason_code, hint: risk_score_hint }, [task_id]),
    ),
    verify: [
      timeless("verify", {
        outcome: outcomeOf(verify),
        exit_code: verify?.exit_code ?? null,
        output: verify?.output ?? null,
      }),
    ],
  };
}

/** A command that fails has failed, whatever it left out; one that leaves something out has not passed. */
function outcomeOf(verify: GateInputDocument["verify"]): "passed" | "failed" | "skipped" | "absent" {
  if (verify === null) return "absent";
  if (verify.exit_code !== null && verify.exit_code !== 0) return "failed";
  return verify.exit_code === null || verify.skipped || verify.skips > 0 ? "skipped" : "passed";
}
