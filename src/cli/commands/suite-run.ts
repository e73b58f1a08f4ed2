import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { accepted, type Result, rejected } from "../../contracts/index.ts";
import { exported } from "../../gate/index.ts";
import {
  flakeReports,
  type GoldenCase,
  QUARANTINE_FILE,
  readSigningKey,
  registryAfter,
  type SigningKey,
  type Suite,
  sealArtifact,
} from "../../release/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { configuredServer } from "../database.ts";
import { exitOf } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { reportFindings } from "../findings.ts";
import { note, print } from "../output.ts";
import { reportProblem, reportRefusal, talkOf } from "../report.ts";
import { readVerifiedBundle, samePack, type VerifiedBundle } from "../suite/bundle-file.ts";
import { PACK_FOLDER, type PackSuite, readPackSuite } from "../suite/pack-suite.ts";
import type { Chosen } from "../suite/play.ts";
import { recordSuite } from "../suite/record-suite.ts";
import { type AskedSuite, type JudgedSuite, judgeSuite, openRuntime, playSuite } from "../suite/run-suite.ts";
import { suiteJunit } from "../suite/suite-junit.ts";
import { suiteLines, suiteReport } from "../suite/suite-report.ts";
import { removeLeaked } from "../suite/target.ts";
import { TRUST_PLACE } from "../trust-file.ts";
import { writeText } from "../write-files.ts";

const RUNS = { min: 1, max: 1_000 };

export const suiteRunCommand: Command = {
  operands: [PACK_FOLDER],
  options: [
    {
      flags: "--cases <glob>",
      summary: "only the cases of these ids, such as `refund-*`: a part of a suite never says GO",
    },
    { flags: "--runs <n>", summary: "runs of each case, in place of what it says itself", integer: RUNS },
    { flags: "--junit <file>", summary: "write a JUnit report, a test for each input of a case" },
    {
      flags: "--evidence <file>",
      summary: "write the evidence as `gate eval` reads it; its name is to be `suite.ndjson`",
    },
    {
      flags: "--artifact <file>",
      summary: "write the gate artifact, which says whether the deploy is blocked and `suite check` reads",
    },
    { flags: "--sign-with <file>", summary: "sign it with this key, of `bundle keygen`" },
    { flags: "--commit <id>", summary: "the commit that the evidence is of" },
    { flags: "--record", summary: "import the evidence, and have the decision recorded, where promotions look for it" },
    { flags: "--bundle <file>", summary: "record it about this bundle, which has to hold exactly this pack" },
    { flags: "--trust <file>", summary: TRUST_PLACE },
    {
      flags: "--update-quarantine",
      summary: "write entries for cases that began to flake into `golden/quarantine.yaml`",
    },
  ],
  examples: [
    "countermark suite run examples/hello",
    "countermark suite run examples/commerce --cases 'refund-*' --runs 3",
    "countermark suite run shop --junit golden.xml --evidence suite.ndjson",
    "countermark suite run shop --record --bundle shop.bundle",
  ],
  run: runSuite,
};

async function runSuite(context: Context, args: Arguments): Promise<ExitCode> {
  const read = await readPackSuite(context, args.operand("PACK"));
  if (!read.ok) return reportRefusal(talkOf(context), read.refusal);
  const { pack, suite } = read.value;
  if (suite === null) return reportFindings(context, read.value.findings);
  const chosen = chosenOf(suite, args);
  if (!chosen.ok) return reportRefusal(talkOf(context), chosen.refusal);
  const bundle = await bundleOf(context, args, read.value);
  if (!bundle.ok) return reportRefusal(talkOf(context), bundle.refusal);
  const key = await keyOf(context, args.value("sign-with"));
  if (!key.ok) return reportRefusal(talkOf(context), key.refusal);

  const judged = await playAndJudge(
    context,
    { pack, suite, folder: dirname(read.value.folder), chosen: chosen.value },
    commitOf(args, bundle.value),
  );
  if (!judged.ok) return reportRefusal(talkOf(context), judged.refusal);
  await writeReports(context, args, read.value, { judged: judged.value, key: key.value });
  const unrecorded = args.flag("record")
    ? await record(context, judged.value, bundle.value?.manifest.root_digest ?? null)
    : null;
  print(context, suiteReport(pack, judged.value), (paint) => suiteLines(pack, judged.value, paint));
  if (context.interrupted.aborted) return EXIT.interrupted;
  return unrecorded ?? exitOf(judged.value.policy, judged.value.decision);
}

