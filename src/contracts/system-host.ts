import { randomBytes } from "node:crypto";
import type { Clock, Host, Random } from "./host.ts";
import { uuidV7Ids } from "./ids.ts";
import { instant } from "./instant.ts";

/** The longest delay a timer takes; a longer wait is cut into several. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The real clock, ids and chance of this process. The only file that touches them; built once, at the edge. */
export function systemHost(): Host {
  return { clock, random, ids: uuidV7Ids(clock, random) };
}

const clock: Clock = {
  now: () => instant(Date.now()),
  wake: async (at, signal) => {
    for (let restMs = at - Date.now(); restMs > 0 && !signal.aborted; restMs = at - Date.now()) {
      await timer(Math.min(restMs, TIMER_MS_MAX), signal);
    }
  },
};

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(pending);
      signal.removeEventListener("abort", finish);
      done();
    };
    const pending = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}

const random: Random = {
  next: () => Math.random(),
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
