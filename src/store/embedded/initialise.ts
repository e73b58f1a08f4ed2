import { mkdir, readdir, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../contracts/index.ts";
import { type Account, give, handOver, initialisingAccount } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { renameDurably } from "./cluster-file.ts";
import { run } from "./process.ts";
import { CREATE_DATABASE } from "./queries.ts";

/** The superuser of the cluster, which owns everything in it; and the database, which is named alike. */
export const OWNER = "countermark";

const DATA = "data";
const DRAFT_PREFIX = "data.new-";

/** Measured 0.7 s; the rest is for cold and busy disks. */
const INITIALISE_TIMEOUT_MS = 120_000;

/** Code point order and Unicode rules built into PostgreSQL: the same on every system, whatever its C library. */
const LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];

export const dataPath = (home: string): string => join(home, DATA);

/** Whether a home has its data directory, which appears complete or not at all. */
export const hasData = (home: string): Promise<boolean> =>
  stat(dataPath(home)).then(
    () => true,
    () => false,
  );

/**
 * Makes the data directory. It is built beside its place under a name of its own and then renamed, so a crash leaves
 * none; what a crashed attempt left is removed. Call it under the start lock.
 *
 * @param id makes the working name unique: the `initdb` of a killed process may still be writing under its own
 */
export async function initialise(options: {
  readonly home: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly password: string;
  readonly id: string;
}): Promise<void> {
  const { home, binaries, account } = options;
  await removeDrafts(home);
  const draft = join(home, `${DRAFT_PREFIX}${options.id}`);
  const passwordFile = `${draft}.password`;
  const builder = await initialisingAccount(account);
  await mkdir(draft, { mode: 0o700 });
  await give(draft, builder);
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  await give(passwordFile, builder);

  const login = ["--auth=scram-sha-256", `--username=${OWNER}`, `--pwfile=${passwordFile}`];
  await build(binaries.initdb, [`--pgdata=${draft}`, ...login, ...LOCALE], builder);
  await unlink(passwordFile);
  await build(binaries.postgres, ["--single", "-j", "-D", draft, "postgres"], builder, CREATE_DATABASE);
  if (account !== undefined && builder?.uid !== account.uid) await handOver(draft, account);
  await renameDurably(draft, dataPath(home));
}

async function build(
  program: string,
  args: readonly string[],
  account: Account | undefined,
  input = "",
): Promise<void> {
  const { exitCode, output } = await run(program, args, { account, input, timeoutMs: INITIALISE_TIMEOUT_MS });
  if (exitCode === 0) return;
  throw new Fault("EMBEDDED_UNAVAILABLE", "the embedded database cannot be initialised: see the cause", {
    retry: "never",
    cause: new Error(`${program} ended with ${exitCode}: ${output.trim()}`),
  });
}

async function removeDrafts(home: string): Promise<void> {
  const drafts = (await readdir(home)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const name of drafts) {
    // Its initdb may still be running and add a file meanwhile; then the next attempt removes it.
    await rm(join(home, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
