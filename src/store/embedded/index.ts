/** A PostgreSQL of one's own: initialised, started, shared between processes and stopped without any set-up. */
export type { Installation } from "./binaries.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  type OwnerConnection,
  openEmbedded,
} from "./embedded-database.ts";
