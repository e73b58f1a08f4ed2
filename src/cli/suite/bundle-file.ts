import { accepted, assert, type Result, rejected } from "../../contracts/index.ts";
import { BUNDLE_BYTES_MAX, type Manifest, verifyBundle } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Context } from "../command.ts";
import { readBytes } from "../files.ts";
import { readTrust } from "../trust-file.ts";

/** A bundle that verifies, and the pack in it. */
export interface VerifiedBundle {
  readonly manifest: Manifest;
  readonly pack: CompiledPack;
}

/** Reads a bundle and verifies all of it. Refused as reading is, and with the first that a verification finds. */
export async function readVerifiedBundle(
  context: Context,
  path: string,
  trust: string | undefined,
): Promise<Result<VerifiedBundle>> {
  const bytes = await readBytes(context, path, { max: BUNDLE_BYTES_MAX });
  if (!bytes.ok) return bytes;
  const roster = await readTrust(context, trust);
  if (!roster.ok) return roster;
  const { report, manifest, pack } = verifyBundle(bytes.value, { roster: roster.value, at: context.host.clock.now() });
  const [error] = report.errors;
  if (error !== undefined) return rejected(error);
  assert(manifest !== null && pack !== null, "a bundle that verifies has a manifest and a pack");
  return accepted({ manifest, pack });
}

/** Refused with PREVIEW_PACK_MISMATCH where a pack is not the one in the bundle, to the digest. */
export function samePack({ manifest }: VerifiedBundle, pack: CompiledPack): Result<null> {
  const { id, version, digest } = manifest.pack;
  if (digest === pack.config_hash) return accepted(null);
  return rejected({
    code: "PREVIEW_PACK_MISMATCH",
    message: `the bundle holds ${id} ${version} with digest ${digest}, and beside the golden cases lies ${pack.pack.id} ${pack.pack.version} with digest ${pack.config_hash}`,
  });
}
