import { z } from "zod";
import {
  after,
  type FoundError,
  formatInstant,
  type Instant,
  instant,
  parseInstant,
  readShapedText,
  type ShapedText,
  type TextKind,
} from "../../contracts/index.ts";
import type { GoldenCase } from "./golden-case.ts";

/*
 * The registry of cases that fail now and then.
 *
 * Q1 A flake that nobody knows opens an entry; one that is quarantined already opens none; one that is known to be flaky raises its
 *    rate.
 * Q2 An entry has an owner and an end. Past its end, still QUARANTINED, it blocks the deploy until the case is mended, deleted or
 *    justified.
 * Q3 A case counts like any other for seven days; then it is out of the suite. A case of the first tier is never out: its open entry
 *    blocks the deploy, and it is never known to be flaky.
 * Q4 Known to be flaky is an approval with reason, person and time; it lapses above its rate, or when its review is due.
 */

const DAY_MS = 86_400_000;
/** Days from an entry until its case leaves the suite, and until the entry is overdue. */
const DAYS_IN_SUITE = 7;
const QUARANTINE_DAYS_MAX = 14;
const FLAKE_RATE_MAX = 0.1;
const REVIEW_DAYS = 90;

const name = z.string().min(1);
const time = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, "must be an instant in UTC, such as 2026-03-09T02:00:00Z");

const ENTRY = z
  .strictObject({
    test_id: name,
    quarantined_at: time,
    quarantine_reason: name,
    owner: name,
    triage_ticket: name.optional(),
    max_quarantine_days: z.int().min(1).max(QUARANTINE_DAYS_MAX).default(QUARANTINE_DAYS_MAX),
    sla_expires_at: time,
    status: z.enum(["QUARANTINED", "FIXING", "FIXED", "DELETED"]),
    resolution: z.enum(["FIXED", "DELETED", "PROMOTED_TO_KNOWN_FLAKY"]).optional(),
    resolved_at: time.optional(),
    resolution_notes: name.optional(),
  })
  .readonly();

const KNOWN = z
  .strictObject({
    test_id: name,
    justification: name,
    approved_by: name,
    approved_at: time,
    max_flake_rate: z.number().positive().max(FLAKE_RATE_MAX).default(FLAKE_RATE_MAX),
    review_interval_days: z.int().min(1).max(REVIEW_DAYS).default(REVIEW_DAYS),
    next_review_at: time,
    /** Runs since the approval, and how many of them were flaky. */
    runs: z.int().nonnegative().default(0),
    flakes: z.int().nonnegative().default(0),
  })
  .readonly();

const SHAPE = z
  .strictObject({
    quarantined: z.array(ENTRY).readonly().default([]),
    known_flaky: z.array(KNOWN).readonly().default([]),
  })
  .readonly();

export type QuarantineRegistry = z.infer<typeof SHAPE>;
export type QuarantineEntry = z.infer<typeof ENTRY>;
export type KnownFlaky = z.infer<typeof KNOWN>;

/** The registry of a suite that has no file of one. */
export const NO_QUARANTINE: QuarantineRegistry = { quarantined: [], known_flaky: [] };

/**
 * Reads a registry for a suite's cases. Errors, all of them: SUITE_SYNTAX, SUITE_FIELD_UNKNOWN, SUITE_INVALID, SUITE_NAME_UNKNOWN,
 * QUARANTINE_CONFLICT, QUARANTINE_TIER.
 */
export const parseQuarantine = (
  source: string,
  cases: readonly Pick<GoldenCase, "id" | "tier">[],
): ShapedText<QuarantineRegistry> => readShapedText(source, registryText(cases));

