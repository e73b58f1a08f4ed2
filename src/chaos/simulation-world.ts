import { type Host, type Instant, instant, seededRandom, sha256Hex, uuidV7Ids } from "../contracts/index.ts";
import {
  createRegistry,
  insertEndpoint,
  insertPrincipal,
  insertTenant,
  KEY_BYTES,
  type Registry,
  type Tool,
  tenantSecrets,
  upsertCredential,
} from "../guard/index.ts";
import { type CompiledPack, installPack } from "../run/index.ts";
import { type Database, inTenant, migrateUp } from "../store/index.ts";
import { ControlRoom, installedPack } from "../worker/index.ts";
import { BANK_ORIGIN } from "./bank.ts";
import { emptyTables, forgetDisk, installClock, keepPlans, setClock } from "./queries.ts";
import { simulationPack, simulationTools } from "./simulation-pack.ts";

export const TENANT = "simulated";

/** When every history begins: 2026-01-01T00:00:00Z. */
export const START: Instant = instant(1_767_225_600_000);

/** Simulations guard no secrets: the same key in all of them. */
const INSTALLATION_KEY = new Uint8Array(KEY_BYTES).fill(7);

/** Where the simulated provider delivers its webhooks, and what it signs them with. */
export const ENDPOINT_TOKEN = "simulated-endpoint";
export const WEBHOOK_SECRET = "secret of a simulated provider";

/** A database of its own in which histories are played, one after another, with the business that is played. */
export interface SimulationWorld {
  readonly database: Database;
  readonly registry: Registry;
  readonly pack: CompiledPack;
  /** Compiles each version once, not in each process of each history again. */
  readonly compile: typeof installedPack;
}

/** Prepares an empty database: the schema as it is, with a clock that can be set. */
export async function openWorld(database: Database, host: Pick<Host, "clock">): Promise<SimulationWorld> {
  await migrateUp(database.owner, host.clock);
  await installClock(database.owner);
  await keepPlans(database.owner);
  await forgetDisk(database.owner);
  return equipped(database, simulationTools());
}

/** The same database with other tools. */
export function equipped(database: Database, tools: readonly Tool[]): SimulationWorld {
  const registry = createRegistry();
  for (const tool of tools) registry.register(tool);
  return { database, registry, pack: simulationPack(tools), compile: compileOnce() };
}

function compileOnce(): typeof installedPack {
  const packs = new Map<string, CompiledPack>();
  return (digest, document) => {
    const compiled = packs.get(digest) ?? installedPack(digest, document);
    packs.set(digest, compiled);
    return compiled;
  };
}

/** What a process of a history judges calls by. No tenant there has environments, or a hold. */
export const controlRoomOf = ({ compile }: SimulationWorld, { database, host }: ControlledProcess): ControlRoom =>
  new ControlRoom({
    database,
    host,
    installationKey: INSTALLATION_KEY,
    readPromoted: async () => null,
    readApplyHold: async () => null,
    compile,
  });

interface ControlledProcess {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
}

/** Removes the last history and furnishes the tenant anew. */
export async function furnish({ database, pack }: SimulationWorld, seed: number): Promise<void> {
  await emptyTables(database.owner);
  await setClock(database.owner, START);
  const random = seededRandom(seed);
  const clock = { now: () => START, wake: async () => undefined };
  const host: Host = { clock, random, ids: uuidV7Ids(clock, random) };
  await inTenant(database, TENANT, async (sql) => {
    await insertTenant(sql, { name: "Simulated", mode: "sandbox", at: START });
    for (const principalId of ["ops", "ann"])
      await insertPrincipal(sql, { principalId, kind: "person", name: principalId, at: START });
    const secrets = await tenantSecrets(sql, host, TENANT, INSTALLATION_KEY);
    for (const service of ["bank", "stripe"]) {
      await upsertCredential(sql, {
        service,
        origin: BANK_ORIGIN,
        sealedSecret: secrets.seal("secret of a simulated bank", `credential ${service}`),
        settings: secrets.seal(JSON.stringify({ webhook_secret: WEBHOOK_SECRET }), `settings ${service}`),
        now: START,
        overlapUntil: START,
      });
    }
    const tokenSha256 = sha256Hex(ENDPOINT_TOKEN);
    await insertEndpoint(sql, { endpointId: "stripe-1", tokenSha256, provider: "stripe", at: START });
    const { id: packId, version, state } = pack.pack;
    await installPack(sql, {
      packId,
      digest: pack.config_hash,
      version,
      state,
      document: JSON.stringify(pack.pack),
      at: START,
    });
  });
}
