import { type Difference, differences, type Json, type JsonObject, type PathStep } from "../contracts/index.ts";
import type { DriftClass } from "./drift-class.ts";
import type { RunEvent, RunEventType } from "./events.ts";

export interface Drift {
  readonly name: string;
  readonly meaning: string;
  /** `equal`: what happened is the same; `semantic_drift`: it is not. */
  readonly verdict: "equal" | "semantic_drift";
}

/** Every class of drift (release-governance 5.5), mildest first. */
export const DRIFTS: { readonly [drift in DriftClass]: Drift } = {
  D0: { name: "none", meaning: "no difference", verdict: "equal" },
  D1: { name: "cosmetic", meaning: "only ids, times, counts of tokens or texts differ", verdict: "equal" },
  D2: { name: "ordering", meaning: "events of concurrent branches come in another order", verdict: "equal" },
  D3: { name: "binding", meaning: "another version of a tool, with the same output", verdict: "equal" },
  D4: { name: "output", meaning: "an output or the run's document differs", verdict: "semantic_drift" },
  D5: { name: "control flow", meaning: "another step, branch, attempt or end", verdict: "semantic_drift" },
  D6: { name: "effect", meaning: "an external call is missing, additional or another one", verdict: "semantic_drift" },
  D7: { name: "policy", meaning: "a bound, a guard or an approval decides otherwise", verdict: "semantic_drift" },
  D8: { name: "history", meaning: "the recorded history is none that could have happened", verdict: "semantic_drift" },
};

export const isEqualDrift = (drift: DriftClass): boolean => DRIFTS[drift].verdict === "equal";

/** The graver of two. */
export const worse = (a: DriftClass, b: DriftClass): DriftClass => (a > b ? a : b);

/** What deciding again found in the place of one recorded event. `at`: the first member that differs, in the gravest class. */
export interface EventDrift {
  readonly drift: DriftClass;
  /** Steps into `{type, step, at, payload}`; empty where one of the two is missing or of another type. */
  readonly at: Difference | null;
}

/** The call that an event answers, as it was made and as it would be made now. */
export interface CallPair {
  readonly made: JsonObject;
  readonly planned: JsonObject;
}

/** Compares a recorded event with what was decided in its place; null stands for nothing. */
export function driftBetween(expected: RunEvent | null, found: RunEvent | null, calls: CallPair | null): EventDrift {
  if (expected === null || found === null || expected.type !== found.type || expected.step !== found.step)
    return { drift: kindDrift(expected, found), at: null };
  const [recorded, decided] = [viewOf(expected, calls?.made ?? null), viewOf(found, calls?.planned ?? null)];
  const all = differences(recorded, decided).map((at) => ({ at, drift: fieldDrift(expected.type, at.steps) }));
  const drift = all.map((one) => one.drift).reduce(worse, "D0");
  return { drift, at: all.find((one) => one.drift === drift)?.at ?? null };
}

/** An event as plain JSON; with a call, that one stands in the place of its trace. */
export function viewOf({ type, step, at, payload }: RunEvent, call: JsonObject | null = null): Json {
  return JSON.parse(JSON.stringify({ type, step, at, payload: call === null ? payload : { ...payload, call } }));
}

/** What guards, bounds and people decided. */
const POLICY: ReadonlySet<RunEventType> = new Set([
  "call.refused",
  "approval.requested",
  "approval.decided",
  "approval.escalated",
  "bound.reached",
]);

/** Facts that nobody but the outside world can have brought: one that the run did not expect did not happen to this run. */
const FACTS: ReadonlySet<RunEventType> = new Set([
  "run.started",
  "signal.received",
  "wait.released",
  "effect.resolved",
  "run.upgraded",
  "run.cancel_requested",
]);

function kindDrift(expected: RunEvent | null, found: RunEvent | null): DriftClass {
  const either = (is: (event: RunEvent) => boolean) => [expected, found].some((event) => event !== null && is(event));
  if (expected !== null && FACTS.has(expected.type)) return "D8";
  if (either(({ type }) => POLICY.has(type))) return "D7";
  if (either(({ payload }) => "call" in payload)) return "D6";
  return "D5";
}

type Place = { readonly [member: string]: DriftClass };

/** By member of the payload; one that is not listed decides where the run goes. */
const MEMBERS: Place = {
  message: "D1",
  approval_id: "D1",
  signal_id: "D1",
  by: "D1",
  spent: "D1",
  timeout_at: "D1",
  until: "D1",
  poll_at: "D1",
  retry_at: "D1",
  look_at: "D1",
  retry_after_ms: "D1",
  observed: "D1",
  patch: "D4",
  document: "D4",
  document_sha256: "D4",
  document_version: "D4",
  output: "D4",
  payload: "D4",
  receipt_id: "D6",
  reused: "D6",
  effect: "D6",
  input: "D6",
  decision: "D7",
  stage: "D7",
  action: "D7",
  keep: "D7",
  limit: "D7",
};

/** By member of a call's trace; one that is not listed says only when, how long, under which ids. */
const CALL_MEMBERS: Place = {
  tool: "D6",
  operation: "D6",
  input: "D6",
  internal_key: "D6",
  external_key: "D6",
  version: "D3",
  output: "D4",
  approval_asked: "D7",
};

/** Members of a run's identity that each run has of its own. */
const OWN: ReadonlySet<PathStep> = new Set(["run_id", "correlation_id", "started_at", "seed", "principal_id"]);

function fieldDrift(type: RunEventType, [part, member = "", inner = ""]: readonly PathStep[]): DriftClass {
  if (part !== "payload") return "D1"; // when it happened
  if (member === "call") return CALL_MEMBERS[inner] ?? "D1";
  if (member === "identity") return OWN.has(inner) ? "D1" : "D5";
  if (member === "code" && POLICY.has(type)) return "D7";
  return MEMBERS[member] ?? "D5";
}
