import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, assert, type Clock, formatInstant, type Host, isJsonObject, type Json } from "../../contracts/index.ts";
import { parseDecision, parsePolicy } from "../../gate/index.ts";
import {
  type BuiltBundle,
  buildBundle,
  decideAgain,
  documentIn,
  newSigningKey,
  parsePacket,
  publicKeyOf,
  type RosterEntry,
  readSigningKey,
  type SigningKey,
  suiteEvidence,
} from "../../release/index.ts";
import type { CompiledPack, DraftPack, DraftStep } from "../../run/index.ts";
import { CANARY_STEPS, type CanaryReport, tryOut } from "./canary-scene.ts";
import type { DemoClient } from "./client.ts";
import { playDemoCases } from "./golden.ts";
import { placeOrder, quiet, textOf } from "./scenario.ts";

/** What became of three versions of the shop's pack. */
export interface ReleaseReport {
  /** The version that stayed in production. */
  readonly bundle: { readonly id: string; readonly version: string; readonly root_digest: string };
  /** Golden cases that each version was put to before it went anywhere. */
  readonly preview: readonly { readonly version: string; readonly cases: number; readonly passed: number }[];
  readonly decisions: readonly {
    readonly version: string;
    readonly policy: string;
    readonly verdict: string;
    readonly blocked_by: readonly string[];
    readonly digest: string;
  }[];
  readonly promoted: readonly { readonly version: string; readonly environment: string }[];
  readonly blocked: readonly {
    readonly version: string;
    readonly environment: string;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly rolled_back: readonly {
    readonly environment: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
  /** Versions that came into production on a share of the new orders first. */
  readonly canaries: readonly CanaryReport[];
  /** The last decision, made again from its packet alone. */
  readonly packet: { readonly decision: string; readonly identical: boolean };
}

/** A tenant with providers of its own, and the people who act in it. */
export interface ReleaseShop {
  readonly tenantId: string;
  readonly simulators: Parameters<typeof placeOrder>[0]["simulators"];
  readonly operator: DemoClient;
  readonly admin: DemoClient;
}

export interface ReleaseStage {
  readonly host: Host;
  /** Where every version is put to its golden cases, and nothing else happens. */
  readonly preview: ReleaseShop;
  readonly production: ReleaseShop;
  /** Of the installation, which trusts there whose signatures count. */
  readonly directory: string;
  /** Has the preview's tenant run a version. */
  readonly activate: (pack: CompiledPack) => Promise<void>;
  readonly packOf: (edit: (pack: DraftPack) => DraftPack) => CompiledPack;
  readonly random: Host["random"];
  readonly tell: (what: string) => void;
}

const GOOD = "1.0.0";
const REGRESSED = "1.1.0";
const HASTY = "1.2.0";

/** Versions of the shop: a good one; one that runs out of steps in every order; one that gives its supplier a single chance. */
const EDITS: { readonly [version: string]: (pack: DraftPack) => DraftPack } = {
  [GOOD]: (pack) => ({ ...pack, version: GOOD }),
  [REGRESSED]: (pack) => ({
    ...pack,
    version: REGRESSED,
    bounds: pack.bounds === null ? null : { ...pack.bounds, max_steps_per_run: 2 },
  }),
  [HASTY]: (pack) => ({
    ...pack,
    version: HASTY,
    workflows: pack.workflows.map((workflow) => ({
      ...workflow,
      steps: workflow.steps.map((step) => (step.tool_name === "createFulfillment" ? withoutRetry(step) : step)),
    })),
  }),
};

function withoutRetry({ retry_policy: _, ...step }: DraftStep): DraftStep {
  return step;
}

const ENVIRONMENTS = ["dev", "staging", "prod"] as const;

/** Orders by which a version in production is judged. */
const CANARY_ORDERS = 5;

/** Of those, how many the supplier refuses once: few enough for the shop to go on asking it. */
const REFUSED_ORDERS = 2;

/** A version of the shop, signed. */
interface Version {
  readonly name: string;
  readonly pack: CompiledPack;
  readonly bundle: BuiltBundle;
}

/** What the scenes add to. */
interface Told {
  readonly preview: ReleaseReport["preview"][number][];
  readonly decisions: ReleaseReport["decisions"][number][];
  readonly promoted: ReleaseReport["promoted"][number][];
  readonly blocked: ReleaseReport["blocked"][number][];
  readonly rolled_back: ReleaseReport["rolled_back"][number][];
  readonly canaries: CanaryReport[];
}

interface Scene extends ReleaseStage {
  readonly policies: { readonly golden: string; readonly canary: string };
  readonly key: SigningKey;
  readonly record: Told;
}

/** Plays three releases over HTTP: one goes through, one is stopped by its gate, one is caught in production and rolled back. */
export async function playReleases(stage: ReleaseStage): Promise<ReleaseReport> {
  const key = readSigningKey(newSigningKey(stage.host.random));
  assert(key.ok, "a new key is one");
  const [golden, canary] = [await policyText("golden-suite"), await policyText("canary")];
  await writeFile(join(stage.directory, "trust.json"), rosterText(key.value, stage.host.clock));
  const record: Told = { preview: [], decisions: [], promoted: [], blocked: [], rolled_back: [], canaries: [] };
  await stage.production.admin.post("/v1/environments/prod/settings", { canary_steps: CANARY_STEPS });
  const scene: Scene = { ...stage, key: key.value, policies: { golden, canary }, record };
  stage.tell("a release: previewed, decided, promoted from dev to prod");
  const good = await release(scene, GOOD);
  await produce(scene, good);
  stage.tell("a release with a regression: stopped by its gate");
  await release(scene, REGRESSED);
  stage.tell("a release that fails only in production: caught on a share of its orders and rolled back by itself");
  await watch(scene, await release(scene, HASTY));
  const last = await produce(scene, good);
  const { bundle_id, root_digest } = good.bundle.manifest;
  return {
    bundle: { id: bundle_id, version: good.name, root_digest },
    ...record,
    packet: { decision: last, identical: await isDecidedAgain(scene, last) },
  };
}

/** Builds a version, has its golden cases played and judged, and takes it as far as its gates let it. */
async function release(scene: Scene, name: string): Promise<Version> {
  const version = versionOf(scene, name);
  const evidence = await playGoldenCases(scene, version);
  await evaluate(scene, version, { policy: scene.policies.golden, profile: "p0-only", evidence });
  for (const environment of ENVIRONMENTS) if (!(await promote(scene, version, environment))) break;
  return version;
}

function versionOf({ packOf, host, key, policies }: Scene, name: string): Version {
  const pack = packOf(EDITS[name] ?? ((same) => same));
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
  return { name, pack, bundle: bundle.value };
}

/** Plays every golden case in the preview, and gives what it showed as evidence. */
async function playGoldenCases({ preview, activate, host, random, record }: Scene, version: Version): Promise<string> {
  const { name, pack, bundle } = version;
  await activate(pack);
  const outcome = await playDemoCases(preview, pack, { clock: host.clock, random });
  const units = outcome.cases.flatMap((one) => one.units);
  record.preview.push({ version: name, cases: units.length, passed: units.filter(({ passed }) => passed).length });
  const gitSha = bundle.manifest.source.commit;
  return suiteEvidence(outcome, { packId: pack.pack.id, packDigest: pack.config_hash, gitSha }).text;
}

/** Sends a version orders while its supplier has a bad day, judges it by its own runs, and rolls back if it does not hold. */
async function produce(scene: Scene, version: Version): Promise<string> {
  const { production, random, policies, record } = scene;
  const { printful } = production.simulators;
  for (let order = 0; order < CANARY_ORDERS; order++) {
    if (order < REFUSED_ORDERS)
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
  record.rolled_back.push({
    environment: "prod",
    from: version.bundle.manifest.bundle_id,
    to: textOf(moved, "bundle_id"),
    reason,
  });
  return decision.digest;
}

/** Has a version tried on a share of production's orders, and writes down how that ended. */
async function watch(scene: Scene, { name, pack, bundle }: Version): Promise<void> {
  const { production, random, host, record } = scene;
  const canary = await tryOut(
    { production, random, clock: host.clock },
    {
      version: name,
      digest: pack.config_hash,
      rootDigest: bundle.manifest.root_digest,
    },
  );
  const shown = await production.admin.get(`/v1/gates/evaluations/${canary.evaluation}`);
  record.decisions.push(toldOf(name, memberOf(shown, "decision")));
  record.canaries.push(canary);
  if (canary.end !== "abort") return;
  const { bundle_id: from } = bundle.manifest;
  record.rolled_back.push({ environment: "prod", from, to: canary.holds, reason: canary.why });
}

/** Has a policy evaluated about a version, in production's own record. */
async function evaluate(
  { production, host, record }: Scene,
  { name, bundle }: Version,
  asked: {
    readonly policy: string;
    readonly profile?: string;
    readonly evidence?: string;
    readonly pack_digest?: string;
  },
): Promise<ReleaseReport["decisions"][number]> {
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

function toldOf(version: string, decision: Json): ReleaseReport["decisions"][number] {
  const parsed = parseDecision(decision);
  assert(parsed.ok, "an evaluation answers with its decision");
  const { verdict, blocked_by, digest, policy } = parsed.value;
  return { version, policy: policy.id, verdict, blocked_by, digest };
}

/** Whether a version came into an environment; where it did, it is well there. */
async function promote(
  { production, record }: Scene,
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

/** Whether a recorded decision comes out of its packet, with nothing but the packet. */
async function isDecidedAgain({ production }: Scene, digest: string): Promise<boolean> {
  const shown = await production.admin.get(`/v1/gates/evaluations/${digest}`);
  const document = documentIn(textOf(shown, "packet"));
  const packet = document.ok ? parsePacket(document.value) : document;
  const again = packet.ok ? decideAgain(packet.value) : packet;
  return again.ok && again.value.decision.digest === digest;
}

const memberOf = (document: Json, member: string): Json => (isJsonObject(document) ? (document[member] ?? null) : null);

/** A policy as it comes with the program. */
const policyText = (name: string): Promise<string> =>
  readFile(new URL(`../../../policies/${name}.yaml`, import.meta.url), "utf8");

/** Days that the demo's key is trusted. */
const TRUSTED_MS = 86_400_000;

function rosterText(key: SigningKey, clock: Clock): string {
  const now = clock.now();
  const entry: RosterEntry = {
    keyid: key.keyId,
    public_key: publicKeyOf(key),
    roles: ["ci", "release"],
    valid_from: formatInstant(after(now, -TRUSTED_MS)),
    valid_until: formatInstant(after(now, TRUSTED_MS)),
  };
  return JSON.stringify({ keys: [entry] });
}
