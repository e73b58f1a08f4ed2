import { readFile } from "node:fs/promises";
import { Fault, parseJson, type Result } from "../contracts/index.ts";
import { NOBODY, type Roster, readRoster } from "../release/index.ts";

/** The roster of an installation, in its directory. */
export const TRUST_FILE = "trust.json";

/** The roster in a file; one that trusts nobody where there is none. Refused: SCHEMA_PARSE_ERROR, TRUST_INVALID. */
export async function rosterIn(path: string): Promise<Result<Roster>> {
  const text = await textIn(path);
  if (text === undefined) return { ok: true, value: NOBODY };
  const document = parseJson(text);
  return document.ok ? readRoster(document.value) : document;
}

async function textIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Fault("CONFIG_INVALID", `\`${path}\` cannot be read`, { retry: "never", cause: error });
  }
}
