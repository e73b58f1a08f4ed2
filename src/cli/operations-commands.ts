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
    path: ["binding", "add"],
    summary: "let somebody in who signs in at your OpenID issuer, or a group of theirs",
    load: async () => (await import("./commands/binding.ts")).bindingAddCommand,
  },
  {
    path: ["binding", "list"],
    summary: "list who is let in by your issuer, in the order in which it counts",
    load: async () => (await import("./commands/binding.ts")).bindingListCommand,
  },
  {
    path: ["binding", "remove"],
    summary: "let nobody in by a binding any more, at once",
    load: async () => (await import("./commands/binding.ts")).bindingRemoveCommand,
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
