import type { CommandEntry } from "./command.ts";

/** Keys and breakers, as people act on them; part of the one list. */
export const OPERATIONS_COMMANDS: readonly CommandEntry[] = [
  {
    path: ["key", "list"],
    summary: "list the keys, whose they are and what they may do",
    load: async () => (await import("./commands/key.ts")).keyListCommand,
  },
  {
    path: ["key", "revoke"],
    summary: "end a key for ever",
    load: async () => (await import("./commands/key.ts")).keyRevokeCommand,
  },
  {
    path: ["breaker", "list"],
    summary: "list the circuit breakers of the services that tools call",
    load: async () => (await import("./commands/breaker.ts")).breakerListCommand,
  },
  {
    path: ["breaker", "reset"],
    summary: "close a breaker by hand",
    load: async () => (await import("./commands/breaker.ts")).breakerResetCommand,
  },
];
