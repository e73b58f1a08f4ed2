import { decideAgain, documentIn, parsePacket } from "../../release/index.ts";
import type { CompiledPack, DraftPack, DraftStep } from "../../run/index.ts";
import { CANARY_STEPS, type CanaryReport, tryOut } from "./canary-scene.ts";
import {
  memberOf,
  openScene,
  produce,
  type ReleaseHouse,
  type ReleaseRecord,
  type ReleaseScene,
  release,
  toldOf,
  type Version,
} from "./release-steps.ts";
import { textOf } from "./scenario.ts";

/** What became of three versions of the shop's pack. */
export interface ReleaseReport extends ReleaseRecord {
  /** The version that stayed in production. */
  readonly bundle: { readonly id: string; readonly version: string; readonly root_digest: string };
  /** Versions that came into production on a share of the new orders first. */
  readonly canaries: readonly CanaryReport[];
  /** The last decision, made again from its packet alone. */
  readonly packet: { readonly decision: string; readonly identical: boolean };
}

export interface ReleaseStage extends ReleaseHouse {
  readonly packOf: (edit: (pack: DraftPack) => DraftPack) => CompiledPack;
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

/** Orders that the supplier refuses once on its bad days: few enough for the shop to go on asking it. */
const REFUSED_ORDERS = 2;

/** Plays three releases over HTTP: one goes through, one is stopped by its gate, one is caught in production and rolled back. */
export async function playReleases(stage: ReleaseStage): Promise<ReleaseReport> {
  const scene = await openScene(stage);
  const { record, production } = scene;
  const released = (name: string): Promise<Version> =>
    release(scene, name, stage.packOf(EDITS[name] ?? ((same) => same)));
  await production.admin.post("/v1/environments/prod/settings", { canary_steps: CANARY_STEPS });
  stage.tell("a release: previewed, decided, promoted from dev to prod");
  const good = await released(GOOD);
  await produce(scene, good, REFUSED_ORDERS);
  stage.tell("a release with a regression: stopped by its gate");
  await released(REGRESSED);
  stage.tell("a release that fails only in production: caught on a share of its orders and rolled back by itself");
  const canary = await watch(scene, await released(HASTY));
  const last = await produce(scene, good, REFUSED_ORDERS);
  const { bundle_id, root_digest } = good.bundle.manifest;
  return {
    bundle: { id: bundle_id, version: good.name, root_digest },
    ...record,
    canaries: [canary],
    packet: { decision: last, identical: await isDecidedAgain(scene, last) },
  };
}

/** Has a version tried on a share of production's orders, and writes down how that ended. */
async function watch(scene: ReleaseScene, { name, pack, bundle }: Version): Promise<CanaryReport> {
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
  const { bundle_id: from } = bundle.manifest;
  if (canary.end === "abort")
    record.rolled_back.push({ environment: "prod", from, to: canary.holds, reason: canary.why });
  return canary;
}

/** Whether a recorded decision comes out of its packet, with nothing but the packet. */
async function isDecidedAgain({ production }: ReleaseHouse, digest: string): Promise<boolean> {
  const shown = await production.admin.get(`/v1/gates/evaluations/${digest}`);
  const document = documentIn(textOf(shown, "packet"));
  const packet = document.ok ? parsePacket(document.value) : document;
  const again = packet.ok ? decideAgain(packet.value) : packet;
  return again.ok && again.value.decision.digest === digest;
}
