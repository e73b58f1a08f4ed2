import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { after, assert, type Instant, instant } from "../../contracts/index.ts";
import { NO_QUARANTINE, parseQuarantine, registryAfter, standingOf } from "./quarantine.ts";

const DAY_MS = 86_400_000;
const START = instant(Date.UTC(2026, 2, 1));
const day = (days: number): Instant => after(START, days * DAY_MS);

const CASES = [
  { id: "gift", tier: "P1" },
  { id: "money", tier: "P0" },
] as const;
const [GIFT, MONEY] = CASES;

const ENTRY = {
  test_id: "gift",
  quarantined_at: "2026-03-01T00:00:00Z",
  quarantine_reason: "fails on Mondays",
  owner: "reception",
  sla_expires_at: "2026-03-15T00:00:00Z",
  status: "QUARANTINED",
};

const KNOWN = {
  test_id: "gift",
  justification: "the printer is slow",
  approved_by: "grace",
  approved_at: "2026-03-01T00:00:00Z",
  next_review_at: "2026-05-30T00:00:00Z",
};

const read = (registry: object) => parseQuarantine(stringify(registry), CASES);

function registryOf(registry: object) {
  const parsed = read(registry);
  assert(parsed.ok, "the registry is one");
  return parsed.value;
}

const errorsOf = (registry: object) => {
  const parsed = read(registry);
  return parsed.ok ? [] : parsed.errors.map(({ code, path }) => `${code} ${path}`);
};

const entryWith = (other: object) => ({ quarantined: [{ ...ENTRY, ...other }] });
const knownWith = (other: object) => ({ known_flaky: [{ ...KNOWN, ...other }] });

describe("P1-TR07 the registry", () => {
  test("takes an entry with an owner and an end, and fills in that it has 14 days", () => {
    expect(registryOf(entryWith({})).quarantined[0]).toMatchObject({ max_quarantine_days: 14, owner: "reception" });
    expect(registryOf(knownWith({})).known_flaky[0]).toMatchObject({ max_flake_rate: 0.1, review_interval_days: 90 });
  });

  test.each([
    ["without an owner", entryWith({ owner: undefined }), "SUITE_INVALID $.quarantined[0].owner"],
    ["without a reason", entryWith({ quarantine_reason: "" }), "SUITE_INVALID $.quarantined[0].quarantine_reason"],
    ["without an end", entryWith({ sla_expires_at: undefined }), "SUITE_INVALID $.quarantined[0].sla_expires_at"],
    [
      "that ends later than it may",
      entryWith({ max_quarantine_days: 15 }),
      "SUITE_INVALID $.quarantined[0].max_quarantine_days",
    ],
    [
      "whose end is not its days after its start",
      entryWith({ sla_expires_at: "2026-04-15T00:00:00Z" }),
      "QUARANTINE_CONFLICT $.quarantined[0].sla_expires_at",
    ],
    [
      "that is fixed and does not say when",
      entryWith({ status: "FIXED", resolution: "FIXED" }),
      "QUARANTINE_CONFLICT $.quarantined[0].status",
    ],
    [
      "that is open and resolved",
      entryWith({ resolution: "FIXED", resolved_at: "2026-03-02T00:00:00Z" }),
      "QUARANTINE_CONFLICT $.quarantined[0].status",
    ],
    [
      "promoted to known, which it is not",
      entryWith({ status: "FIXED", resolution: "PROMOTED_TO_KNOWN_FLAKY", resolved_at: "2026-03-02T00:00:00Z" }),
      "QUARANTINE_CONFLICT $.quarantined[0].resolution",
    ],
    ["of a case that there is not", entryWith({ test_id: "gone" }), "SUITE_NAME_UNKNOWN $.quarantined[0].test_id"],
    ["with a field that there is not", entryWith({ severity: "low" }), "SUITE_FIELD_UNKNOWN $.quarantined[0].severity"],
  ])("refuses an entry %s", (_, registry, error) => {
    expect(errorsOf(registry)).toContain(error);
  });

  test("refuses two open entries of one case, and takes a second after the first was resolved", () => {
    const resolved = { ...ENTRY, status: "FIXED", resolution: "FIXED", resolved_at: "2026-03-02T00:00:00Z" };

    expect(errorsOf({ quarantined: [ENTRY, ENTRY] })).toEqual(["QUARANTINE_CONFLICT $.quarantined[1].test_id"]);
    expect(errorsOf({ quarantined: [resolved, ENTRY] })).toEqual([]);
  });

  test("keeps the entry of a case that was deleted", () => {
    const deleted = { test_id: "gone", status: "DELETED", resolution: "DELETED", resolved_at: "2026-03-02T00:00:00Z" };

    expect(errorsOf(entryWith(deleted))).toEqual([]);
  });

  test.each([
    ["nobody approved", knownWith({ approved_by: undefined }), "SUITE_INVALID $.known_flaky[0].approved_by"],
    ["nobody justified", knownWith({ justification: "" }), "SUITE_INVALID $.known_flaky[0].justification"],
    [
      "may flake more than one time in ten",
      knownWith({ max_flake_rate: 0.2 }),
      "SUITE_INVALID $.known_flaky[0].max_flake_rate",
    ],
    [
      "is reviewed later than in 90 days",
      knownWith({ next_review_at: "2026-06-01T00:00:00Z" }),
      "QUARANTINE_CONFLICT $.known_flaky[0].next_review_at",
    ],
    ["is of the first tier", knownWith({ test_id: "money" }), "QUARANTINE_TIER $.known_flaky[0]"],
    ["is quarantined besides", { ...knownWith({}), ...entryWith({}) }, "QUARANTINE_CONFLICT $.known_flaky[0].test_id"],
    ["stands there twice", { known_flaky: [KNOWN, KNOWN] }, "QUARANTINE_CONFLICT $.known_flaky[1].test_id"],
    ["flaked more often than it ran", knownWith({ runs: 1, flakes: 2 }), "QUARANTINE_CONFLICT $.known_flaky[0].flakes"],
  ])("refuses a known flaky case that %s", (_, registry, error) => {
    expect(errorsOf(registry)).toContain(error);
  });
});

