import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startDebianServer } from "../test/database/debian-server.ts";

/** A PostgreSQL whose disk is slower than the machine's. */
export interface SlowServer {
  readonly url: string;
  /** What slows a program's `fdatasync` alike. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

/** The root of the repository, seen from where this file is compiled to. */
const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Starts a PostgreSQL of its own, from the newest installed one, on the loopback interface. A library that is compiled on
 * the spot and preloaded into it makes each `fdatasync` take so much longer. Needs Linux, a C compiler as `cc`, and a
 * PostgreSQL of Debian's packages.
 */
export async function startSlowServer(delayMs: number): Promise<SlowServer> {
  const folder = await mkdtemp(join(tmpdir(), "countermark-slow-"));
  await chmod(folder, 0o755); // the server's account loads the library from it
  const library = join(folder, "slow-fdatasync.so");
  const source = join(ROOT, "bench/slow-fdatasync.c");
  await promisify(execFile)("cc", ["-O2", "-shared", "-fPIC", "-o", library, source]);
  const environment = { LD_PRELOAD: library, FDATASYNC_DELAY_US: String(Math.round(delayMs * 1_000)) };
  const server = await startDebianServer({
    parent: "/tmp",
    port: await freePort(),
    environment,
    settings: { fsync: "on" },
  });
  if (server === undefined) throw new Lacking("no PostgreSQL of Debian's packages is installed: install postgresql-15");
  const { host, port, user, password, database } = server.admin;
  return {
    url: `postgres://${user}:${password}@${host}:${port}/${database}`,
    environment,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A port that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("the probe has no port"));
        else resolve(address.port);
      });
    });
  });
}

import { Lacking } from "./lacking.ts";