const registryText = (cases: readonly Pick<GoldenCase, "id" | "tier">[]): TextKind<QuarantineRegistry> => ({
  name: "the registry",
  shape: SHAPE,
  codes: { syntax: "SUITE_SYNTAX", unknown: "SUITE_FIELD_UNKNOWN", invalid: "SUITE_INVALID" },
  union: "is none of the forms that stand here",
  between: (value) => {
    const shaped = SHAPE.safeParse(value);
    if (!shaped.success) return [];
    const registry = shaped.data;
    return [
      ...registry.quarantined.flatMap((entry, index) => entryErrors(entry, ["quarantined", index], registry)),
      ...registry.known_flaky.flatMap((known, index) => knownErrors(known, ["known_flaky", index], registry)),
      ...nameErrors(registry, cases),
      ...registry.known_flaky.flatMap(({ test_id }, index) =>
        cases.some(({ id, tier }) => id === test_id && tier === "P0")
          ? [
              found(
                ["known_flaky", index],
                `\`${test_id}\` is of tier P0, which is never known to be flaky`,
                "QUARANTINE_TIER",
              ),
            ]
          : [],
      ),
    ];
  },
});

type Steps = FoundError["steps"];
const found = (steps: Steps, message: string, code: FoundError["code"] = "QUARANTINE_CONFLICT"): FoundError => ({
  steps,
  code,
  message,
});

const isOpen = ({ status }: QuarantineEntry): boolean => status === "QUARANTINED" || status === "FIXING";

function entryErrors(entry: QuarantineEntry, steps: Steps, registry: QuarantineRegistry): readonly FoundError[] {
  const { test_id, status, resolution, resolved_at, max_quarantine_days } = entry;
  const end = formatInstant(after(at(entry.quarantined_at), max_quarantine_days * DAY_MS));
  const isResolved = resolution !== undefined && resolved_at !== undefined;
  const others = registry.quarantined.filter((other) => other.test_id === test_id && isOpen(other));
  const isPromoted = resolution === "PROMOTED_TO_KNOWN_FLAKY";
  return [
    ...(at(entry.sla_expires_at) === at(end)
      ? []
      : [found([...steps, "sla_expires_at"], `must be ${max_quarantine_days} days after \`quarantined_at\`: ${end}`)]),
    ...(isOpen(entry) && (resolution !== undefined || resolved_at !== undefined)
      ? [found([...steps, "status"], `is ${status}, and there is a resolution`)]
      : []),
    ...(!isOpen(entry) && !isResolved
      ? [found([...steps, "status"], `is ${status}: \`resolution\` and \`resolved_at\` say how and when`)]
      : []),
    ...(isOpen(entry) && others[0] !== entry
      ? [found([...steps, "test_id"], `\`${test_id}\` has an open entry already`)]
      : []),
    ...(isPromoted && !registry.known_flaky.some((known) => known.test_id === test_id)
      ? [found([...steps, "resolution"], `\`${test_id}\` is not among \`known_flaky\``)]
      : []),
  ];
}

function knownErrors(known: KnownFlaky, steps: Steps, registry: QuarantineRegistry): readonly FoundError[] {
  const { test_id, approved_at, review_interval_days, next_review_at, runs, flakes } = known;
  const due = after(at(approved_at), review_interval_days * DAY_MS);
  const first = registry.known_flaky.find((other) => other.test_id === test_id);
  return [
    ...(at(next_review_at) <= due
      ? []
      : [found([...steps, "next_review_at"], `must be at most ${review_interval_days} days after \`approved_at\``)]),
    ...(first === known ? [] : [found([...steps, "test_id"], `\`${test_id}\` stands here twice`)]),
    ...(flakes <= runs ? [] : [found([...steps, "flakes"], "is more than `runs`")]),
    ...(registry.quarantined.some((entry) => entry.test_id === test_id && isOpen(entry))
      ? [found([...steps, "test_id"], `\`${test_id}\` is quarantined: resolve its entry first`)]
      : []),
  ];
}