describe("P1-TR07 how a case stands", () => {
  const registry = registryOf(entryWith({}));

  test("a quarantined case counts for seven days, then leaves the suite; after 14 its entry is overdue", () => {
    const standing = [0, 6.99, 7, 13.99, 14].map((days) => standingOf(registry, GIFT, day(days)));

    expect(standing.map(({ isExcluded }) => isExcluded)).toEqual([false, false, true, true, true]);
    expect(standing.map(({ isOverdue }) => isOverdue)).toEqual([false, false, false, false, true]);
  });

  test("an entry that somebody works on does not become overdue; one that is resolved is none", () => {
    const resolved = { status: "FIXED", resolution: "FIXED", resolved_at: "2026-03-02T00:00:00Z" };

    expect(standingOf(registryOf(entryWith({ status: "FIXING" })), GIFT, day(30)).isOverdue).toBe(false);
    expect(standingOf(registryOf(entryWith(resolved)), GIFT, day(30))).toMatchObject({
      entry: null,
      isExcluded: false,
    });
  });

  test("a case of the first tier is never set aside: its open entry keeps the deploy back at once", () => {
    expect(standingOf(registryOf(entryWith({ test_id: "money" })), MONEY, day(0)).isExcluded).toBe(true);
  });

  test.each([
    ["within its rate", { runs: 100, flakes: 10 }, 10, true],
    ["above its rate", { runs: 100, flakes: 11 }, 10, false],
    ["once its review is due", { runs: 100, flakes: 0 }, 90, false],
  ])("the approval of a known flaky case holds %s: %#", (_, counts, days, isKnown) => {
    expect(standingOf(registryOf(knownWith(counts)), GIFT, day(days)).isKnown).toBe(isKnown);
  });
});

describe("P1-TR07 a flake", () => {
  const REPORT = { id: "gift", runs: 3, flakes: 1 };
  const settings = { owner: "reception", now: START };

  test("that nobody knows opens an entry with an owner and 14 days", () => {
    const { quarantined } = registryAfter(NO_QUARANTINE, [REPORT], settings);

    expect(quarantined).toMatchObject([
      { test_id: "gift", owner: "reception", sla_expires_at: "2026-03-15T00:00:00.000Z", status: "QUARANTINED" },
    ]);
    expect(errorsOf({ quarantined })).toEqual([]);
  });

  test("of a case that is quarantined already opens none", () => {
    const registry = registryOf(entryWith({}));

    expect(registryAfter(registry, [REPORT], settings)).toEqual(registry);
  });

  test("of a known flaky case raises its rate, and opens none; runs without one lower it", () => {
    const once = registryAfter(registryOf(knownWith({})), [REPORT], settings);
    const twice = registryAfter(once, [{ id: "gift", runs: 7, flakes: 0 }], settings);

    expect(once).toMatchObject({ quarantined: [], known_flaky: [{ runs: 3, flakes: 1 }] });
    expect(twice.known_flaky).toMatchObject([{ runs: 10, flakes: 1 }]);
    expect(standingOf(once, GIFT, START).isKnown).toBe(false);
    expect(standingOf(twice, GIFT, START).isKnown).toBe(true);
  });

  test("where there is none, nothing changes", () => {
    expect(registryAfter(NO_QUARANTINE, [{ ...REPORT, flakes: 0 }], settings)).toEqual(NO_QUARANTINE);
  });
});
