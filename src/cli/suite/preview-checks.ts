import { isJsonObject, type Json } from "../../contracts/index.ts";
import { contractDigest } from "../../guard/index.ts";
import type { Manifest } from "../../release/index.ts";
import { listOf } from "../demo/client.ts";
import { textOf } from "../demo/scenario.ts";
import type { StageTenant } from "./play.ts";
import type { SuiteRuntime } from "./run-suite.ts";

/** What a preview found in one respect. Wire form. */
export interface PreviewSuite {
  readonly name: string;
  /** Not applicable: nothing in the pack could show it. */
  readonly status: "passed" | "failed" | "not_applicable";
  /** What is wrong, in words; empty where nothing is. */
  readonly problems: readonly string[];
}

const suite = (name: string, problems: readonly string[]): PreviewSuite => ({
  name,
  status: problems.length === 0 ? "passed" : "failed",
  problems,
});

/** Who asks; no run of a case is theirs. */
const LOOKER = "preview";

/** Before a case is played: the runtime answers, runs exactly the bundle's pack, and its tools are those of the manifest. */
export async function smokeSuites(
  { target, world }: SuiteRuntime,
  manifest: Manifest,
): Promise<readonly PreviewSuite[]> {
  const tenant = await target.newTenant(world);
  const answer = await (await tenant.operator(LOOKER)).get("/v1/packs");
  const active = listOf(answer, "packs").filter((pack) => isJsonObject(pack) && pack.digest === manifest.pack.digest);
  const strange = manifest.tools.filter(({ name, version, contract_digest }) => {
    const found = target.installation.registry.find(name, version);
    return !found.ok || contractDigest(found.value.contract) !== contract_digest;
  });
  return [
    suite("smoke", active.length === 1 ? [] : [`the runtime does not run the pack ${manifest.pack.digest}`]),
    suite(
      "contracts",
      strange.map(({ name, version }) => `the runtime's \`${name}\` ${version} is not the one that the bundle pins`),
    ),
  ];
}

/** After the cases: no tenant sees another's runs, every run is decided again to the same end (DS-09), every chain holds. */
export async function recordSuites({ target, deaths }: SuiteRuntime): Promise<readonly PreviewSuite[]> {
  const seen: string[] = [];
  const replayed: string[] = [];
  const broken: string[] = [];
  const tenants = [...target.tenants];
  const before = deaths.seen().effects.length;
  for (const [index, tenant] of tenants.entries()) {
    const operator = await tenant.operator(LOOKER);
    const runs = listOf(await operator.get(`/v1/runs?limit=${RUNS_MAX}`), "runs").map((run) => textOf(run, "run_id"));
    for (const runId of runs) {
      const again = await operator.post(`/v1/runs/${runId}/replay`, {});
      if (!isJsonObject(again) || again.identical !== true)
        replayed.push(`run ${runId} is not decided again to the same end`);
    }
    const chains = await operator.post("/v1/ledger/verify", {});
    if (!isSound(chains)) broken.push(`the record of ${tenant.tenantId} does not verify`);
    seen.push(...(await trespasses(tenants[(index + 1) % tenants.length], tenant, runs)));
  }
  const made = deaths.seen().effects.length - before;
  if (made > 0) replayed.push(`${made} effects were made by replays`);
  return [suite("tenants", seen), suite("DS-09", replayed), suite("ledger", broken)];
}

/** Runs of one tenant in a preview: it plays one case at a time. */
const RUNS_MAX = 200;

const isSound = (answer: Json): boolean => isJsonObject(answer) && answer.verified === true;

async function trespasses(
  other: StageTenant | undefined,
  tenant: StageTenant,
  runs: readonly string[],
): Promise<readonly string[]> {
  if (other === undefined || other === tenant) return [];
  const stranger = await other.operator(LOOKER);
  const seen: string[] = [];
  for (const runId of runs) {
    const answer = await stranger.get(`/v1/runs/${runId}`);
    if (!isJsonObject(answer) || answer.code !== "RUN_NOT_FOUND")
      seen.push(`${other.tenantId} sees run ${runId} of another`);
  }
  return seen;
}
