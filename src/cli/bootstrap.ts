import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addKey, addTenant, type Installation, PLATFORM } from "../api/index.ts";
import { Fault } from "../contracts/index.ts";
import { type KeyHolder, keyPath, writeKey } from "./key-file.ts";

/*
 * The first opening of a fresh installation.
 *
 * B1  Only an installation without any tenant is furnished; one that has tenants has people who hold its keys.
 * B2  A first opening that was cut short is completed by the next: a mark is there from before the first tenant until
 *     after the last key file.
 * B3  A key file that exists is never replaced. Of two first openings at once, one writes each file.
 */

/** The tenant that commands act in until there are others, and the person who owns it. */
export const DEFAULT_TENANT = "shop";
const OWNER = "owner";

const BY = "installation";
const MARK = "bootstrap";

/** Makes the first tenants and keys where there are none. Returns the key files written; empty when there was nothing to do. */
export async function bootstrap(installation: Installation, directory: string): Promise<readonly string[]> {
  const mark = join(directory, MARK);
  const isFresh = (await installation.control.find(PLATFORM)) === undefined;
  if (!isFresh && !(await exists(mark))) return []; // B1
  await writeFile(mark, "", { mode: 0o600 });
  await ensureTenant(installation, PLATFORM, "Installation");
  await ensureTenant(installation, DEFAULT_TENANT, "Shop");
  const written = [
    ...(await ensureKey(installation, directory, "installer")),
    ...(await ensureKey(installation, directory, "owner")),
  ];
  await rm(mark, { force: true });
  return written;
}

async function ensureTenant(installation: Installation, tenantId: string, name: string): Promise<void> {
  const added = await addTenant(installation, { tenantId, name, mode: "sandbox", by: BY });
  if (added.ok || added.refusal.code === "DATABASE_CONFLICT") return;
  throw new Fault(added.refusal.code, added.refusal.message, { retry: "never" });
}

const HOLDERS = {
  owner: { tenantId: DEFAULT_TENANT, principalId: OWNER, kind: "person", role: "admin" },
  installer: { tenantId: PLATFORM, principalId: "installer", kind: "service", role: "installer" },
} as const;

async function ensureKey(installation: Installation, directory: string, holder: KeyHolder): Promise<readonly string[]> {
  const path = keyPath(directory, holder);
  if (await exists(path)) return [];
  const { key } = await addKey(installation, { ...HOLDERS[holder], by: BY });
  return (await writeKey(directory, holder, { key, ids: installation.host.ids })) ? [path] : []; // B3
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
