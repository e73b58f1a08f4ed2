import { z } from "zod";
import { accepted, canonicalText, type JsonObject, type Result, rejected } from "../../contracts/index.ts";

const PACKAGE = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  dev: z.boolean().default(false),
  devOptional: z.boolean().default(false),
  optional: z.boolean().default(false),
  link: z.boolean().default(false),
});

const LOCK = z.looseObject({ lockfileVersion: z.literal([2, 3]), packages: z.record(z.string(), PACKAGE) });

type Locked = z.infer<typeof PACKAGE>;

/**
 * The bill of materials of a program, from its `package-lock.json`: every production dependency with version, licence and
 * digest, as CycloneDX 1.6. It names no time and no serial number, so that one lock file gives one document. Refused with
 * LOCK_FILE_INVALID for what is no lock file of npm 7 or newer.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function sbomOf(lock: unknown): Result<string> {
  const parsed = LOCK.safeParse(lock);
  const root = parsed.data?.packages[""];
  if (!parsed.success || root === undefined)
    return rejected({ code: "LOCK_FILE_INVALID", message: "this is no `package-lock.json` of version 2 or 3" });
  const components = new Map<string, JsonObject>();
  for (const [path, locked] of Object.entries(parsed.data.packages)) {
    const component = componentOf(path, locked);
    if (component !== undefined) components.set(component.purl, component);
  }
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", name: root.name ?? "application", ...versionOf(root) } },
    components: [...components.values()].sort((a, b) => (String(a.purl) < String(b.purl) ? -1 : 1)),
  };
  return accepted(canonicalText(document));
}

/** Undefined for the program itself, for what is only for development, and for links, whose target has an entry. */
function componentOf(path: string, locked: Locked) {
  if (path === "" || locked.link || locked.dev || locked.devOptional || locked.version === undefined) return undefined;
  const name = locked.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(locked.version)}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    ...versionOf(locked),
    purl,
    scope: locked.optional ? "optional" : "required",
    ...licencesOf(locked),
    ...hashesOf(locked),
  };
}

const versionOf = ({ version }: Locked) => (version === undefined ? {} : { version });

/** npm's licence field is an SPDX expression, but for what it says of no licence or of a file. */
function licencesOf({ license }: Locked) {
  if (license === undefined) return {};
  const isExpression = /^[\w.+() -]+$/.test(license) && !/^(?:UNLICENSED|SEE )/.test(license);
  return { licenses: [isExpression ? { expression: license } : { license: { name: license } }] };
}

function hashesOf({ integrity = "" }: Locked) {
  const [, text] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (text === undefined) return {};
  return { hashes: [{ alg: "SHA-512", content: Buffer.from(text, "base64").toString("hex") }] };
}
