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

/** Bytes drawn at a time: one call of the system's generator costs as much as an event's hash. */
const POOL_BYTES = 8_192;
let pool = new Uint8Array();

const random: Random = {
  next: () => Math.random(),
  bytes: (length) => {
    if (length > POOL_BYTES) return new Uint8Array(randomBytes(length));
    if (pool.length < length) pool = new Uint8Array(randomBytes(POOL_BYTES));
    const taken = pool.slice(0, length);
    pool = pool.subarray(length);
    return taken;
  },
};

/** Resolves once everything that can run now has run: what came in together is then seen together. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A signal that aborts after `ms` of real time: for programs and sockets of this machine, which no injected clock can wait for. */
export const timeLimit = (ms: number): AbortSignal => AbortSignal.timeout(ms);
