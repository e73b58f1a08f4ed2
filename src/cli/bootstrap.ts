import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addKey, addTenant, type Installation, PLATFORM } from "../api/index.ts";
import { Fault } from "../contracts/index.ts";
import { listTenants } from "../guard/index.ts";
import { asFault } from "../store/index.ts";
import { type KeyHolder, keyPath, writeKey } from "./key-file.ts";

/*
 * The first opening of a fresh installation.
 *
 * B1  Only an installation without any tenant is furnished; one that has tenants has people who hold its keys.
 * B2  A first opening that was cut short is completed by the next: a mark is there from before the first tenant until
 *     after the last key file.
 * B3  A key file that exists is never replaced. Of two first openings at once, one writes each file.
 * B4  A directory with another installation's key is refused before it does anything: what it sealed, nobody else could open.
 */

/** The tenant that commands act in until there are others, and the person who owns it. */
export const DEFAULT_TENANT = "shop";
const OWNER = "owner";

const BY = "installation";
const MARK = "bootstrap";

/** Makes the first tenants and keys where there are none. Returns the key files written; empty when there was nothing to do. */
export async function bootstrap(installation: Installation, directory: string): Promise<readonly string[]> {
  const mark = join(directory, MARK);
  const isFresh = (await tenantsOf(installation)).length === 0;
  if (!isFresh && !(await exists(mark))) {
    await assertOurs(installation, directory); // B4
    return []; // B1
  }
  await writeFile(mark, "", { mode: 0o600 });
  await ensureTenant(installation, PLATFORM, "Installation");
  await ensureTenant(installation, DEFAULT_TENANT, "Shop");
  const written = [
    ...(await ensureKey(installation, directory, "installer")),
    ...(await ensureKey(installation, directory, "owner")),
  ];
  await installation.control.reread(PLATFORM); // seals its key, by which B4 knows the installation
  await rm(mark, { force: true });
  return written;
}

async function tenantsOf({ database }: Installation) {
  try {
    return await listTenants(database.worker);
  } catch (error) {
    throw asFault(error);
  }
}

async function assertOurs(installation: Installation, directory: string): Promise<void> {
  try {
    await installation.control.find(PLATFORM);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== "CONFIG_INVALID") throw cause;
    const message = `\`${directory}\` is not this database's: its installation.key is another; set COUNTERMARK_DIR or copy the key`;
    throw new Fault("CONFIG_INVALID", message, { retry: "never", cause });
  }
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
