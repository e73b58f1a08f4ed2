import { assert, instant, seededRandom } from "../../../contracts/index.ts";
import { contractOf, type DeclaredContract } from "../../../guard/index.ts";
import { type CompiledPack, compilePack, definePack } from "../../../run/index.ts";
import { type BundleInput, buildBundle } from "../build.ts";
import type { Remarks } from "../manifest.ts";
import { newSigningKey, publicKeyOf, readSigningKey, type SigningKey } from "../signing-key.ts";
import { type Roster, type RosterEntry, readRoster } from "../trust.ts";

/** When everything here is built and verified. */
export const NOW = instant(Date.UTC(2026, 0, 30, 12));

export const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

const TOOL: DeclaredContract = {
  name: "look",
  version: "1.0.0",
  side_effect_level: "READ",
  input_schema: { type: "object", properties: { id: { type: "string" } } },
  output_schema: { type: "object" },
  timeout_seconds: 10,
};

/** A pack that only looks, as its next version would change it. */
export function shopPack(contract: Partial<DeclaredContract> = {}, version = "1.0.0"): CompiledPack {
  const compilation = compilePack(
    definePack({
      id: "shop",
      name: "Shop",
      version,
      state: "ACTIVE",
      tools: { look: contractOf({ ...TOOL, ...contract }) },
      scopes: { look: { tool_name: "look", allowed_operations: ["look"] } },
      bounds: {
        max_steps_per_run: 10,
        max_time_seconds: 60,
        max_tokens_per_run: 10,
        max_tool_calls_per_run: 10,
      },
      eval_suite_ref: "none",
      workflows: [
        {
          id: "LOOK",
          name: "Look",
          trigger: { kind: "MANUAL", input_schema: { type: "object" } },
          steps: [{ id: "look", type: "TOOL", tool_name: "look", tool_version: contract.version ?? "1.0.0" }],
          pass_criteria: "true",
          allowed_failure_modes: [],
        },
      ],
    }),
  );
  assert(compilation.ok, "the test's pack compiles");
  return compilation.compiled;
}

/** The key of a seed. */
export function keyOf(seed: number): SigningKey {
  const key = readSigningKey(newSigningKey(seededRandom(seed)));
  assert(key.ok, "a key that was made can be read");
  return key.value;
}

export const RELEASE_KEY = keyOf(1);

/** How a roster names a key, trusted in January of 2026. */
export const entryOf = (key: SigningKey, other: Partial<RosterEntry> = {}): RosterEntry => ({
  keyid: key.keyId,
  public_key: publicKeyOf(key),
  roles: ["release"],
  valid_from: "2026-01-01T00:00:00Z",
  valid_until: "2026-02-01T00:00:00Z",
  ...other,
});

export function rosterOf(...keys: readonly RosterEntry[]): Roster {
  const roster = readRoster({ keys });
  assert(roster.ok, "the test's roster can be read");
  return roster.value;
}

export const ROSTER = rosterOf(entryOf(RELEASE_KEY));

/** What is said of a first release of which nothing bad is known. */
export const REMARKS: Remarks = { limitations: [], policy_changes: {}, replaces: null };

export const inputOf = (other: Partial<BundleInput> = {}): BundleInput => ({
  pack: shopPack(),
  label: "candidate",
  source: { commit: COMMIT, dirty: false },
  builder: "test",
  createdAt: NOW,
  policies: [{ id: "slo", version: "1.0.0", digest: "a".repeat(64) }],
  sbom: null,
  key: RELEASE_KEY,
  ...other,
});

/** A bundle that was built; its bytes too, as they are read from a file. */
export function builtOf(other: Partial<BundleInput> = {}) {
  const built = buildBundle(inputOf(other));
  assert(built.ok, "the test's bundle can be built");
  return { ...built.value, bytes: new Uint8Array(Buffer.from(built.value.text)) };
}