/** An entry of a case that was deleted says so; any other names a case that there is. */
function nameErrors(
  { quarantined, known_flaky }: QuarantineRegistry,
  cases: readonly Pick<GoldenCase, "id">[],
): readonly FoundError[] {
  const isCase = (test_id: string) => cases.some(({ id }) => id === test_id);
  const strange = (list: string) => (test_id: string, index: number) =>
    found([list, index, "test_id"], `the suite has no case \`${test_id}\``, "SUITE_NAME_UNKNOWN");
  return [
    ...quarantined.flatMap(({ test_id, status }, index) =>
      status === "DELETED" || isCase(test_id) ? [] : [strange("quarantined")(test_id, index)],
    ),
    ...known_flaky.flatMap(({ test_id }, index) => (isCase(test_id) ? [] : [strange("known_flaky")(test_id, index)])),
  ];
}

/** How the registry has a case stand at an instant. */
export interface QuarantineStanding {
  /** The open entry; null where there is none. */
  readonly entry: QuarantineEntry | null;
  /** Out of the suite; of a case of the first tier, what keeps the deploy back (Q3). */
  readonly isExcluded: boolean;
  readonly isOverdue: boolean;
  /** Whether flakes of the case are borne (Q4). */
  readonly isKnown: boolean;
}

export function standingOf(
  registry: QuarantineRegistry,
  { id, tier }: Pick<GoldenCase, "id" | "tier">,
  now: Instant,
): QuarantineStanding {
  const entry = registry.quarantined.find((one) => one.test_id === id && isOpen(one)) ?? null;
  const known = registry.known_flaky.find(({ test_id }) => test_id === id);
  const leavesAt = entry === null ? null : after(at(entry.quarantined_at), DAYS_IN_SUITE * DAY_MS);
  return {
    entry,
    isExcluded: leavesAt !== null && (tier === "P0" || now >= leavesAt),
    isOverdue: entry !== null && isOverdue(entry, now),
    isKnown: known !== undefined && tier !== "P0" && isBorne(known, now),
  };
}

/** Whether an entry ran out with nobody at work on it (Q2). */
export const isOverdue = ({ status, sla_expires_at }: QuarantineEntry, now: Instant): boolean =>
  status === "QUARANTINED" && now >= at(sla_expires_at);

const isBorne = ({ max_flake_rate, next_review_at, runs, flakes }: KnownFlaky, now: Instant): boolean =>
  now < at(next_review_at) && flakes <= max_flake_rate * runs;

/** What a suite's run showed of one case. */
export interface FlakeReport {
  readonly id: string;
  readonly runs: number;
  /** Runs that failed and then passed. */
  readonly flakes: number;
}

/** The registry after a suite's run (Q1). */
export function registryAfter(
  registry: QuarantineRegistry,
  reports: readonly FlakeReport[],
  { owner, now }: { readonly owner: string; readonly now: Instant },
): QuarantineRegistry {
  const known_flaky = registry.known_flaky.map((known) => {
    const report = reports.find(({ id }) => id === known.test_id);
    return report === undefined
      ? known
      : { ...known, runs: known.runs + report.runs, flakes: known.flakes + report.flakes };
  });
  const opened = reports.filter(
    ({ id, flakes }) =>
      flakes > 0 &&
      !registry.quarantined.some((entry) => entry.test_id === id && isOpen(entry)) &&
      !registry.known_flaky.some(({ test_id }) => test_id === id),
  );
  return {
    quarantined: [...registry.quarantined, ...opened.map((report) => entryFor(report, owner, now))],
    known_flaky,
  };
}

const entryFor = ({ id, runs, flakes }: FlakeReport, owner: string, now: Instant): QuarantineEntry => ({
  test_id: id,
  quarantined_at: formatInstant(now),
  quarantine_reason: `${flakes} of ${runs} runs failed, and passed when tried again`,
  owner,
  max_quarantine_days: QUARANTINE_DAYS_MAX,
  sla_expires_at: formatInstant(after(now, QUARANTINE_DAYS_MAX * DAY_MS)),
  status: "QUARANTINED",
});

/** Of a time that the shape has checked. */
const at = (text: string): Instant => parseInstant(text) ?? instant(0);
