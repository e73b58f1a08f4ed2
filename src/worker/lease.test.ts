import { expect, test } from "vitest";
import { instant, ManualClock } from "../contracts/index.ts";
import { ConnectionFailed } from "../guard/index.ts";
import { Lease, whileHeld } from "./lease.ts";

const START = instant(1_700_000_000_000);
const later = (ms: number) => instant(START + ms);

function leaseOf(ms: number) {
  const clock = new ManualClock(START);
  return { clock, lease: new Lease(clock, { tenantId: "shop", runId: "run-1", epoch: 3, until: later(ms) }) };
}

test("a lease is held up to its end and not at it", () => {
  const { clock, lease } = leaseOf(1_000);

  clock.advanceTo(later(999));
  expect(lease.isHeld()).toBe(true);

  clock.advanceTo(later(1_000));
  expect(lease.isHeld()).toBe(false);
  expect(lease.lost.aborted).toBe(true);
});

test("a beat extends a lease, but brings none back that was found to be over", () => {
  const { clock, lease } = leaseOf(1_000);

  lease.renew(later(2_000), 0);
  clock.advanceTo(later(1_500));
  expect(lease.isHeld()).toBe(true);

  clock.advanceTo(later(2_500));
  expect(lease.isHeld()).toBe(false);
  lease.renew(later(9_000), 0);
  expect(lease.isHeld()).toBe(false);
});

test("CO-633 nothing is sent once the lease is over, and whoever asks learns that nothing was", async () => {
  const { clock, lease } = leaseOf(1_000);
  let sent = 0;
  const send = whileHeld(lease, async () => {
    sent += 1;
    return new Response();
  });

  await send("http://127.0.0.1/");
  clock.advanceTo(later(1_000));
  const late = await send("http://127.0.0.1/").catch((error: unknown) => error);

  expect(sent).toBe(1);
  expect(late).toBeInstanceOf(ConnectionFailed);
  expect(late).toMatchObject({ sent: "no" });
});
