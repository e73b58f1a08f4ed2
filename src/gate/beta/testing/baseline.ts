import { after, type Instant, type JsonObject } from "../../../contracts/index.ts";
import type { Bundle } from "./bundle.ts";
import { MINUTE_MS, minute } from "./clock.ts";
import {
  adaptation,
  capability,
  completeAction,
  correction,
  fixture,
  graph,
  invalidTwice,
  modeEntered,
  previewed,
  sessionImport,
  type Tags,
  validImport,
} from "./rows.ts";
import { type Act, APPLIED, ASKED, BEGUN, ROLLED_BACK, type StoryOptions, story, type Turn } from "./story.ts";

/** The parts of a bundle, so that a case can replace one and leave the others. */
export interface Parts {
  readonly reports: readonly JsonObject[];
  readonly corrections: readonly JsonObject[];
  /** Transactions of people that were applied or rejected. */
  readonly light: readonly JsonObject[];
  readonly heavy: readonly JsonObject[];
  /** Drills: light attempts that were applied and rolled back. */
  readonly drills: readonly JsonObject[];
  readonly partials: readonly JsonObject[];
  readonly valid: readonly JsonObject[];
  readonly invalid: readonly JsonObject[];
  readonly graphs: readonly JsonObject[];
  readonly others: readonly JsonObject[];
  readonly cases: Bundle["cases"];
}

export const bundleOf = ({ cases, ...parts }: Parts): Bundle => ({ rows: Object.values(parts).flat(), cases });

export const numbered = (prefix: string, index: number): string => `${prefix}${String(index + 1).padStart(3, "0")}`;

export const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A light attempt, with what was shown before it asked. */
export const lightStory = (
  txId: string,
  turns: readonly (Act | Turn)[],
  options: StoryOptions = {},
): readonly JsonObject[] => [
  ...previewed(txId, 1, after(options.at ?? minute(100), -MINUTE_MS)),
  ...story(txId, turns, options),
];

export const sessionOf = (index: number): string => `s${String(index + 1).padStart(2, "0")}`;

/** A heavy attempt of a person, in a session of its own. */
export const heavyStory = (
  txId: string,
  turns: readonly (Act | Turn)[],
  { heavySessionId = "s01", at }: { readonly heavySessionId?: string; readonly at?: Instant } = {},
): readonly JsonObject[] =>
  story(txId, turns, { track: "heavy", ...(at === undefined ? {} : { at }), tags: { heavySessionId } });

const REJECTED: readonly Act[] = [...ASKED, "rejected"];

/** So many light attempts that asked for approval: all applied but the last two, which were rejected. */
export const lightAttempts = (count: number, rejected = 2): readonly JsonObject[] =>
  times(count, (index) =>
    lightStory(numbered("light-", index), index < count - rejected ? APPLIED : REJECTED, { at: minute(100 + index) }),
  ).flat();

export const drill = (index: number): readonly JsonObject[] =>
  lightStory(numbered("drill-", index), ROLLED_BACK, {
    at: minute(200 + index),
    rollback: { drillId: numbered("d", index) },
  });

/** How an action that oversteps its capabilities is undone: a violation, and a rollback of what was staged. */
export function partial(index: number): readonly JsonObject[] {
  const name = numbered("partial-", index);
  const at = minute(300 + index);
  const tags: Tags = fixture(name, "rolled_back_expected");
  return [
    ...story(name, [...BEGUN, "rollingBack", "rolledBack"], {
      track: "heavy",
      at,
      tags,
      rollback: { eventClass: "capability_reject_after_partial_apply", drillId: null },
    }),
    capability(`violation-${name}`, {
      at: after(at, MINUTE_MS / 2),
      attempt: [name, 1],
      tags: { ...fixture(name, "policy_violation_expected"), heavySessionId: null },
    }),
  ];
}

export const reportsOf = (count: number, target: string): readonly JsonObject[] =>
  times(count, (index) => adaptation(numbered(`${target}-`, index), { targets: [target] }));

export const loopsOf = (entered: number, exhausted = 0): readonly JsonObject[] =>
  times(entered, (index) =>
    correction(
      numbered("loop-", index),
      index < exhausted ? { corrections: 3, outcome: "exhausted", finalCode: "E_RETRY_EXHAUSTED" } : {},
    ),
  );

export const moduleOf = (index: number): JsonObject =>
  graph(
    numbered("module-", index),
    times(4, (action) => completeAction(numbered("act-", action))),
    { tags: { heavySessionId: sessionOf(index) } },
  );

const casesOf = (names: readonly string[], ...outcomes: readonly string[]): Bundle["cases"] =>
  Object.fromEntries(names.map((name) => [name, outcomes]));

export const VALID_NAMES = times(12, (index) => numbered("valid-", index));
export const INVALID_NAMES = times(25, (index) => numbered("invalid-", index));
const PARTIAL_NAMES = times(4, (index) => numbered("partial-", index));

/** A bundle of which nothing is wrong. */
export const B0: Parts = {
  reports: ["web", "tablet", "mobile"].flatMap((target) => reportsOf(20, target)),
  corrections: loopsOf(10),
  light: lightAttempts(22),
  heavy: times(24, (index) =>
    heavyStory(numbered("heavy-", index), index < 22 ? APPLIED : REJECTED, {
      heavySessionId: sessionOf(index),
      at: minute(400 + index),
    }),
  ).flat(),
  drills: times(8, drill).flat(),
  partials: times(4, partial).flat(),
  valid: VALID_NAMES.map((name) => validImport(name)),
  invalid: INVALID_NAMES.flatMap((name) => invalidTwice(name)),
  graphs: times(10, moduleOf),
  others: [
    ...times(6, (index) => sessionImport(sessionOf(24 + index), numbered("own-", index))),
    modeEntered("mode-1", "light", minute(5)),
    modeEntered("mode-2", "heavy", minute(6)),
  ],
  cases: {
    ...casesOf(VALID_NAMES, "import_ok_expected"),
    ...casesOf(INVALID_NAMES, "import_reject_expected"),
    ...casesOf(PARTIAL_NAMES, "policy_violation_expected", "rolled_back_expected"),
  },
};
