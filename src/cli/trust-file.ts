import { join } from "node:path";
import type { Result } from "../contracts/index.ts";
import { NOBODY, type Roster, readRoster } from "../release/index.ts";
import type { Context } from "./command.ts";
import { jsonIn, readText } from "./files.ts";

/** The roster that is used where no other is given. */
const trustPath = (context: Context): string => join(context.config.directory, "trust.json");

/** How options that name a roster say so in help. */
export const TRUST_PLACE = "roster of trusted keys; default `trust.json` in the directory of the installation";

/**
 * The roster in a file; without one, the installation's, which trusts nobody where it does not exist. Refused as `readText`
 * does, SCHEMA_PARSE_ERROR, TRUST_INVALID.
 */
export async function readTrust(context: Context, given: string | undefined): Promise<Result<Roster>> {
  const path = given ?? trustPath(context);
  const text = await readText(context, path);
  if (!text.ok) {
    const isAbsent = given === undefined && text.refusal.code === "FILE_NOT_FOUND";
    return isAbsent ? { ok: true, value: NOBODY } : text;
  }
  const document = jsonIn(text.value, `\`${path}\``);
  return document.ok ? readRoster(document.value) : document;
}
