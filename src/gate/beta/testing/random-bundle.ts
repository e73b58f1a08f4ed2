import { type Instant, instant, type JsonObject, type Random } from "../../../contracts/index.ts";
import { B0, bundleOf, drill, lightStory, moduleOf, partial } from "./baseline.ts";
import type { Bundle } from "./bundle.ts";
import { CUTOFF, HOUR_MS, minute, SECOND_MS, WINDOW_END, WINDOW_START, written } from "./clock.ts";
import {
  adaptation,
  capability,
  completeAction,
  correction,
  fixture,
  graph,
  invalidImport,
  modeEntered,
  previewed,
  sessionImport,
  type Tags,
  validImport,
  without,
} from "./rows.ts";
import { type Act, APPLIED, ASKED, BEGUN, ROLLED_BACK, story, type Turn } from "./story.ts";

/** Chance as choices. */
export interface Dice {
  readonly one: <T>(of: readonly [T, ...T[]]) => T;
  readonly upTo: (most: number) => number;
  readonly is: (probability: number) => boolean;
}

export const diceOf = ({ next }: Random): Dice => ({
  one: (of) => {
    const chosen = of[Math.floor(next() * of.length)];
    return chosen === undefined ? of[0] : chosen; // null can be chosen
  },
  upTo: (most) => Math.floor(next() * (most + 1)),
  is: (probability) => next() < probability,
});

/** A small bundle of anything that could happen, most of it in order. */
export function randomBundle(dice: Dice): Bundle {
  const tidy = dice.is(0.4);
  const make = <T>(most: number, one: (index: number) => readonly T[]): readonly T[] =>
    Array.from({ length: dice.upTo(most) }, (_, index) => one(index)).flat();
  const rows = [
    ...make(4, () => [randomReport(dice)]),
    ...make(3, () => [randomCorrection(dice)]),
    ...make(3, (index) => randomStory(dice, tidy ? `t${index}` : null)),
    ...make(4, () => [randomImport(dice)]),
    ...make(3, () => randomModule(dice)),
    ...make(2, () => [randomCapability(dice)]),
    ...make(1, () => [modeEntered("mode", dice.one(["light", "heavy"]), momentOf(dice))]),
  ];
  return {
    rows: tidy ? rows : rows.flatMap((row) => (dice.is(0.05) ? spoilt(row, dice) : [row])),
    cases: tidy ? {} : randomCases(dice),
    ...(dice.is(0.3) ? { gaps: { [dice.one(SOURCES)]: [minute(9), minute(99)] as const } } : {}),
    ...(tidy ? {} : randomManifest(dice)),
  };
}

const SOURCES = ["T251", "T252", "T253", "T254", "T255", "T256", "T257"] as const;

/** What may be added to a sound bundle: some of it leaves it sound. */
const ADDED: readonly [() => readonly JsonObject[], ...(() => readonly JsonObject[])[]] = [
  () => [],
  () => drill(20),
  () => [adaptation("more")],
  () => [correction("more")],
  () => [capability("more", { reason: "capability-not-granted", kind: "capability_audit" })],
  () => lightStory("more", [...BEGUN, "failed", "givenUp"]),
  () => [moduleOf(0)],
  () => [sessionImport("s40", "more")],
  () => [adaptation("more", { deterministic: false })],
  () => [capability("more")],
  () => lightStory("more", [...BEGUN, "failed"]),
  () => partial(20),
];

/** The sound bundle, and one or two things more. */
export const grownBundle = (dice: Dice): Bundle =>
  bundleOf({ ...B0, others: [...B0.others, ...dice.one(ADDED)(), ...dice.one(ADDED)()] });

/** Mostly somewhere in the window, else at one of the instants at which something changes. */
const momentOf = (dice: Dice): Instant =>
  dice.is(0.75)
    ? minute(dice.upTo(10_000))
    : dice.one([
        instant(WINDOW_START - HOUR_MS),
        instant(WINDOW_START - 1),
        WINDOW_START,
        instant(WINDOW_END - 1),
        WINDOW_END,
        instant(WINDOW_END + HOUR_MS),
        instant(CUTOFF - 1),
        CUTOFF,
      ]);

const channelOf = (dice: Dice, outcome: string): Tags =>
  dice.is(0.6) ? { heavySessionId: dice.one(["s1", "s2"]) } : fixture(dice.one(["c1", "c2"]), outcome);

