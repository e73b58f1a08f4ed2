import { Fault, formatInstant, type Instant, type JsonObject } from "../../contracts/index.ts";
import type { Suite } from "../../release/index.ts";
import { asFault } from "../../store/index.ts";
import type { Context } from "../command.ts";
import { configuredServer } from "../database.ts";
import type { VerifiedBundle } from "./bundle-file.ts";
import { durabilitySuites } from "./durability.ts";
import { wholeOf } from "./play.ts";
import { type PreviewSuite, recordSuites, smokeSuites } from "./preview-checks.ts";
import { type JudgedSuite, judgeSuite, openRuntime, playDeath, playSuite, type SuiteRuntime } from "./run-suite.ts";
import { removeLeaked } from "./target.ts";

/*
 * A preview of a bundle: a disposable runtime with exactly its pack, its suites there, and a report.
 *
 * V1 Whatever happens in it, the target is removed, and the report says whether it was.
 * V2 A preview passes where every suite did, the golden one by its gate; one that was interrupted did not.
 * V3 A target that an earlier preview of the pack left behind fails this one, which removes it and names it.
 */

/** Wire form, `preview_report_v1`. */
export interface PreviewReport {
  readonly contract: "preview_report_v1";
  readonly bundle_id: string;
  readonly root_digest: string;
  /** Null where there was none yet. */
  readonly target_id: string | null;
  readonly started_at: string;
  /** When the runtime answered as it should; null where it never did. */
  readonly ready_at: string | null;
  readonly suites: readonly PreviewSuite[];
  readonly status: "passed" | "failed" | "interrupted";
  readonly teardown: { readonly done: boolean; readonly at: string };
  /** Targets of earlier previews that were found and removed. */
  readonly leaked: readonly string[];
}

export interface Preview {
  readonly report: PreviewReport;
  /** Null where the golden cases were not played. */
  readonly judged: JudgedSuite | null;
  /** What kept the runtime from being there, or from being removed; null where nothing did. */
  readonly fault: Fault | null;
}

/** What a preview came to so far. */
interface Progress {
  targetId: string | null;
  readyAt: Instant | null;
  suites: readonly PreviewSuite[];
  judged: JudgedSuite | null;
  fault: Fault | null;
  isRemoved: boolean;
}

/** Previews a bundle, and removes the target before it answers (V1). */
export async function previewBundle(context: Context, { bundle, suite, folder }: Previewed): Promise<Preview> {
  const { clock } = context.host;
  const startedAt = clock.now();
  const so: Progress = { targetId: null, readyAt: null, suites: [], judged: null, fault: null, isRemoved: true };
  const server = await configuredServer(context);
  try {
    const place = { host: context.host, beside: server.connection, purpose: "preview", pack: bundle.pack } as const;
    const leaked = await removeLeaked(place);
    if (leaked.length > 0)
      so.fault = leakFault(leaked); // V3
    else
      await inTarget(
        context,
        so,
        () => openRuntime(context, server, { pack: bundle.pack, suite, folder, purpose: "preview" }),
        { bundle, suite, folder },
      );
    return { report: reportOf(context, bundle, so, { startedAt, leaked }), judged: so.judged, fault: so.fault };
  } finally {
    await server.release();
  }
}

