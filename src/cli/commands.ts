import type { CommandEntry } from "./command.ts";

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    path: ["check"],
    summary: "check a pack's file, without a database",
    load: async () => (await import("./commands/check.ts")).checkCommand,
  },
  {
    path: ["migrate", "up"],
    summary: "apply the migrations that the database lacks",
    load: async () => (await import("./commands/migrate.ts")).migrateUpCommand,
  },
  {
    path: ["migrate", "down"],
    summary: "undo migrations, newest first",
    load: async () => (await import("./commands/migrate.ts")).migrateDownCommand,
  },
  {
    path: ["migrate", "status"],
    summary: "list the migrations and which are applied",
    load: async () => (await import("./commands/migrate.ts")).migrateStatusCommand,
  },
  {
    path: ["doctor"],
    summary: "see whether everything this program needs is in order",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
];