function randomReport(dice: Dice): JsonObject {
  const targets = dice.one([["web"], ["tablet", "mobile"], ["web", "tablet", "mobile"]]);
  const lost = dice.is(0.15) ? targets.slice(0, 1) : [];
  return adaptation(dice.one(["i1", "i2", "i3"]), {
    at: momentOf(dice),
    targets,
    deterministic: dice.is(0.85),
    ...(dice.is(0.5) ? { closeLost: lost } : { launcherLost: lost }),
    blocked: dice.is(0.2) ? targets.slice(0, 1) : [],
    tags: channelOf(dice, "adaptation_ok_expected"),
  });
}

const randomCorrection = (dice: Dice): JsonObject =>
  correction(dice.one(["i1", "i2"]), {
    enteredAt: momentOf(dice),
    at: momentOf(dice),
    corrections: dice.is(0.1) ? 4 : dice.upTo(3),
    outcome: dice.one(["resolved", "resolved", "resolved", "exhausted", "blocked", "open"]),
    tags: channelOf(dice, "correction_exhausted_expected"),
  });

/** Beginnings of transactions that are worth going on from. */
const BEGINNINGS: readonly [readonly Act[], ...(readonly Act[])[]] = [
  ASKED,
  [...ASKED, "approved"],
  BEGUN,
  APPLIED,
  APPLIED,
  ROLLED_BACK,
  [...APPLIED, "rollingBack"],
  [...APPLIED, "rollingBack", "unsure", "foundApplied", "rollingBack"],
  [...BEGUN, "rollingBack"],
  [...BEGUN, "unsure"],
  [...BEGUN, "failed"],
];

/** What may come next where one of these was last. */
const NEXT: { readonly [last in Act]?: readonly [Act, ...Act[]] } = {
  pending: ["approved", "rejected", "lapsed", "failed"],
  approved: ["requested", "requested", "refusedMismatch", "refusedMissing", "refusedExpired", "applying", "failed"],
  requested: ["applying", "requested"],
  refusedMismatch: ["requested", "applying", "failed"],
  refusedMissing: ["requested", "failed"],
  refusedExpired: ["failed"],
  applying: ["applied", "applied", "unsure", "failed", "rollingBack"],
  applied: ["rollingBack", "requested"],
  rollingBack: ["rolledBack", "rolledBack", "unsure", "rollbackFailed"],
  unsure: ["foundApplied", "foundRolledBack", "foundApproved", "lost"],
  foundApproved: ["requested", "applying"],
  foundApplied: ["rollingBack"],
  failed: ["retried", "givenUp"],
  retried: ["ready"],
  ready: ["pending"],
};

/** A transaction that keeps to its protocol, of an id; without one, it may meddle with others, and may not. */
function randomStory(dice: Dice, tidyId: string | null): readonly JsonObject[] {
  const turns: (Act | Turn)[] = [...dice.one(BEGINNINGS)];
  let last: Act = lastOf(turns);
  for (let more = dice.upTo(5); more > 0; more--) {
    const next = NEXT[last];
    if (next === undefined) break;
    last = tidyId === null && dice.is(0.05) ? dice.one(["applying", "pending", "lost", "refused"]) : dice.one(next);
    turns.push(dice.is(0.1) ? { do: last, at: momentOf(dice) } : turned(last, dice));
  }
  const txId = tidyId ?? dice.one(["t1", "t2", "t3", "t4", "t5", "t6"]);
  const track = dice.is(0.5) ? "light" : "heavy";
  const at = dice.is(0.15) ? instant(WINDOW_START - dice.upTo(12) * SECOND_MS + 1) : momentOf(dice);
  const shown = track === "light" && dice.is(0.85) ? [...previewed(txId, 1, at), ...previewed(txId, 2, at)] : [];
  return [
    ...shown,
    ...story(txId, turns, {
      track,
      at,
      tags: channelOf(dice, dice.one(["rolled_back_expected", "approval_reject_expected"])),
      rollback: dice.one<Tags>([
        {},
        { eventClass: "operator_request", drillId: null },
        { eventClass: "capability_reject_after_partial_apply", drillId: null },
      ]),
    }),
  ];
}

const lastOf = (turns: readonly (Act | Turn)[]): Act => {
  const last = turns.at(-1) ?? "pending";
  return typeof last === "string" ? last : last.do;
};

/** An act, sometimes with a member that makes another case of it. */
function turned(act: Act, dice: Dice): Act | Turn {
  if (act === "lost" && dice.is(0.5)) return { do: act, payload: { errorCode: "TX_LEDGER_MISMATCH" } };
  if (!dice.is(0.1)) return act;
  if (act === "pending") return { do: act, payload: { approvalLevel: "none" } };
  if (act === "requested")
    return { do: act, payload: dice.one<JsonObject>([{ accepted: false }, { approvalTokenId: "x" }]) };
  if (act === "refusedExpired") return { do: act, payload: { accepted: true } };
  return act;
}

