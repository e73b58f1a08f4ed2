import { fileURLToPath } from "node:url";
import { assert, type Clock, type Random } from "../../contracts/index.ts";
import { readSuite, type Suite, type SuiteOutcome, suiteOutcome } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { filesIn } from "../suite/pack-suite.ts";
import { playCases, wholeOf } from "../suite/play.ts";
import { shopWorld } from "../suite/shop-world.ts";
import type { ReleaseShop } from "./release-steps.ts";

/** The golden cases of the shop that the demo's versions are put to: enough to tell them apart. */
const PLAYED = ["order-fulfilled", "order-without-article"];

/** The example's cases, which come with the program. */
const FOLDER = fileURLToPath(new URL("../../../examples/commerce/golden", import.meta.url));

async function demoSuite(pack: CompiledPack): Promise<Suite> {
  const files = await filesIn(FOLDER);
  assert(files.ok, "the shop's golden cases come with the program");
  const { suite } = readSuite(files.value, pack);
  assert(suite !== null, "the shop's golden cases are a suite");
  return { ...suite, cases: suite.cases.filter(({ id }) => PLAYED.includes(id)) };
}

/** Plays a version's golden cases in a shop that runs it already. */
export async function playDemoCases(
  { tenantId, simulators, operator }: Pick<ReleaseShop, "tenantId" | "simulators" | "operator">,
  pack: CompiledPack,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<SuiteOutcome> {
  const suite = await demoSuite(pack);
  const startedAt = clock.now();
  // One tenant for all runs: each order is another, and nothing of one run changes what becomes of the next.
  const tenant = { tenantId, operator: async () => operator, approver: async () => operator };
  const stage = {
    clock,
    world: shopWorld({ simulators, tools: [], random }),
    tenant: async () => tenant,
    tell: () => undefined,
    isOver: () => false,
  };
  return suiteOutcome(suite, await playCases(stage, wholeOf(suite)), { startedAt, finishedAt: clock.now() });
}
