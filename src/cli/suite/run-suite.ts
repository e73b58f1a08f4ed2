import { accepted, after, assert, type Instant, type Result } from "../../contracts/index.ts";
import {
  DERIVATIONS,
  type Decision,
  type EvidenceFile,
  evaluateFiles,
  type FileEvaluation,
  type Policy,
} from "../../gate/index.ts";
import {
  type GoldenCase,
  type Suite,
  type SuiteOutcome,
  type SuiteSubject,
  suiteEvidence,
  suiteOutcome,
} from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Context } from "../command.ts";
import type { ConfiguredServer } from "../database.ts";
import { note } from "../output.ts";
import { progress } from "../progress.ts";
import { agentsWorld } from "./agents-world.ts";
import { answersWorld } from "./answers-world.ts";
import type { Played } from "./durability.ts";
import { ownPolicy } from "./own-policy.ts";
import { type Boundary, type OwnerDeaths, OwnerDied, ownerDeaths } from "./owner-deaths.ts";
import { type Chosen, playCases, type SuiteStage } from "./play.ts";
import { openShopWorld } from "./shop-world.ts";
import { openTarget, type Target, TTL_MS } from "./target.ts";
import type { SuiteWorld } from "./world.ts";

/** A pack, the suite that it is put to, and how much of it. */
export interface AskedSuite {
  readonly pack: CompiledPack;
  readonly suite: Suite;
  /** In which the pack lies. */
  readonly folder: string;
  readonly chosen: Chosen;
}

/** What a suite came to, and the decision on it. */
export interface JudgedSuite {
  readonly outcome: SuiteOutcome;
  readonly evidence: EvidenceFile;
  readonly policy: Policy;
  /** The policy as it was written. */
  readonly source: string;
  readonly evaluation: FileEvaluation;
  readonly decision: Decision;
}

/** A runtime for a suite, and what it plays in. */
export interface SuiteRuntime {
  readonly target: Target;
  readonly world: SuiteWorld;
  readonly deaths: OwnerDeaths;
  close(): Promise<void>;
}

/** Opens the disposable runtime that a suite's world needs. */
export async function openRuntime(
  context: Context,
  server: ConfiguredServer,
  {
    pack,
    suite,
    folder,
    purpose,
  }: Pick<AskedSuite, "pack" | "suite" | "folder"> & { readonly purpose: "preview" | "suite" },
): Promise<SuiteRuntime> {
  const { host } = context;
  let opened: Target | undefined;
  const installation = () => installationOf(opened);
  const own =
    suite.settings.world === "answers"
      ? answersWorld(pack)
      : await openShopWorld({ host, tools: await context.tools(), installation });
  const world = await agentsWorld(own, { pack, suite, folder, installation });
  const deaths = ownerDeaths();
  try {
    const target = await openTarget({
      host,
      beside: server.connection,
      purpose,
      pack,
      tools: deaths.watched(world.tools),
      reached: deaths.reached,
      onTrouble: (error) => troubled(context, error),
    });
    opened = target;
    return { target, world, deaths, close: () => closeBoth(target, world) };
  } catch (error) {
    await world.close();
    throw error;
  }
}

function troubled(context: Context, error: unknown): void {
  if (error instanceof OwnerDied) return; // it was told to
  note(context, `trouble: ${error instanceof Error ? error.message : String(error)}`);
}

function installationOf(target: Target | undefined): Target["installation"] {
  assert(target !== undefined, "a tenant is connected after its target was opened");
  return target.installation;
}

async function closeBoth(target: Target, world: SuiteWorld): Promise<void> {
  try {
    await target.close();
  } finally {
    await world.close();
  }
}

const stageOf = (
  context: Context,
  { target, world }: SuiteRuntime,
  tell: SuiteStage["tell"],
  endAt: Instant,
): SuiteStage => ({
  clock: context.host.clock,
  world,
  tenant: () => target.newTenant(world),
  tell,
  isOver: () => context.interrupted.aborted || context.host.clock.now() >= endAt,
});

/** Plays one run of a case whose owner dies where it is told to. */
export async function playDeath(
  context: Context,
  runtime: SuiteRuntime,
  one: GoldenCase,
  dies: Boundary | null,
): Promise<Played> {
  const { deaths } = runtime;
  const { clock } = context.host;
  deaths.begin(dies);
  const stage = stageOf(context, runtime, () => undefined, after(clock.now(), TTL_MS));
  const [attempt] = await playCases(stage, { cases: [one], runs: 1 });
  const played = { attempt, ...deaths.seen() };
  deaths.begin(null);
  return played;
}

/** Plays cases in a runtime, until all are, the process is asked to end, or the target has lived its time. */
export async function playSuite(
  context: Context,
  runtime: SuiteRuntime,
  { suite, chosen }: Pick<AskedSuite, "suite" | "chosen">,
): Promise<SuiteOutcome> {
  const { clock } = context.host;
  const line = progress(context);
  const startedAt = clock.now();
  try {
    const stage = stageOf(context, runtime, line.show, after(startedAt, TTL_MS));
    const attempts = await playCases(stage, chosen);
    return suiteOutcome(suite, attempts, { startedAt, finishedAt: clock.now() });
  } finally {
    line.clear();
  }
}

/** Judges what a suite showed by the policy `golden-suite`. */
export async function judgeSuite(
  outcome: SuiteOutcome,
  subject: SuiteSubject,
  { profile, decidedAt }: { readonly profile: string; readonly decidedAt: Instant },
): Promise<Result<JudgedSuite>> {
  const { policy, source } = await ownPolicy("golden-suite");
  const evidence = suiteEvidence(outcome, subject);
  const evaluated = evaluateFiles({ policy, profile, files: [evidence], decidedAt, waivers: null }, DERIVATIONS);
  if (!evaluated.ok) return evaluated;
  const evaluation = evaluated.value;
  return accepted({ outcome, evidence, policy, source, evaluation, decision: evaluation.decision });
}
