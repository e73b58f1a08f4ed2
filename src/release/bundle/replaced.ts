import { accepted, assert, type Code, type Instant, instant, type Result, rejected } from "../../contracts/index.ts";
import type { Manifest } from "./manifest.ts";
import { publicKeyOf, type SigningKey } from "./signing-key.ts";
import { KEY_ROLES, type Roster } from "./trust.ts";
import { verifyBundle } from "./verify.ts";

/** Whether the key may still sign: a hotfix also takes the place of what a key signed that has ended, or was stolen, since. */
const OF_THE_KEY_NOW: readonly Code[] = ["BUNDLE_KEY_EXPIRED", "BUNDLE_KEY_REVOKED", "BUNDLE_KEY_ROLE"];

/**
 * BND-06: what the bundle says of itself that a release takes the place of, where it is as it was signed: by a key of the roster, or by
 * the one that signs the release. A key's id does not give the key, so what another key signed nobody can look at, and nobody takes it
 * for signed. Refused with what `verifyBundle` finds.
 */
export function replacedManifest(
  bytes: Uint8Array,
  { roster, key, at }: { readonly roster: Roster; readonly key: SigningKey; readonly at: Instant },
): Result<Manifest> {
  const keys = [...roster.keys, ownEntry(key)];
  const { manifest, report } = verifyBundle(bytes, { roster: { keys }, at });
  const broken = report.errors.find(({ code }) => !OF_THE_KEY_NOW.includes(code));
  if (broken !== undefined) return rejected({ ...broken, message: `the bundle that is replaced: ${broken.message}` });
  assert(manifest !== null, "a bundle without a manifest has an error that says so");
  return accepted(manifest);
}

const ownEntry = (key: SigningKey): Roster["keys"][number] => ({
  keyid: key.keyId,
  public_key: publicKeyOf(key),
  roles: KEY_ROLES,
  valid_from: instant(0),
  valid_until: instant(0),
  revoked_at: null,
  principal: null,
  approves_as: [],
});
