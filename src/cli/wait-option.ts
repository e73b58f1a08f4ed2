import type { Arguments, Option } from "./command.ts";

const SECONDS_MAX = 3_600;

/** How long a command stays to see what becomes of a run. */
export const WAIT_OPTION: Option = {
  flags: "--wait <seconds>",
  summary: `how long to stay with the run, until it ends or waits for something; 0 does not, ${SECONDS_MAX} at most`,
  default: "60",
  integer: { min: 0, max: SECONDS_MAX },
};

export const waitMsOf = (args: Arguments): number => (args.integer("wait") ?? 0) * 1_000;
