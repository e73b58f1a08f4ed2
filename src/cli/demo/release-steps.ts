import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, assert, formatInstant, type Host, isJsonObject, type Json, parseJson } from "../../contracts/index.ts";
import { parseDecision, parsePolicy } from "../../gate/index.ts";
import {
  type BuiltBundle,
  buildBundle,
  newSigningKey,
  publicKeyOf,
  type RosterEntry,
  readRoster,
  readSigningKey,
  type SigningKey,
  suiteEvidence,
} from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { DemoClient } from "./client.ts";
import { playDemoCases } from "./golden.ts";
import { placeOrder, quiet, textOf } from "./scenario.ts";

/** A tenant with providers of its own, and the people who act in it. */
export interface ReleaseShop {
  readonly tenantId: string;
  readonly simulators: Parameters<typeof placeOrder>[0]["simulators"];
  readonly operator: DemoClient;
  readonly admin: DemoClient;
}

/** What became of versions, added to by every step. */
export interface ReleaseRecord {
  /** Golden cases that each version was put to before it went anywhere. */
  readonly preview: { readonly version: string; readonly cases: number; readonly passed: number }[];
  readonly decisions: ReleaseDecision[];
  readonly promoted: { readonly version: string; readonly environment: string }[];
  readonly blocked: {
    readonly version: string;
    readonly environment: string;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly rolled_back: {
    readonly environment: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
}

export interface ReleaseDecision {
  readonly version: string;
  readonly policy: string;
  readonly verdict: string;
  readonly blocked_by: readonly string[];
  readonly digest: string;
}

export const emptyRecord = (): ReleaseRecord => ({
  preview: [],
  decisions: [],
  promoted: [],
  blocked: [],
  rolled_back: [],
});

/** Where versions are released, and by whom: the steps go over HTTP, as anybody's would. */
export interface ReleaseHouse {
  readonly host: Host;
  /** Where every version is put to its golden cases, and nothing else happens. */
  readonly preview: ReleaseShop;
  readonly production: ReleaseShop;
  /** Of the installation, which trusts there whose signatures count. */
  readonly directory: string;
  /** Has the preview's tenant run a version. */
  readonly activate: (pack: CompiledPack) => Promise<void>;
  readonly random: Host["random"];
}

/** The same, with what the steps need and what they came to. */
export interface ReleaseScene extends ReleaseHouse {
  readonly policies: { readonly golden: string; readonly canary: string };
  readonly key: SigningKey;
  readonly record: ReleaseRecord;
}

/** A version of the shop, signed. */
export interface Version {
  readonly name: string;
  readonly pack: CompiledPack;
  readonly bundle: BuiltBundle;
}

/** Makes a key that is trusted here, and that nobody has afterwards; reads the policies as they come with the program. */
export async function openScene<House extends ReleaseHouse>(house: House): Promise<House & ReleaseScene> {
  const key = readSigningKey(newSigningKey(house.host.random));
  assert(key.ok, "a new key is one");
  const [golden, canary] = [await policyText("golden-suite"), await policyText("canary")];
  await trust(house, key.value);
  return { ...house, key: key.value, policies: { golden, canary }, record: emptyRecord() };
}

const ENVIRONMENTS = ["dev", "staging", "prod"] as const;

/** Builds a version, has its golden cases played and judged, and takes it as far as its gates let it. */
export async function release(scene: ReleaseScene, name: string, pack: CompiledPack): Promise<Version> {
  const version = { name, pack, bundle: bundleOf(scene, pack) };
  const evidence = await playGoldenCases(scene, version);
  await evaluate(scene, version, { policy: scene.policies.golden, profile: "p0-only", evidence });
  for (const environment of ENVIRONMENTS) if (!(await promote(scene, version, environment))) break;
  return version;
}

function bundleOf({ host, key, policies }: ReleaseScene, pack: CompiledPack): BuiltBundle {
  const policy = parsePolicy(policies.golden);
  assert(policy.ok, "the golden suite's policy is one");
  const { text, digest } = policy.value;
  const bundle = buildBundle({
    pack,
    label: "candidate",
    source: { commit: pack.config_hash.slice(0, 40), dirty: false },
    builder: "demo",
    createdAt: host.clock.now(),
    policies: [{ id: text.id, version: text.version, digest }],
    sbom: null,
    key,
  });
  assert(bundle.ok, "the demo's pack makes a bundle");
  return bundle.value;
}

/** Plays every golden case in the preview, and gives what it showed as evidence. */
async function playGoldenCases(
  { preview, activate, host, random, record }: ReleaseScene,
  version: Version,
): Promise<string> {
  const { name, pack, bundle } = version;
  await activate(pack);
  const outcome = await playDemoCases(preview, pack, { clock: host.clock, random });
  const units = outcome.cases.flatMap((one) => one.units);
  record.preview.push({ version: name, cases: units.length, passed: units.filter(({ passed }) => passed).length });
  const gitSha = bundle.manifest.source.commit;
  return suiteEvidence(outcome, { packId: pack.pack.id, packDigest: pack.config_hash, gitSha }).text;
}

/** Orders by which a version in production is judged. */
const CANARY_ORDERS = 5;

/**
 * Sends a version orders, judges it by its own runs, and rolls back if it does not hold.
 *
 * @param refused how many of its first orders the supplier refuses once
 */
export async function produce(scene: ReleaseScene, version: Version, refused: number): Promise<string> {
  const { production, random, policies, record } = scene;
  const { printful } = production.simulators;
  for (let order = 0; order < CANARY_ORDERS; order++) {
    if (order < refused)
      printful.fault({ method: "POST", path: "/v2/orders", count: 1, action: { kind: "status", status: 503 } });
    placeOrder({ simulators: production.simulators, random });
    await quiet(production);
    printful.clearFaults();
  }
  const decision = await evaluate(scene, version, { policy: policies.canary, pack_digest: version.pack.config_hash });
  if (decision.verdict === "GO") {
    await production.admin.post("/v1/environments/prod/health", {
      health: "good",
      reason: `canary ${decision.digest}`,
    });
    return decision.digest;
  }
  const reason = `canary says NO-GO: ${decision.blocked_by.join(", ")}`;
  const moved = await production.admin.post("/v1/environments/prod/rollback", { reason });
  const to = memberOf(moved, "bundle_id");
  // Where production held nothing before, there is nothing to go back to.
  if (typeof to === "string")
    record.rolled_back.push({ environment: "prod", from: version.bundle.manifest.bundle_id, to, reason });
  return decision.digest;
}

/** Has a policy evaluated about a version, in production's own record. */
async function evaluate(
  { production, host, record }: ReleaseScene,
  { name, bundle }: Version,
  asked: {
    readonly policy: string;
    readonly profile?: string;
    readonly evidence?: string;
    readonly pack_digest?: string;
  },
): Promise<ReleaseDecision> {
  const { evidence, ...rest } = asked;
  const body = {
    ...rest,
    subject: bundle.manifest.root_digest,
    ...(evidence === undefined
      ? { at: formatInstant(after(host.clock.now(), 1_000)) } // the second that is running is no evidence yet
      : { evidence: [{ name: "suite.ndjson", text: evidence }] }),
  };
  const made = await production.admin.post("/v1/gates/evaluations", body);
  const told = toldOf(name, memberOf(made, "decision"));
  record.decisions.push(told);
  return told;
}

/** A decision as an evaluation answers with it. */
export function toldOf(version: string, decision: Json): ReleaseDecision {
  const parsed = parseDecision(decision);
  assert(parsed.ok, "an evaluation answers with its decision");
  const { verdict, blocked_by, digest, policy } = parsed.value;
  return { version, policy: policy.id, verdict, blocked_by, digest };
}

/** Whether a version came into an environment; where it did, it is well there. */
async function promote(
  { production, record }: ReleaseScene,
  { name, bundle }: Version,
  environment: string,
): Promise<boolean> {
  const answer = await production.admin.post(`/v1/environments/${environment}/promote`, {
    bundle: bundle.text,
    // There has to be something beside which it can be tried.
    canary: environment === "prod" && record.promoted.some((one) => one.environment === "prod"),
  });
  if (!isJsonObject(answer) || answer.bundle_id !== bundle.manifest.bundle_id) {
    record.blocked.push({ version: name, environment, code: textOf(answer, "code"), reason: textOf(answer, "detail") });
    return false;
  }
  record.promoted.push({ version: name, environment });
  if (environment !== "prod")
    await production.admin.post(`/v1/environments/${environment}/health`, {
      health: "good",
      reason: "its golden cases passed",
    });
  return true;
}

export const memberOf = (document: Json, member: string): Json =>
  isJsonObject(document) ? (document[member] ?? null) : null;

/** A policy as it comes with the program. */
const policyText = (name: string): Promise<string> =>
  readFile(new URL(`../../../policies/${name}.yaml`, import.meta.url), "utf8");

/** How long the demo's key is trusted. */
const TRUSTED_MS = 86_400_000;

/** Adds a key to the installation's roster. One that cannot be read is its owner's to mend, and trusts nobody until then. */
async function trust({ directory, host }: ReleaseHouse, key: SigningKey): Promise<void> {
  const path = join(directory, "trust.json");
  const now = host.clock.now();
  const entry: RosterEntry = {
    keyid: key.keyId,
    public_key: publicKeyOf(key),
    roles: ["ci", "release"],
    valid_from: formatInstant(after(now, -TRUSTED_MS)),
    valid_until: formatInstant(after(now, TRUSTED_MS)),
  };
  const keys = trustedIn(await readFile(path, "utf8").catch(absent));
  if (keys !== undefined) await writeFile(path, `${JSON.stringify({ keys: [...keys, entry] }, null, 2)}\n`);
}

const absent = (error: NodeJS.ErrnoException): string => {
  if (error.code === "ENOENT") return '{"keys":[]}';
  throw error;
};

function trustedIn(roster: string): readonly Json[] | undefined {
  const read = parseJson(roster);
  if (!read.ok || !readRoster(read.value).ok) return undefined;
  const keys = memberOf(read.value, "keys");
  return Array.isArray(keys) ? keys : undefined;
}
