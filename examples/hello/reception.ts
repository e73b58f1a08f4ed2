import {
  activatePack,
  addKey,
  addTenant,
  type ConnectionOptions,
  compilePack,
  createApp,
  openInstallation,
  serve,
  systemHost,
} from "../../src/index.ts";
import { helloPack } from "./pack.ts";
import { helloTools, type Till } from "./tools.ts";

export interface ReceptionOptions {
  /** Absolute path for keys, artifacts and the embedded database. */
  readonly directory: string;
  /** A PostgreSQL server; null is the embedded one. */
  readonly server: ConnectionOptions | null;
  /** 0 takes any free port. */
  readonly port: number;
}

const TENANT = "hotel";

/** Opens the hotel's installation with its own tools, serves the API and works. Ann asks, ben approves. */
export async function openReception({ directory, server, port }: ReceptionOptions) {
  const till: Till = new Map();
  const tools = helloTools(till);
  const installation = await openInstallation({
    host: systemHost(),
    directory,
    server,
    migrate: true,
    tools,
    tier: "HARDENED",
  });
  const compilation = compilePack(helloPack(tools));
  if (!compilation.ok) throw new Error(compilation.errors.map(({ message }) => message).join("; "));
  const tenant = { tenantId: TENANT, by: "setup" };
  await addTenant(installation, { ...tenant, name: "Hotel", mode: "sandbox" }); // refused where it is there already
  await activatePack(installation, { ...tenant, pack: compilation.compiled });
  const ann = await addKey(installation, { ...tenant, principalId: "ann", kind: "person", role: "operator" });
  const ben = await addKey(installation, { ...tenant, principalId: "ben", kind: "person", role: "approver" });

  const worker = installation.newWorker();
  const app = createApp(installation, { nudge: () => worker.nudge() });
  const listening = await serve(app, { port });
  worker.start();
  return {
    origin: listening.origin,
    keys: { ann: ann.key, ben: ben.key },
    till,
    close: async () => {
      await listening.close();
      await worker.stop();
      await installation.close();
    },
  };
}