const leakFault = (leaked: readonly string[]): Fault =>
  new Fault(
    "PREVIEW_TARGET_LEAKED",
    `an earlier preview left ${leaked.map((name) => `\`${name}\``).join(", ")} behind`,
    {
      retry: "now",
    },
  );

/** A bundle, the golden cases of its pack, and the folder in which these lie. */
export interface Previewed {
  readonly bundle: VerifiedBundle;
  readonly suite: Suite;
  readonly folder: string;
}

/** Opens the target, works in it and removes it; what fails on the way is kept, a bug is not. */
async function inTarget(
  context: Context,
  so: Progress,
  open: () => Promise<SuiteRuntime>,
  previewed: Previewed,
): Promise<void> {
  let runtime: SuiteRuntime | null = null;
  try {
    runtime = await open();
    so.targetId = runtime.target.id;
    so.isRemoved = false;
    await playIn(context, so, runtime, previewed);
  } catch (error) {
    so.fault = faultOf(error);
  }
  try {
    await runtime?.close();
    so.isRemoved = true;
  } catch (error) {
    so.fault ??= faultOf(error);
  }
}

function faultOf(error: unknown): Fault {
  const fault = asFault(error);
  if (fault instanceof Fault) return fault;
  throw error;
}

async function playIn(
  context: Context,
  so: Progress,
  runtime: SuiteRuntime,
  { bundle: { manifest, pack }, suite }: Previewed,
): Promise<void> {
  so.suites = await smokeSuites(runtime, manifest);
  if (so.suites.some(({ status }) => status === "failed")) return;
  so.readyAt = context.host.clock.now();
  const outcome = await playSuite(context, runtime, { suite, chosen: wholeOf(suite) });
  const subject = { packId: pack.pack.id, packDigest: pack.config_hash, gitSha: manifest.source.commit };
  const { profile } = suite.settings;
  const judged = await judgeSuite(outcome, subject, { profile, decidedAt: outcome.finishedAt });
  if (!judged.ok) throw new Fault(judged.refusal.code, judged.refusal.message, { retry: "never" });
  so.judged = judged.value;
  so.suites = [
    ...so.suites,
    goldenSuite(judged.value),
    ...(await durability(context, runtime, suite, judged.value)),
    ...(await recordSuites(runtime)),
  ];
}

/** Owners die only of runs that end as they should where none does. */
async function durability(
  context: Context,
  runtime: SuiteRuntime,
  { cases }: Suite,
  { decision }: JudgedSuite,
): Promise<readonly PreviewSuite[]> {
  if (decision.verdict !== "GO" || context.interrupted.aborted) return [];
  await runtime.target.shortenLeases();
  return durabilitySuites(cases, (one, dies) => playDeath(context, runtime, one, dies));
}

const goldenSuite = ({ decision, outcome }: JudgedSuite): PreviewSuite => ({
  name: "golden",
  status: decision.verdict === "GO" ? "passed" : "failed",
  problems: [
    ...decision.blocked_by.map((gate) => `gate \`${gate}\` does not pass`),
    ...outcome.cases.filter(({ status }) => status !== "passed").map(({ id, status }) => `case \`${id}\`: ${status}`),
  ],
});

function reportOf(
  { host: { clock }, interrupted }: Context,
  { manifest }: VerifiedBundle,
  so: Progress,
  { startedAt, leaked }: { readonly startedAt: Instant; readonly leaked: readonly string[] },
): PreviewReport {
  const isPassed = so.fault === null && so.readyAt !== null && so.suites.every(({ status }) => status !== "failed"); // V2
  return {
    contract: "preview_report_v1",
    bundle_id: manifest.bundle_id,
    root_digest: manifest.root_digest,
    target_id: so.targetId,
    started_at: formatInstant(startedAt),
    ready_at: so.readyAt === null ? null : formatInstant(so.readyAt),
    suites: so.suites,
    status: interrupted.aborted ? "interrupted" : isPassed ? "passed" : "failed",
    teardown: { done: so.isRemoved, at: formatInstant(clock.now()) },
    leaked,
  };
}

/** A preview for a pull request: what was previewed, what was found, by digests. */
export function previewMarkdown({ report, judged }: Preview): string {
  const { bundle_id, root_digest, status, suites } = report;
  return [
    `### Preview ${status}: \`${bundle_id}\``,
    "",
    `| | |`,
    `|---|---|`,
    `| root | \`${root_digest}\` |`,
    ...(judged === null
      ? []
      : [
          `| decision | ${judged.decision.verdict}, \`${judged.decision.digest}\` |`,
          `| evidence | \`${judged.decision.evidence.digest}\` |`,
        ]),
    ...suites.map(
      (one) => `| ${one.name} | ${one.status}${one.problems.length === 0 ? "" : `: ${one.problems.join("; ")}`} |`,
    ),
    "",
  ].join("\n");
}

/** The report with the decision, as data. */
export const previewDocument = ({ report, judged }: Preview): JsonObject => ({
  ...JSON.parse(JSON.stringify(report)),
  decision: judged === null ? null : { verdict: judged.decision.verdict, digest: judged.decision.digest },
});
