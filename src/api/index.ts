/** What programs touch: the installation, its administration, and the HTTP API over it. */
export {
  activatePack,
  addEndpoint,
  addKey,
  addTenant,
  audit,
  setCredential,
} from "./administer.ts";
export { type AppOptions, createApp, openApiDocument } from "./app.ts";
export type { OidcSettings } from "./console/oidc.ts";
export {
  type Installation,
  type InstallationOptions,
  openInstallation,
  PLATFORM,
  type WorkerSettings,
} from "./installation.ts";
export { type CheckFinding, checkPack, type PackCheck } from "./pack-check.ts";
export { type Listening, type ServeOptions, serve } from "./serve.ts";
