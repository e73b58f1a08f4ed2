import { relative } from "../../../../src/contracts/told-time.ts";
import type { Overview } from "../../api/wire.ts";
import type { Tone } from "../../ui/tone.ts";

type Alerts = Overview["alerts"][number];
export type AlertKind = Alerts["alert"];

/** Where the rows behind a fact are. */
export type Place = AlertKind | "runs" | "blocked" | "inbox" | "gates" | "releases" | "health" | "unknown" | "decision";

export interface Fact {
  readonly text: string;
  readonly tone: Tone;
  readonly place: Place;
  /** Which one there: an evaluation, an environment. */
  readonly id?: string;
}

/** An answer in one sentence, and the facts that made it so, the gravest first. */
export interface Verdict {
  readonly tone: Tone;
  readonly sentence: string;
  readonly facts: readonly Fact[];
}

const GRAVITY: readonly Tone[] = ["bad", "wait", "busy", "good", "idle"];

const FACTS_SHOWN = 3;

/** An approval that waits longer than this is late, in milliseconds (operations: 15 min). */
const LATE_MS = 15 * 60_000;

/** More events than this that nobody reconciled are an alert. */
const BACKLOG = 100;

/** Is it safe? What stands still for want of a person, and what nobody knows, makes it not so. */
export function safeVerdict(overview: Overview, now: number): Verdict {
  const facts = [
    ...troubleFacts(overview),
    ...alertFacts(overview),
    ...approvalFacts(overview, now),
    ...breakerFacts(overview),
    flightFact(overview),
    endFact(overview),
  ];
  const bad = facts.filter(({ tone }) => tone === "bad").length;
  const isLate = facts.some(({ tone }) => tone === "wait");
  if (bad > 0) return verdict("bad", bad === 1 ? "One thing needs a person." : `${bad} things need a person.`, facts);
  if (isLate) return verdict("wait", "Safe, but something waits for a person.", facts);
  return verdict("good", "Safe: nothing is stuck, and every effect is accounted for.", facts);
}

export const verdict = (tone: Tone, sentence: string, facts: readonly Fact[]): Verdict => ({
  tone,
  sentence,
  facts: facts.toSorted((a, b) => GRAVITY.indexOf(a.tone) - GRAVITY.indexOf(b.tone)).slice(0, FACTS_SHOWN),
});

type Counted = Overview["approvals"];

const countText = ({ count, is_more }: Counted): string => (is_more ? `${count} or more` : String(count));

function troubleFacts({ runs, unknown_effects, dead_letters, reconciliations }: Overview): readonly Fact[] {
  const blocked = runs.find(({ status }) => status === "BLOCKED")?.count ?? 0;
  const kinds: readonly (readonly [Counted, readonly [one: string, many: string], Place, Tone])[] = [
    [{ count: blocked, is_more: false, oldest_at: null }, ["run is blocked", "runs are blocked"], "blocked", "bad"],
    [
      unknown_effects,
      ["effect may or may not have happened", "effects may or may not have happened"],
      "unknown",
      "bad",
    ],
    [dead_letters, ["dead letter waits for review", "dead letters wait for review"], "health", "bad"],
    [
      reconciliations,
      ["provider event is not reconciled", "provider events are not reconciled"],
      "health",
      reconciliations.count > BACKLOG ? "bad" : "wait",
    ],
  ];
  return kinds
    .filter(([counted]) => counted.count > 0)
    .map(([counted, [one, many], place, tone]) => ({
      text: `${countText(counted)} ${counted.count === 1 ? one : many}`,
      tone,
      place,
    }));
}

const ALERT_WORDS: { readonly [kind in AlertKind]: readonly [one: string, many: string] } = {
  secret_stopped: ["secret or card was stopped at the record", "secrets or cards were stopped at the record"],
  personal_data_masked: [
    "piece of personal data was masked at the record",
    "pieces of personal data were masked at the record",
  ],
  key_collision: ["call got the result of another request", "calls got the results of other requests"],
  bound_reached: ["run was ended by a bound", "runs were ended by a bound"],
};

const ALERT_TONES: { readonly [severity in Alerts["severity"]]: Tone } = { P1: "bad", P2: "wait", P3: "busy" };

const alertFacts = ({ alerts }: Overview): readonly Fact[] =>
  alerts.map(({ alert, severity, ...counted }) => ({
    text: `${countText(counted)} ${ALERT_WORDS[alert][counted.count === 1 ? 0 : 1]} in the last 24 hours`,
    tone: ALERT_TONES[severity],
    place: alert,
  }));

function approvalFacts({ approvals }: Overview, now: number): readonly Fact[] {
  if (approvals.count === 0 || approvals.oldest_at === null)
    return [{ text: "no approval is waiting", tone: "good", place: "inbox" }];
  const oldest = Date.parse(approvals.oldest_at);
  const text = `${countText(approvals)} ${approvals.count === 1 ? "approval waits" : "approvals wait"}, the oldest was asked ${relative(oldest, now)}`;
  return [{ text, tone: now - oldest > LATE_MS ? "bad" : "wait", place: "inbox" }];
}

const breakerFacts = ({ breakers }: Overview): readonly Fact[] =>
  breakers.map(({ breaker_id, state }) => ({
    text:
      state === "OPEN"
        ? `calls to ${breaker_id} are stopped, since too many failed`
        : `calls to ${breaker_id} are being tried again`,
    tone: state === "OPEN" ? "bad" : "wait",
    place: "health",
  }));

const sumOf = ({ runs }: Overview, statuses: readonly string[]): number =>
  runs.reduce((sum, { status, count }) => (statuses.includes(status) ? sum + count : sum), 0);

function flightFact(overview: Overview): Fact {
  const count = sumOf(overview, ["PENDING", "RUNNING", "SUSPENDED_HITL", "SUSPENDED_WAIT", "COMPENSATING"]);
  return { text: `${count} ${count === 1 ? "run" : "runs"} in flight`, tone: "busy", place: "runs" };
}

function endFact(overview: Overview): Fact {
  const good = sumOf(overview, ["SUCCEEDED", "FAILED_EXPECTED", "CANCELLED"]);
  const failed = sumOf(overview, ["FAILED_UNEXPECTED"]);
  return failed === 0
    ? { text: `${good} ${good === 1 ? "run" : "runs"} ended well in the last 24 hours`, tone: "good", place: "runs" }
    : {
        text: `${failed} of ${good + failed} runs that ended in the last 24 hours failed`,
        tone: "wait",
        place: "runs",
      };
}
