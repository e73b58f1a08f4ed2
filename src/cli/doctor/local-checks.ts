import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Context } from "../command.ts";
import type { ServerFound } from "../server-file.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const NODE_MIN = [20, 19] as const;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return isEnough
    ? ok("node", version)
    : fail("node", `${version} is too old`, `use Node.js ${NODE_MIN.join(".")} or newer`);
}

/** Keys open everything, so nobody but their owner may read them. */
const SECRETS = ["installation.key", "key", "installer.key", "server.json"];

/** The directory, and who may read what is secret in it. */
export async function checkDirectory(directory: string): Promise<readonly Finding[]> {
  const found = await modeOf(directory);
  if (found === undefined) return [ok("directory", `\`${directory}\` will be made by the first command`)];
  if (!found.isDirectory)
    return [fail("directory", `\`${directory}\` is not a directory`, "move it away, or set COUNTERMARK_DIR")];
  if ((found.mode & 0o022) !== 0)
    return [fail("directory", `others may write in \`${directory}\``, `run \`chmod go-w ${directory}\``)];
  return [ok("directory", `\`${directory}\``), await checkKeys(directory)];
}

async function checkKeys(directory: string): Promise<Finding> {
  const files = await Promise.all(SECRETS.map(async (name) => ({ name, found: await modeOf(join(directory, name)) })));
  const readable = files
    .filter(({ found }) => found !== undefined && (found.mode & 0o077) !== 0)
    .map(({ name }) => name);
  if (readable.length > 0) {
    const paths = readable.map((name) => join(directory, name)).join(" ");
    return fail(
      "keys",
      `others may read ${readable.join(", ")}`,
      `run \`chmod 600 ${paths}\`, then replace those keys`,
    );
  }
  const missing = files
    .filter(({ name, found }) => name !== "server.json" && found === undefined)
    .map(({ name }) => name);
  if (missing.length === 0) return ok("keys", "present, and their owner's alone");
  return warn(
    "keys",
    `${missing.join(", ")} not there`,
    "the first command of a new installation makes them; else restore them",
  );
}

async function modeOf(path: string) {
  try {
    const found = await stat(path);
    return { mode: found.mode, isDirectory: found.isDirectory() };
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // not there, or not for us to see
    throw error;
  }
}

/** Whether the server could listen, or does so already. */
export async function checkPort({ config }: Context, server: ServerFound): Promise<Finding> {
  const { host, port } = config.listen;
  if (server.kind === "running") return ok("port", `a server runs at ${server.url} (pid ${server.pid})`);
  if (server.kind === "ignored") return warn("port", server.why, "remove the file");
  const refused = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  return refused === undefined
    ? ok("port", `${host}:${port} is free`)
    : warn(
        "port",
        `${host}:${port} cannot be listened on (${refused})`,
        "stop what uses it, or give `countermark dev` another --port",
      );
}
