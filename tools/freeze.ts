import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { digestOf, isJsonObject, type Json, parseJson } from "../src/contracts/index.ts";
import { readTranscript, replayTranscript, type Transcript } from "../src/run/index.ts";

/*
 * Transcripts that every build decides again. One that is frozen is never changed: what a recorded run would decide has changed
 * then, and old runs would break.
 */

/** Where they are, from the source tree. */
export const TRANSCRIPTS = "test/replay/transcripts";
/** Names, each with the digest of its transcript's canonical form. */
export const FROZEN = "frozen.json";

export interface Frozen {
  readonly [name: string]: string;
}

/** Why a transcript cannot be frozen under a name; null where it can. */
export function freezeProblem(frozen: Frozen, name: string, transcript: Json): string | null {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return `\`${name}\` is no name: use a-z, 0-9 and -`;
  if (Object.hasOwn(frozen, name)) return `\`${name}\` is frozen already; give this one another name`;
  const read = readTranscript(transcript);
  if (!read.ok) return read.refusal.message;
  const again = replayTranscript(read.value);
  return again.drift === "D0" ? null : `it is not decided alike: ${again.drift} at event ${again.first?.seq}`;
}

/** The list with one more name, in order. */
export const frozenWith = (frozen: Frozen, name: string, transcript: Json): Frozen =>
  Object.fromEntries(Object.entries({ ...frozen, [name]: digestOf(transcript) }).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A transcript as it stands in its file: an event a line, so that a change shows. */
export function transcriptText({ events, ...rest }: Transcript): string {
  const head = Object.entries(rest).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${head.join(",\n")},\n"events": [\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]\n}\n`;
}

function freeze(file: string, name: string): string | null {
  const folder = new URL(`../../${TRANSCRIPTS}/`, import.meta.url);
  const frozen: Frozen = JSON.parse(readFileSync(new URL(FROZEN, folder), "utf8"));
  const parsed = parseJson(readFileSync(file, "utf8"));
  if (!parsed.ok || !isJsonObject(parsed.value)) return `\`${file}\` is not a JSON object`;
  const problem = freezeProblem(frozen, name, parsed.value);
  if (problem !== null) return problem;
  const text = transcriptText(JSON.parse(JSON.stringify(parsed.value)));
  writeFileSync(new URL(`${name}.json`, folder), text, { flag: "wx" });
  writeFileSync(new URL(FROZEN, folder), `${JSON.stringify(frozenWith(frozen, name, parsed.value), null, 2)}\n`);
  return null;
}

/** `npm run freeze -- FILE NAME`, from `dist/tools/`; FILE is what `countermark run export` wrote. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, name] = process.argv.slice(2);
  const problem = file === undefined || name === undefined ? "usage: npm run freeze -- FILE NAME" : freeze(file, name);
  console.log(problem ?? `frozen \`${name}\``);
  process.exitCode = problem === null ? 0 : 2;
}
