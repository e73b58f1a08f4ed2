import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  ASSERTION_IDS,
  type AssertionId,
  type Fault,
  faultPlan,
  type Play,
  shrink,
  simulate,
} from "../../src/chaos/index.ts";
import { assert } from "../../src/contracts/index.ts";
import { brokenFacts, type CodeError, countedFailure, keyedBy } from "./code-errors.ts";
import { infect, MUTANTS, type Mutant } from "./mutants.ts";
import { openTestWorld, type TestWorld } from "./world.ts";

/** The error that is in the program's code now. */
const code = vi.hoisted((): { error: CodeError | null; times: number; epoch: number } => {
  vi.resetModules(); // another file may have loaded them sound
  return { error: null, times: 0, epoch: 0 };
});
afterAll(() => vi.resetModules());

vi.mock(import("../../src/worker/continuity/takeover-events.ts"), async (original) => {
  const real = await original();
  return { ...real, takeoverEvents: (facts) => real.takeoverEvents(brokenFacts(code.error, facts)) };
});

vi.mock(import("../../src/guard/resolve.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    resolveCall: (request, registered, promoted) => {
      const resolution = real.resolveCall(request, registered, promoted);
      if (code.error === "keys of attempts") return keyedBy(resolution, request.attempt);
      return code.error === "keys of epochs" ? keyedBy(resolution, code.epoch) : resolution;
    },
  };
});

// A call's key is made first of all: nothing comes between this and that.
vi.mock(import("../../src/worker/call-desk.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    prepareCall: (desk, run, planned) => {
      code.epoch = run.epoch;
      return real.prepareCall(desk, run, planned);
    },
  };
});

vi.mock(import("../../src/run/settle.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    settleCall: (...asked) => {
      const event = real.settleCall(...asked);
      if (event === null || code.error !== "codes by chance") return event;
      code.times += 1;
      return countedFailure(event, code.times);
    },
  };
});

vi.mock(import("../../src/observe/projection.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    continuityEvent: (...asked) => ({
      ...real.continuityEvent(...asked),
      ...(code.error === "another contract" ? { schema_version: "1.1.0" } : {}),
    }),
  };
});

let opened: TestWorld;
beforeAll(async () => {
  opened = await openTestWorld();
});
afterAll(() => opened.close());

/** Seeds within which each error must be found. */
const SEEDS_MAX = 40;
const TIMEOUT = 900_000;

/** No clock is set here, and no fault lasts for longer. */
const PATIENCE_MS = 120_000;

const playOf = ({ runs, faults }: Mutant, seed: number): Play => ({
  seed,
  faults: typeof faults === "function" ? faults(seed) : faultPlan(seed, faults),
  workers: 3,
  runs,
  patienceMs: PATIENCE_MS,
});

interface Found {
  readonly rules: readonly string[];
  /** Assertions that fail. */
  readonly failed: readonly string[];
  /** What a failing test shows. */
  readonly messages: readonly string[];
  readonly play: Play;
}

/** Those that an error is looked for in: first the one that showed it last, if it still does, then all of them. */
const seedsOf = ({ seen }: Mutant): readonly number[] => {
  const all = Array.from({ length: SEEDS_MAX }, (_, index) => index + 1);
  assert(seen === undefined || all.includes(seen), "a seed that showed an error is one of those");
  return seen === undefined ? all : [seen, ...all];
};

/** The rules and assertions broken in the first history that breaks any; null where all hold. */
async function found(mutant: Mutant): Promise<Found | null> {
  const { world, cure } = await infect(opened.world, mutant);
  code.error = mutant.code ?? null;
  try {
    for (const seed of seedsOf(mutant)) {
      const play = playOf(mutant, seed);
      const { violations } = await simulate(world, play);
      if (violations.length === 0) continue;
      const failed = ASSERTION_IDS.filter((id) => violations.some(({ assertion }) => assertion === id));
      return {
        rules: violations.map(({ rule }) => rule),
        failed,
        messages: violations.map(({ message }) => message),
        play,
      };
    }
    return null;
  } finally {
    code.error = null;
    await cure();
  }
}

async function isFound(mutant: Mutant): Promise<void> {
  const broken = await found(mutant);
  assert(broken !== null, "some history shows it");
  const sound = await simulate(opened.world, broken.play);

  expect(broken.rules).toContain(mutant.breaks);
  expect(broken).toMatchObject({ failed: mutant.fails });
  expect(sound.violations).toEqual([]);
}

/** The errors that an assertion alone fails for; null for those that break a rule which no assertion states. */
const failing = (id: AssertionId | null): readonly Mutant[] =>
  MUTANTS.filter(({ fails: [only = null] }) => only === id);

const LONG = { timeout: TIMEOUT };

test.each(failing("CONT-001"))("CONT-001 alone fails where $name", LONG, isFound);
test.each(failing("CONT-002"))("CONT-002 alone fails where $name", LONG, isFound);
test.each(failing("CONT-003"))("CONT-003 alone fails where $name", LONG, isFound);
test.each(failing("CONT-004"))("CONT-004 alone fails where $name", LONG, isFound);
test.each(failing("CONT-005"))("CONT-005 alone fails where $name", LONG, isFound);
test.each(failing("CONT-006"))("CONT-006 alone fails where $name", LONG, isFound);
test.each(failing("CONT-007"))("CONT-007 alone fails where $name", LONG, isFound);
test.each(failing("CONT-008"))("CONT-008 alone fails where $name", LONG, isFound);
test.each(failing("CONT-010"))("CONT-010 alone fails where $name", LONG, isFound);
test.each(failing("CONT-011"))("CONT-011 alone fails where $name", LONG, isFound);
test.each(failing("CONT-012"))("CONT-012 alone fails where $name", LONG, isFound);
test.each(failing("CONT-013"))("CONT-013 alone fails where $name", LONG, isFound);
test.each(failing("CONT-014"))("CONT-014 alone fails where $name", LONG, isFound);
test.each(failing("CONT-015"))("CONT-015 alone fails where $name", LONG, isFound);
test.each(failing("CONT-016"))("CONT-016 alone fails where $name", LONG, isFound);
test.each(failing("CONT-017"))("CONT-017 alone fails where $name", LONG, isFound);
test.each(failing("CONT-018"))("CONT-018 alone fails where $name", LONG, isFound);
test.each(failing("CONT-019"))("CONT-019 alone fails where $name", LONG, isFound);
test.each(failing("CONT-020"))("CONT-020 alone fails where $name", LONG, isFound);
test.each(failing(null))("a simulation finds that $name", LONG, isFound);

test("the fewest faults that still break a rule are looked for, and break it again", { timeout: TIMEOUT }, async () => {
  const mutant = MUTANTS.find(({ name }) => name === "a takeover does not raise the epoch");
  assert(mutant !== undefined, "there is such a mutant");
  const { world, cure } = await infect(opened.world, mutant);
  const pauses = [20, 40, 60].map((statement): Fault => ({ kind: "pause", statement, moment: "after", ms: 9_000 }));
  const script = { ...playOf(mutant, 1), faults: [...pauses, ...CRASHES] };

  const shrunk = await shrink(world, { script, history: await simulate(world, script) });
  const again = await simulate(world, shrunk.script);
  await cure();

  expect(shrunk.script.faults.length).toBeLessThan(script.faults.length);
  expect(again.violations).toEqual(shrunk.history.violations);
  expect(again.violations).not.toEqual([]);
});

/** Whoever makes an intent first dies of it, three times. */
const CRASHES = [1, 2, 3].map((nth): Fault => ({ kind: "crash", point: "after_intent", nth }));
