import { setTimeout as briefly } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/contracts/index.ts";
import type { Child } from "./children.ts";
import { type CrashShop, openCrashShop, PROFILE } from "./shop.ts";
import { expectSound, hasEnded, type Standing, standing } from "./standing.ts";

/** How many runs are carried through; `npm run kills -- --runs 2000` asks for more. */
const ASKED = process.env.COUNTERMARK_KILL_RUNS;
const RUNS = Number(ASKED ?? 200);
const WORKERS = 4;
const STRUCK_EVERY_MS = 1_000;
/** A paused worker sleeps past its lease. */
const PAUSED_MS = 3_500;
/** What a call takes at least, so that a kill finds calls under way; and with it the runs last for some kills. */
const SLOW_MS = 100;
const TIMEOUT = 180_000 + RUNS * 2_000;

/**
 * Short enough that takeovers are most of the waiting; so few runs at a time that each kill finds work unfinished, and so many that the
 * last of them is begun long before its time is up: they are all started first.
 */
const LEASES = { ...PROFILE, leaseMs: 2_000, beatMs: 400, claimsMax: 1_000, runsMax: Math.ceil(RUNS / 100) };

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  shop.bank.slow(SLOW_MS);
});
afterAll(() => shop.close());

type Blow = "kill" | "pause";

/** Worker processes, of which only those are struck that have started: else a slow machine would never get one to work. */
class Workers {
  readonly #started: Child[] = [];
  readonly #all: Child[] = [];
  readonly #random = seededRandom(RUNS);

  start(): void {
    const child = shop.spawn({ profile: LEASES });
    this.#all.push(child);
    child.says("started").then(
      () => this.#started.push(child),
      () => undefined, // it ended before: it is not struck
    );
  }

  /** Kills one of them and replaces it. False: none has started. */
  async kill(): Promise<boolean> {
    const victim = this.#anyStarted();
    if (victim === undefined) return false;
    victim.signal("SIGKILL");
    await victim.ended;
    this.start();
    return true;
  }

  /** Stops one of them until its lease is over. False: none has started. */
  pause(): boolean {
    const victim = this.#anyStarted();
    if (victim === undefined) return false;
    victim.signal("SIGSTOP");
    void briefly(PAUSED_MS).then(() => {
      victim.signal("SIGCONT");
      this.#started.push(victim);
    });
    return true;
  }

  #anyStarted(): Child | undefined {
    return this.#started.splice(Math.floor(this.#random.next() * this.#started.length), 1)[0];
  }

  /** Whoever is still there goes, also who sleeps. */
  end(): void {
    for (const child of this.#all) child.signal("SIGKILL");
  }
}

/**
 * Strikes a worker every second until it is over, and says how often each blow was struck. No second blow falls before there was
 * another effect: a machine so slow that no worker gets that far within a second would never see the end.
 */
async function torment(workers: Workers, blows: readonly Blow[], isOver: () => boolean): Promise<Record<Blow, number>> {
  const done = { kill: 0, pause: 0 };
  for (let effects = 0; !isOver(); ) {
    await briefly(STRUCK_EVERY_MS);
    if (shop.bank.transfers.length === effects) continue;
    effects = shop.bank.transfers.length;
    const blow = blows[(done.kill + done.pause) % blows.length] ?? "kill";
    const isStruck = blow === "kill" ? await workers.kill() : workers.pause();
    if (isStruck) done[blow] += 1;
  }
  return done;
}

/** How each run stands once all have ended. */
async function ended(runIds: readonly string[]): Promise<readonly Standing[]> {
  const all: Standing[] = [];
  for (const runId of runIds) {
    let found = await standing(shop, runId);
    for (; !hasEnded(found); found = await standing(shop, runId)) await briefly(50);
    all.push(found);
  }
  return all;
}

// A look-up cannot tell of a request that a paused process is about to send, as a key can: so that one is not paused.
test.each<{ workflow: string; blows: readonly Blow[]; how: string }>([
  { workflow: "debit", blows: ["kill"], how: "killed" },
  { workflow: "charge", blows: ["kill", "pause"], how: "killed, or stopped until its lease is over" },
])(
  "P1-D16 of four worker processes one is $how each second: all of many runs end right, with each effect once",
  {
    timeout: TIMEOUT,
  },
  async ({ workflow, blows }) => {
    const references = Array.from({ length: RUNS / 2 }, (_, index) => `${workflow} ${index + 1}`);
    const runIds: string[] = [];
    for (const reference of references) runIds.push(await shop.start(workflow, { reference }));
    const workers = new Workers();
    for (let count = 0; count < WORKERS; count++) workers.start();
    let isOver = false;
    const tormented = torment(workers, blows, () => isOver);

    const found = await ended(runIds);
    isOver = true;
    const done = await tormented;
    workers.end();

    const made = shop.bank.transfers.filter((reference) => reference.startsWith(`${workflow} `));
    expect(made.toSorted()).toEqual(references.toSorted());
    for (const each of found) {
      expect(each.run.status).toBe("SUCCEEDED");
      expect(each.receipts).toMatchObject([{ status: "claimed" }]);
      await expectSound(shop, each);
    }
    const takeovers = found.flatMap(({ events }) => events.filter(({ type }) => type === "lease.taken_over"));
    for (const blow of blows) expect(done[blow]).toBeGreaterThan(0);
    expect(takeovers.length).toBeGreaterThan(0);
    const told = `${found.length} runs, ${done.kill} kills, ${done.pause} pauses, ${takeovers.length} takeovers`;
    if (ASKED !== undefined) process.stdout.write(`${told}, ${made.length} effects\n`);
  },
);
