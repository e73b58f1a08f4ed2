import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatInstant, isJsonObject, parseJson } from "../contracts/index.ts";
import type { Context } from "./command.ts";

/** What the directory's `server.json` says of a running server, and whether it can be believed. */
export type ServerFound =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly url: string; readonly pid: number }
  | { readonly kind: "ignored"; readonly why: string };

const pathOf = ({ config }: Pick<Context, "config">): string => join(config.directory, "server.json");

/** Looks for a running server. A file that others can read, of a dead process or that is no such file is not believed. */
export async function findServer(context: Context): Promise<ServerFound> {
  const path = pathOf(context);
  const text = await read(path);
  if (text === undefined) return { kind: "none" };
  if (((await stat(path)).mode & 0o077) !== 0) return { kind: "ignored", why: `\`${path}\` can be read by others` };
  const parsed = parseJson(text);
  const { url, pid } = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  if (typeof url !== "string" || !URL.canParse(url) || typeof pid !== "number")
    return { kind: "ignored", why: `\`${path}\` does not name a server` };
  if (!context.isAlive(pid)) return { kind: "ignored", why: `\`${path}\` names process ${pid}, which has ended` };
  return { kind: "running", url, pid };
}

/** Lets other commands of this directory find the server of this process. Returns what takes it back. */
export async function announceServer(context: Context, url: string): Promise<() => Promise<void>> {
  const path = pathOf(context);
  const { pid, host } = context;
  await rm(path, { force: true });
  await writeFile(path, `${JSON.stringify({ url, pid, started_at: formatInstant(host.clock.now()) })}\n`, {
    mode: 0o600,
    flag: "wx",
  });
  return () => rm(path, { force: true });
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // not there, or not for us to read
    throw error;
  }
}
