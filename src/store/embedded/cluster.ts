import { join } from "node:path";
import { Fault, type Host } from "../../contracts/index.ts";
import { type Account, serverAccount } from "./account.ts";
import { type Binaries, type Installation, packagedInstallation, runnableBinaries } from "./binaries.ts";
import { type ClusterFile, readClusterFile, writeClusterFile } from "./cluster-file.ts";
import { assertDataIsWhole } from "./data-check.ts";
import { chooseHome, claimHome, hasAbandonedHome, homePath, SYSTEM_DIRECTORY } from "./home.ts";
import { dataPath, hasData, initialise } from "./initialise.ts";

/** A data directory that is there and looks whole, and whom and what to run it with. */
export interface Cluster {
  readonly file: ClusterFile;
  readonly data: string;
  readonly account: Account | undefined;
  /** Finds binaries that run; asked only when the server has to be started. */
  binaries(): Promise<Binaries>;
}

interface Options {
  readonly directory: string;
  readonly host: Host;
  readonly installation?: Installation;
  readonly systemDirectory?: string;
}

const PASSWORD_BYTES = 24;

/** The cluster of a project, initialised when it never was. Call it under the start lock. */
export async function ensureCluster(options: Options): Promise<Cluster> {
  const { directory } = options;
  const file = (await readClusterFile(directory)) ?? (await beginCluster(options));
  await claimHome(directory, file);
  const home = homePath(directory, file.home);
  const data = dataPath(home);
  const account = await serverAccount([data, directory]);
  const installation = options.installation ?? (await packagedInstallation());
  const binaries = () => findBinaries(options, installation, account);
  if (file.state === "initialising") await complete(options, file, { account, binaries });
  else if (!(await hasData(home))) {
    const message = `the embedded database in \`${data}\` is missing: restore it from a backup`;
    throw new Fault("EMBEDDED_CORRUPT", message, { retry: "never" });
  }
  await assertDataIsWhole(data, installation.version);
  return { file, data, account, binaries };
}

/** Decides where a new cluster will live and its password, before anything of it exists. */
async function beginCluster({ directory, host, systemDirectory = SYSTEM_DIRECTORY }: Options): Promise<ClusterFile> {
  if (await hasAbandonedHome(directory)) {
    const message = `\`${directory}\` has a database but its database.json is missing: restore it from a backup`;
    throw new Fault("EMBEDDED_CORRUPT", message, { retry: "never" });
  }
  const account = await serverAccount([directory]);
  const clusterId = host.ids.next();
  const file: ClusterFile = {
    format: 1,
    cluster_id: clusterId,
    home: await chooseHome({ directory, account, systemDirectory, clusterId }),
    state: "initialising",
    password: Buffer.from(host.random.bytes(PASSWORD_BYTES)).toString("base64url"),
  };
  await writeClusterFile(directory, file);
  return file;
}

/** Brings a begun cluster to its end. A crash at any point leaves one that is begun, and this is done again. */
async function complete(
  options: Options,
  file: ClusterFile,
  { account, binaries }: Pick<Cluster, "account" | "binaries">,
): Promise<void> {
  const { directory, host } = options;
  const home = homePath(directory, file.home);
  if (!(await hasData(home))) {
    const id = host.ids.next();
    await initialise({ home, binaries: await binaries(), account, password: file.password, id });
  }
  await writeClusterFile(directory, { ...file, state: "ready" });
}

/** Root keeps one copy of the binaries for all projects, where every account can read it; others one in the project. */
function findBinaries(
  { directory, host, systemDirectory = SYSTEM_DIRECTORY }: Options,
  installation: Installation,
  account: Account | undefined,
): Promise<Binaries> {
  const copy = join(account === undefined ? directory : systemDirectory, `postgresql-${installation.version}`);
  return runnableBinaries({ source: installation.folder, copy, account, id: host.ids.next() });
}
