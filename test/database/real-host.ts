import { randomBytes } from "node:crypto";
import { v7 } from "uuid";
import { type Host, instant } from "../../src/contracts/index.ts";

/** The host of real processes under test: real time, ids and chance. */
export const realHost: Host = {
  clock: {
    now: () => instant(Date.now()),
    wake: (at, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const settle = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", settle);
          resolve();
        };
        const timer = setTimeout(settle, Math.max(0, at - Date.now()));
        signal.addEventListener("abort", settle);
      }),
  },
  ids: { next: () => v7() },
  random: { next: Math.random, bytes: (length) => randomBytes(length) },
};
