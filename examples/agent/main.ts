import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { openDesk } from "./desk.ts";

const { values } = parseArgs({
  options: {
    recordings: { type: "string", default: "examples/agent/recordings" },
    record: { type: "string" },
    port: { type: "string", default: "4200" },
  },
});
const key = values.record === undefined ? null : (await readFile(values.record, "utf8")).trim();
const directory = await mkdtemp(join(tmpdir(), "countermark-agent-"));
const desk = await openDesk({
  directory,
  server: null,
  port: Number(values.port),
  model: {
    recordings: resolve(values.recordings),
    live: key === null ? null : { origin: "https://api.anthropic.com", key },
    tell: (digest, became) => void process.stderr.write(`model  ${became}  ${digest}\n`),
  },
});
process.stdout.write([`export COUNTERMARK_URL=${desk.origin}`, `export COUNTERMARK_KEY=${desk.key}`, ""].join("\n"));
await once(process, "SIGINT");
await desk.close();
await rm(directory, { recursive: true, force: true });
