import type { CommandEntry } from "./command.ts";

/** Those that move environments, look at them and set what they ask, in the order in which help lists them. */
export const ENVIRONMENT_COMMANDS: readonly CommandEntry[] = [
  {
    path: ["promote"],
    summary: "put an environment onto a bundle, if every check of the promotion passes",
    load: async () => (await import("./commands/promote.ts")).promoteCommand,
  },
  {
    path: ["rollback"],
    summary: "put an environment back onto the last bundle that did well there",
    load: async () => (await import("./commands/promote.ts")).rollbackCommand,
  },
  {
    path: ["canary", "show"],
    summary: "show which bundle is tried on which share of the new runs",
    load: async () => (await import("./commands/canary.ts")).canaryShowCommand,
  },
  {
    path: ["canary", "look"],
    summary: "judge the bundle that is tried in an environment now: it goes on, waits, or goes back",
    load: async () => (await import("./commands/canary.ts")).canaryLookCommand,
  },
  {
    path: ["env", "show"],
    summary: "show which bundles the environments hold, and what holds promotions back",
    load: async () => (await import("./commands/env.ts")).envShowCommand,
  },
  {
    path: ["env", "history"],
    summary: "list the moves of an environment",
    load: async () => (await import("./commands/env.ts")).envHistoryCommand,
  },
  {
    path: ["env", "report"],
    summary: "report the last promotion into an environment, and how the bundle has done since",
    load: async () => (await import("./commands/env-report.ts")).envReportCommand,
  },
  {
    path: ["env", "health"],
    summary: "say how the bundle that an environment holds does there",
    load: async () => (await import("./commands/env.ts")).envHealthCommand,
  },
  {
    path: ["env", "set"],
    summary: "set what an environment asks of those who move it",
    load: async () => (await import("./commands/env-set.ts")).envSetCommand,
  },
  {
    path: ["env", "approve"],
    summary: "agree that a bundle comes into an environment",
    load: async () => (await import("./commands/env-set.ts")).envApproveCommand,
  },
  {
    path: ["env", "hold"],
    summary: "keep promotions out of an environment, or out of all",
    load: async () => (await import("./commands/env.ts")).envHoldCommand,
  },
  {
    path: ["env", "lift"],
    summary: "end a hold",
    load: async () => (await import("./commands/env.ts")).envLiftCommand,
  },
  {
    path: ["beta", "show"],
    summary: "show where the beta of extensions stands: its last signoff, whether it is on, and what holds it",
    load: async () => (await import("./commands/beta.ts")).betaShowCommand,
  },
  {
    path: ["beta", "enable"],
    summary: "turn the beta on, quoting the report of a signoff that says GO",
    load: async () => (await import("./commands/beta.ts")).betaEnableCommand,
  },
  {
    path: ["beta", "disable"],
    summary: "turn the beta off",
    load: async () => (await import("./commands/beta.ts")).betaDisableCommand,
  },
  {
    path: ["beta", "incident"],
    summary: "report what must never happen: while the beta is on, that turns it off and holds it",
    load: async () => (await import("./commands/beta.ts")).betaIncidentCommand,
  },
];
