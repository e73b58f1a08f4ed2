/** PostgreSQL: connections under their roles, the tenant transaction, migrations, faults by SQLSTATE. */
export {
  type ConnectionOptions,
  type Database,
  openDatabase,
  type Query,
  SCHEMA,
  type TenantQuery,
  type TenantReads,
} from "./database.ts";
export { type EmbeddedDatabase, openEmbedded } from "./embedded/index.ts";
export { asFault } from "./faults.ts";
export { assertSchemaCurrent, type MigrationStatus, migrateDown, migrateUp, migrationStatus } from "./migrate.ts";
export {
  dropScratch,
  listScratch,
  makeScratch,
  type ScratchDatabase,
  type StandingScratch,
} from "./scratch.ts";
export { inTenant, inTenantSnapshot } from "./tenant.ts";
