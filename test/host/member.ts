/**
 * A process that uses an embedded database, for tests that start, watch and kill it. Its argument is `EmbeddedOptions`
 * without the host, as JSON. It writes one JSON line when it has opened or could not; at the line `release` on its
 * input it leaves, writes another and ends.
 */
import { createInterface } from "node:readline";
import { Fault } from "../../src/contracts/index.ts";
import { type EmbeddedOptions, openEmbedded } from "../../src/store/embedded/index.ts";
import { realHost } from "../database/real-host.ts";

/** What a member says. */
export type Said =
  | { readonly kind: "opened"; readonly connection: Awaited<ReturnType<typeof openEmbedded>>["connection"] }
  | { readonly kind: "released" }
  | { readonly kind: "fault"; readonly code: string; readonly message: string; readonly hasCause: boolean };

const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

async function live(options: Omit<EmbeddedOptions, "host">): Promise<void> {
  const database = await openEmbedded({ ...options, host: realHost });
  say({ kind: "opened", connection: database.connection });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "release") continue;
    await database.release();
    say({ kind: "released" });
    return;
  }
}

try {
  await live(JSON.parse(process.argv[2] ?? ""));
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  say({ kind: "fault", code: error.code, message: error.message, hasCause: error.cause !== undefined });
}
