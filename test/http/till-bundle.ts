import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, assert, formatInstant, seededRandom } from "../../src/contracts/index.ts";
import { parsePolicy } from "../../src/gate/index.ts";
import { type BundleInput, buildBundle, newSigningKey, publicKeyOf, readSigningKey } from "../../src/release/index.ts";
import { lineageText, sealLineage } from "../../src/release/lineage/model.ts";
import { lineageAt } from "../../src/release/lineage/testing/candidate.ts";
import { type CompiledPack, compilePack } from "../../src/run/index.ts";
import { realHost } from "../database/real-host.ts";
import { SLO_POLICY } from "../slo.ts";
import type { TillPack } from "./pack.ts";

/** Bundles of the till, as they are signed and trusted in tests over HTTP. */

const NOW = realHost.clock.now();
const DAY_MS = 86_400_000;
export const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

export const keyOf = (seed: number) => {
  const key = readSigningKey(newSigningKey(seededRandom(seed)));
  assert(key.ok, "a key that was made can be read");
  return key.value;
};

/** The policy as bundles pin it. */
function pinned() {
  const policy = parsePolicy(SLO_POLICY);
  assert(policy.ok, "the test's policy can be read");
  const { id, version } = policy.value.text;
  return { id, version, digest: policy.value.digest };
}

export const RELEASE_KEY = keyOf(1);
export const CI_KEY = keyOf(2);

/** Has an installation trust both keys. */
export async function trustKeys(directory: string): Promise<void> {
  const valid = { valid_from: formatInstant(after(NOW, -DAY_MS)), valid_until: formatInstant(after(NOW, DAY_MS)) };
  const keys = [
    { keyid: RELEASE_KEY.keyId, public_key: publicKeyOf(RELEASE_KEY), roles: ["release"], ...valid },
    { keyid: CI_KEY.keyId, public_key: publicKeyOf(CI_KEY), roles: ["ci"], ...valid },
  ];
  await writeFile(join(directory, "trust.json"), JSON.stringify({ keys }));
}

/** The till's next version: `note` has another contract, so it is another tool. */
export function changedPack({ pack: { pack } }: TillPack, version: string): CompiledPack {
  const { note } = pack.tools;
  assert(note !== undefined, "the till takes notes");
  const compilation = compilePack({
    ...pack,
    version,
    tools: { ...pack.tools, note: { ...note, timeout_seconds: 6 } },
  });
  assert(compilation.ok, "the changed pack compiles");
  return compilation.compiled;
}

/** What a bundle carries whose notes go back to another one, or to none: notes are made of a lineage. */
export function notedFrom(bundle_id: string | null, commit = COMMIT): Pick<BundleInput, "remarks" | "carried"> {
  const traced = lineageAt("final");
  const bare = { ...traced, candidate: { ...traced.candidate, commit }, lineage: { nodes: [], edges: [] } };
  const replaces = bundle_id === null ? null : { bundle_id, root_digest: "0".repeat(64), policies: [pinned()] };
  return {
    remarks: { limitations: [], policy_changes: {}, replaces },
    carried: { lineage: lineageText(sealLineage(bare)), evidence: [] },
  };
}

/** A bundle's text and id. */
export function bundle(
  pack: CompiledPack,
  {
    label = "candidate",
    key = RELEASE_KEY,
    ...other
  }: Partial<Pick<BundleInput, "label" | "key" | "remarks" | "carried">> = {},
) {
  const built = buildBundle({
    pack,
    label,
    source: { commit: COMMIT, dirty: false },
    builder: "test",
    createdAt: NOW,
    policies: [pinned()],
    sbom: null,
    key,
    ...other,
  });
  assert(built.ok, "the test's bundle can be built");
  return { text: built.value.text, id: built.value.manifest.bundle_id, root: built.value.manifest.root_digest };
}