/** `*` is any text in an id. */
function chosenOf(suite: Suite, args: Arguments): Result<Chosen> {
  const glob = args.value("cases");
  const runs = args.integer("runs") ?? null;
  if (glob === undefined) return accepted({ cases: suite.cases, runs });
  const pattern = new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  const cases: readonly GoldenCase[] = suite.cases.filter(({ id }) => pattern.test(id));
  return cases.length > 0
    ? accepted({ cases, runs })
    : rejected({
        code: "SUITE_EMPTY",
        message: `the suite has no case \`${glob}\`; \`countermark suite list\` names them`,
      });
}

async function bundleOf(
  context: Context,
  args: Arguments,
  { pack }: PackSuite,
): Promise<Result<VerifiedBundle | null>> {
  const path = args.value("bundle");
  if (path === undefined) return accepted(null);
  const bundle = await readVerifiedBundle(context, path, args.value("trust"));
  if (!bundle.ok) return bundle;
  const same = samePack(bundle.value, pack);
  return same.ok ? bundle : same;
}

async function keyOf(context: Context, path: string | undefined): Promise<Result<SigningKey | null>> {
  if (path === undefined) return accepted(null);
  const pem = await readText(context, path);
  return pem.ok ? readSigningKey(pem.value) : pem;
}

const commitOf = (args: Arguments, bundle: VerifiedBundle | null): string | null =>
  args.value("commit") ?? bundle?.manifest.source.commit ?? null;

/** Plays a suite in a runtime that is gone afterwards, whatever comes of it. */
async function playAndJudge(context: Context, asked: AskedSuite, gitSha: string | null): Promise<Result<JudgedSuite>> {
  const { pack, suite } = asked;
  const server = await configuredServer(context);
  try {
    const place = { pack, suite, folder: asked.folder, purpose: "suite" } as const;
    for (const name of await removeLeaked({ host: context.host, beside: server.connection, ...place }))
      note(context, `removed \`${name}\`, which an earlier run had left behind`);
    const runtime = await openRuntime(context, server, place);
    try {
      const outcome = await playSuite(context, runtime, asked);
      const subject = { packId: pack.pack.id, packDigest: pack.config_hash, gitSha };
      return await judgeSuite(outcome, subject, { profile: suite.settings.profile, decidedAt: outcome.finishedAt });
    } finally {
      await runtime.close();
    }
  } finally {
    await server.release();
  }
}

async function writeReports(
  context: Context,
  args: Arguments,
  { pack, folder, suite }: PackSuite,
  { judged, key }: { readonly judged: JudgedSuite; readonly key: SigningKey | null },
): Promise<void> {
  const { outcome, evidence, policy, evaluation } = judged;
  const [junit, file, artifact] = ["junit", "evidence", "artifact"].map((name) => args.value(name));
  if (junit !== undefined) await writeText(context, junit, suiteJunit(pack, outcome));
  if (file !== undefined) await writeText(context, file, evidence.text);
  if (artifact !== undefined) {
    const document = exported(policy.text, evaluation);
    const signed =
      key === null ? `${JSON.stringify(document, null, 2)}\n` : sealArtifact(document, pack.config_hash, key);
    await writeText(context, artifact, signed);
  }
  if (suite === null || !args.flag("update-quarantine")) return;
  const { registry, settings } = suite;
  const after = registryAfter(registry, flakeReports(outcome), { owner: settings.owner, now: outcome.finishedAt });
  await writeText(context, join(folder, QUARANTINE_FILE), stringify(after));
}

/** Null where it was recorded; else the exit code of what kept it from that, which is then reported. */
export async function record(context: Context, judged: JudgedSuite, subject: string | null): Promise<ExitCode | null> {
  const answer = await recordSuite(context, judged, subject);
  if (!answer.ok) return reportRefusal(talkOf(context), answer.refusal);
  if (!answer.value.ok) return reportProblem(talkOf(context), answer.value.problem);
  note(context, `recorded${subject === null ? "" : ` about ${subject}`}`);
  return null;
}
