import { dirname } from "node:path";
import type { Arguments, Command, Context } from "../command.ts";
import { exitOf } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { reportFindings } from "../findings.ts";
import { type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { readVerifiedBundle, samePack } from "../suite/bundle-file.ts";
import { PACK_FOLDER, readPackSuite } from "../suite/pack-suite.ts";
import { type Preview, previewBundle, previewDocument, previewMarkdown } from "../suite/preview.ts";
import { suiteLines } from "../suite/suite-report.ts";
import { columns } from "../table.ts";
import { TRUST_PLACE } from "../trust-file.ts";
import { writeText } from "../write-files.ts";
import { record } from "./suite-run.ts";

export const previewCreateCommand: Command = {
  operands: [{ name: "BUNDLE", summary: "a bundle's file; `-` for standard input" }],
  options: [
    { flags: "--pack <folder>", summary: `where its golden cases are: ${PACK_FOLDER.summary}`, required: true },
    { flags: "--trust <file>", summary: TRUST_PLACE },
    { flags: "--record", summary: "have the decision about the bundle recorded, where promotions look for it" },
    { flags: "--evidence <file>", summary: "write the evidence of the golden cases; its name is to be `suite.ndjson`" },
    { flags: "--markdown <file>", summary: "write a summary for a pull request" },
  ],
  examples: [
    "countermark preview create shop.bundle --pack shop",
    "countermark preview create shop.bundle --pack shop --record --markdown preview.md",
    "countermark preview create shop.bundle --pack shop --json | jq '{status, teardown}'",
  ],
  run: createPreview,
};

async function createPreview(context: Context, args: Arguments): Promise<ExitCode> {
  const bundle = await readVerifiedBundle(context, args.operand("BUNDLE"), args.value("trust"));
  if (!bundle.ok) return reportRefusal(talkOf(context), bundle.refusal);
  const read = await readPackSuite(context, args.value("pack") ?? "");
  if (!read.ok) return reportRefusal(talkOf(context), read.refusal);
  const same = samePack(bundle.value, read.value.pack);
  if (!same.ok) return reportRefusal(talkOf(context), same.refusal);
  if (read.value.suite === null) return reportFindings(context, read.value.findings);

  const preview = await previewBundle(context, {
    bundle: bundle.value,
    suite: read.value.suite,
    folder: dirname(read.value.folder),
  });
  const [evidence, markdown] = ["evidence", "markdown"].map((name) => args.value(name));
  if (evidence !== undefined && preview.judged !== null)
    await writeText(context, evidence, preview.judged.evidence.text);
  if (markdown !== undefined) await writeText(context, markdown, previewMarkdown(preview));
  const unrecorded =
    args.flag("record") && preview.judged !== null
      ? await record(context, preview.judged, preview.report.root_digest)
      : null;
  print(context, previewDocument(preview), (paint) => previewLines(preview, read.value.pack, paint));
  return unrecorded ?? exitOfPreview(context, preview);
}

function exitOfPreview(context: Context, { report, judged, fault }: Preview): ExitCode {
  if (report.status === "interrupted") return EXIT.interrupted;
  if (fault !== null) return reportRefusal(talkOf(context), fault);
  if (report.status === "passed") return EXIT.done;
  const verdict = judged === null ? EXIT.noGo : exitOf(judged.policy, judged.decision);
  return verdict === EXIT.done ? EXIT.noGo : verdict;
}

const TONES = {
  passed: (paint: Paint) => paint.green,
  failed: (paint: Paint) => paint.red,
  not_applicable: (paint: Paint) => paint.yellow,
} as const;

function previewLines(
  { report, judged }: Preview,
  pack: Parameters<typeof suiteLines>[0],
  paint: Paint,
): readonly string[] {
  const { bundle_id, root_digest, target_id, suites, status, teardown, leaked } = report;
  const tone = status === "passed" ? paint.green : paint.red;
  return [
    `${tone(paint.bold(status))}  ${bundle_id}`,
    paint.dim(`  root    sha256 ${root_digest}`),
    ...(target_id === null
      ? []
      : [paint.dim(`  target  ${target_id}, ${teardown.done ? "removed" : "NOT REMOVED"} at ${teardown.at}`)]),
    ...leaked.map((name) => `${paint.yellow("leaked")}  ${name}, removed`),
    ...columns(suites.map((one) => [TONES[one.status](paint)(one.status), one.name, one.problems.join("; ")])),
    ...(judged === null ? [] : ["", ...suiteLines(pack, judged, paint)]),
  ];
}
