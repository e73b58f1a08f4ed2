import { z } from "zod";
import { accepted, canonicalText, parseJson, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import { ENVELOPE, type Envelope } from "./dsse.ts";

/*
 * A bundle is one text file: the signed envelope on its first line, then a line for each of its files.
 *
 * B1 What a bundle is, is written in exactly one way: canonical JSON, files by path, each line ended. So a file that differs in
 *    one byte is another bundle, or none.
 */

/** A file of a bundle. All that bundles carry is text. */
export interface BundleFile {
  readonly path: string;
  readonly text: string;
}

export interface Bundle {
  readonly envelope: Envelope;
  readonly files: readonly BundleFile[];
}

/** How a manifest lists a file. Size in bytes of UTF-8. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Bytes of a bundle; a line, and so a file, is at most 1 MiB. */
export const BUNDLE_BYTES_MAX = 16 * 1_048_576;
const FILES_MAX = 1_000;

const FILE = z.strictObject({ path: z.string(), text: z.string() }).readonly();

/** The text of a bundle, of which there is one. */
export function bundleText({ envelope, files }: Bundle): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const lines = [canonicalText(envelope), ...sorted.map(({ path, text }) => canonicalText({ path, text }))];
  return lines.map((line) => `${line}\n`).join("");
}

/** Reads a bundle's bytes. Refused with BUNDLE_MALFORMED, also where they say the same in another way (B1). */
export function readBundle(bytes: Uint8Array): Result<Bundle> {
  if (bytes.length > BUNDLE_BYTES_MAX) return malformed(`it is larger than ${BUNDLE_BYTES_MAX} bytes`);
  const text = utf8In(bytes);
  if (text === undefined) return malformed("it is not UTF-8");
  const [first = "", ...rest] = text.split("\n").slice(0, -1);
  if (rest.length > FILES_MAX) return malformed(`it has more than ${FILES_MAX} files`);
  const envelope = lineIn(first, ENVELOPE);
  const files = rest.flatMap((line) => lineIn(line, FILE) ?? []);
  if (envelope === undefined) return malformed("its first line is no signed envelope");
  if (files.length < rest.length) return malformed("a line of it is no file");
  const bundle = { envelope, files };
  return bundleText(bundle) === text ? accepted(bundle) : malformed("it is not in the one form that bundles have"); // B1
}

/** A file as a manifest lists it. */
export const listed = ({ path, text }: BundleFile): ListedFile => ({
  path,
  size: Buffer.byteLength(text),
  sha256: sha256Hex(text),
});

/** The digest of a list of files: of its lines `path NUL size NUL sha256`, sorted. */
export const rootDigest = (files: readonly ListedFile[]): string =>
  sha256Hex(
    files
      .map(({ path, size, sha256 }) => `${path}\0${size}\0${sha256}\n`)
      .sort()
      .join(""),
  );

function utf8In(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // the one thing a fatal decoder refuses
  }
}

function lineIn<T>(line: string, shape: z.ZodType<T>): T | undefined {
  const parsed = parseJson(line);
  return parsed.ok ? shape.safeParse(parsed.value).data : undefined;
}

const malformed = (problem: string) => rejected({ code: "BUNDLE_MALFORMED", message: `this is no bundle: ${problem}` });
