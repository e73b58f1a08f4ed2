import { setTimeout as briefly } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/contracts/index.ts";
import type { Child } from "./children.ts";
import { type CrashShop, openCrashShop, PROFILE } from "./shop.ts";
import { expectSound, hasEnded, standing } from "./standing.ts";

/** How many runs are carried through; COUNTERMARK_KILL_RUNS asks for more, such as 2000. */
const RUNS = Number(process.env.COUNTERMARK_KILL_RUNS ?? 120);
const WORKERS = 4;
const KILL_EVERY_MS = 1_000;
/** A paused worker sleeps past its lease. */
const PAUSED_MS = 1_500;
const TIMEOUT = 120_000 + RUNS * 2_000;

/** Long enough that a busy machine can beat, short enough that a takeover does not take the whole test. */
const LEASES = { ...PROFILE, leaseMs: 1_000, beatMs: 250, claimsMax: 1_000 };

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
});
afterAll(() => shop.close());

/** Kills or pauses one of the workers every second, and starts another for each that was killed. */
async function torment(children: Child[], isOver: () => boolean): Promise<{ kills: number; pauses: number }> {
  const random = seededRandom(RUNS);
  const told = { kills: 0, pauses: 0 };
  while (!isOver()) {
    await briefly(KILL_EVERY_MS);
    const at = Math.floor(random.next() * children.length);
    const victim = children[at];
    if (victim === undefined) continue;
    if (random.next() < 0.7) {
      victim.signal("SIGKILL");
      await victim.ended;
      children[at] = shop.spawn({ profile: LEASES });
      told.kills += 1;
    } else {
      victim.signal("SIGSTOP");
      await briefly(PAUSED_MS);
      victim.signal("SIGCONT");
      told.pauses += 1;
    }
  }
  return told;
}

async function allEnd(runIds: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    while (!hasEnded(await standing(shop, runId))) await briefly(100);
  }
}

test(`P1-D16 of four worker processes one is killed or paused every second: ${RUNS} runs end right, each effect once`, {
  timeout: TIMEOUT,
}, async () => {
  const references = Array.from({ length: RUNS }, (_, index) => `many ${index + 1}`);
  const runIds: string[] = [];
  for (const reference of references) runIds.push(await shop.start("debit", { reference }));
  const children = Array.from({ length: WORKERS }, () => shop.spawn({ profile: LEASES }));
  let isOver = false;
  const tormented = torment(children, () => isOver);

  await allEnd(runIds);
  isOver = true;
  const { kills, pauses } = await tormented;

  expect(kills + pauses).toBeGreaterThan(0);
  expect([...shop.bank.transfers].sort()).toEqual([...references].sort());
  for (const runId of runIds) {
    const found = await standing(shop, runId);
    expect(found.run.status).toBe("SUCCEEDED");
    expect(found.receipts).toMatchObject([{ status: "claimed" }]);
    await expectSound(shop, found);
  }
});