function randomImport(dice: Dice): JsonObject {
  const at = momentOf(dice);
  const input = dice.is(0.07) ? { input: "another" } : {};
  const refused = ["code", "path"] as const;
  if (dice.is(0.4)) return validImport(dice.one(["c1", "c2"]), { at, ...input, ...(dice.is(0.15) ? { refused } : {}) });
  if (dice.is(0.3)) return sessionImport(dice.one(["s1", "s2"]), dice.one(["c1", "c3"]), at);
  return invalidImport(dice.one(["x1", "x2"]), {
    at,
    ...input,
    ...(dice.is(0.1) ? { refused } : {}),
    ...(dice.is(0.1) ? { manifestCode: "invalid-ui-id" } : {}),
    isImported: dice.is(0.07),
  });
}

function randomModule(dice: Dice): readonly JsonObject[] {
  const action = completeAction(dice.one(["a1", "a2"]));
  const lacking = without(action, dice.one(["surface", "undoCommand", "calls", "mutates", "requiresApproval"]));
  const tags = dice.one<Tags>([
    { heavySessionId: "s1" },
    { heavySessionId: "s9" },
    fixture("c1", "import_ok_expected"),
  ]);
  const actions = dice.is(0.85) ? [action, completeAction("a3")] : [lacking];
  return [graph(dice.one(["m1", "module-c1", "module-c3"]), actions, { at: momentOf(dice), tags })];
}

function randomCapability(dice: Dice): JsonObject {
  const eventName = dice.one(["check.rejected", "check.rejected", "rollback.executed", "rollback.failed"]);
  const isViolation = dice.is(0.6);
  return capability(dice.one(["e1", "e2", "e3"]), {
    at: momentOf(dice),
    eventName: `capability.${eventName}`,
    reason: isViolation ? "capability-policy-violation" : "capability-not-granted",
    kind: isViolation ? dice.one(["policy_violation", "capability_audit"]) : "capability_audit",
    ...(dice.is(0.3) ? { attempt: [dice.one(["t1", "t2"]), 1] as const } : {}),
    tags: dice.is(0.3)
      ? { heavySessionId: "s1", evidenceChannel: dice.is(0.2) ? null : "prod_traffic" }
      : fixture("c1", dice.one(["policy_violation_expected", "policy_violation_expected", "rolled_back_expected"])),
  });
}

const randomCases = (dice: Dice): Bundle["cases"] => ({
  ...(dice.is(0.3) ? { c1: [dice.one(["import_ok_expected", "policy_violation_expected"])] } : {}),
  ...(dice.is(0.2) ? { c2: ["approval_reject_expected"] } : {}),
  ...(dice.is(0.2) ? { x1: ["import_reject_expected"] } : {}),
});

function randomManifest(dice: Dice): Partial<Bundle> {
  if (dice.is(0.05)) return { tampered: { bundleId: "another" } };
  if (dice.is(0.05)) return { manifest: { windowEnd: written(WINDOW_START) } };
  if (dice.is(0.05)) return { manifest: { sources: [] } };
  const late = { fixtureRunId: "run-1", from: written(minute(5000)), to: written(WINDOW_END), cases: [] };
  return dice.is(0.1) ? { manifest: { fixtureRuns: [late] } } : {};
}

/** A row that something went wrong with on its way: lost, doubled, or changed. */
function spoilt(row: JsonObject, dice: Dice): readonly JsonObject[] {
  return dice.one<() => readonly JsonObject[]>([
    () => [],
    () => [row, row],
    () => [row, { ...row, track: null }],
    () => [{ ...row, evidenceChannel: null }],
    () => [{ ...row, evidenceChannel: dice.one(["prod_traffic", "controlled_fixture", "ci"]) }],
    () => [{ ...row, track: dice.one(["light", "heavy"]) }],
    () => [{ ...row, mode: null }],
    () => [{ ...row, eventKey: "t1:1" }],
    () => [{ ...row, eventClass: "operator_request" }],
    () => [{ ...row, drillId: dice.is(0.5) ? "" : null }],
    () => [{ ...row, observedAt: null }],
    () => [{ ...row, observedAt: written(momentOf(dice)) }],
    () => [{ ...row, fixtureRunId: "run-9" }],
    () => [{ ...row, expectedOutcome: null }],
    () => [{ ...row, payloadHash: "0" }],
    () => [{ ...row, payload: {} }],
    () => [{ ...row, kind: dice.one(["tx_transition", "rollback", "light_diff", "policy_violation"]) }],
    () => [{ ...row, rowId: "row" }],
  ])();
}
