import type { Result } from "../../contracts/index.ts";
import {
  BUNDLE_BYTES_MAX,
  type BundleReport,
  type Manifest,
  NOTES_FILE,
  readBundle,
  readManifest,
  verifyBundle,
} from "../../release/index.ts";
import type { Command, Context } from "../command.ts";
import { visible } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { readBytes } from "../files.ts";
import { AGO } from "../moment.ts";
import { note, type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { readTrust, TRUST_PLACE } from "../trust-file.ts";

const BUNDLE = { name: "BUNDLE", summary: "a bundle's file; `-` for standard input" } as const;

export const bundleShowCommand: Command = {
  operands: [BUNDLE],
  examples: ["countermark bundle show shop.bundle", "countermark bundle show shop.bundle --json | jq .tools"],
  run: async (context, args) => {
    const manifest = await manifestOf(context, args.operand("BUNDLE"));
    if (!manifest.ok) return reportRefusal(talkOf(context), manifest.refusal);
    print(context, manifest.value, (paint) => manifestLines(manifest.value, paint));
    note(context, "this is what the bundle says of itself; `countermark bundle verify` says whether it is so");
    return EXIT.done;
  },
};

export const bundleNotesCommand: Command = {
  operands: [BUNDLE],
  examples: ["countermark bundle notes shop.bundle > RELEASE_NOTES.md"],
  run: async (context, args) => {
    const bytes = await readBytes(context, args.operand("BUNDLE"), { max: BUNDLE_BYTES_MAX });
    const bundle = bytes.ok ? readBundle(bytes.value) : bytes;
    if (!bundle.ok) return reportRefusal(talkOf(context), bundle.refusal);
    const notes = bundle.value.files.find(({ path }) => path === NOTES_FILE)?.text;
    if (notes === undefined)
      return reportRefusal(talkOf(context), {
        code: "BUNDLE_MISSING_EVIDENCE",
        message: "the bundle has no release notes: it was built without a lineage",
      });
    print(context, { notes }, () => [notes.trimEnd()]);
    note(context, "this is what the bundle says of itself; `countermark bundle verify` says whether it is so");
    return EXIT.done;
  },
};

/** What the bundle in a file says of itself. */
async function manifestOf(context: Context, path: string): Promise<Result<Manifest>> {
  const bytes = await readBytes(context, path, { max: BUNDLE_BYTES_MAX });
  if (!bytes.ok) return bytes;
  const bundle = readBundle(bytes.value);
  return bundle.ok ? readManifest(bundle.value.envelope) : bundle;
}

function manifestLines(manifest: Manifest, paint: Paint): readonly string[] {
  const {
    bundle_id,
    pack,
    source,
    tools,
    workflows,
    agents,
    policies,
    sbom,
    lineage,
    evidence,
    waivers,
    remarks,
    files,
    root_digest,
  } = manifest;
  return [
    paint.bold(bundle_id),
    `  pack      ${pack.id} ${pack.version}  sha256 ${pack.digest}`,
    `  source    ${source.commit}${source.dirty ? " with changes that are not committed" : ""}`,
    `  built     ${manifest.created_at} by ${manifest.builder.identity}`,
    `  workflows ${workflows.map(({ id }) => id).join(", ")}`,
    `  tools     ${tools.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
    ...agents.map(
      ({ graph, version, code_digest }) => `  agent     ${graph} ${version}  code ${code_digest ?? "open"}`,
    ),
    ...policies.map(({ id, version, digest }) => `  policy    ${id} ${version}  sha256 ${digest}`),
    ...waivers.map(
      ({ waiver_id, check_id, expires_at, approved_by, reason }) =>
        `  waived    ${check_id} by ${waiver_id} until ${expires_at} (${approved_by.join(", ")}): ${reason}`,
    ),
    ...(lineage === null ? [] : [`  lineage   ${lineage.digest}`]),
    ...evidence.map(({ path, sha256 }) => `  evidence  ${path}  sha256 ${sha256}`),
    ...(remarks?.limitations ?? []).map((limitation) => `  limited   ${limitation}`),
    ...(remarks === undefined ? [] : [`  replaces  ${remarks.replaces?.bundle_id ?? "nothing: it is the first"}`]),
    `  made of   ${sbom === null ? "no bill of materials" : sbom.path}`,
    `  root      sha256 ${root_digest} over ${files.length} files`,
  ].map(visible);
}

export const bundleVerifyCommand: Command = {
  operands: [BUNDLE],
  options: [
    { flags: "--trust <file>", summary: TRUST_PLACE },
    { flags: "--at <time>", summary: "when the key has to be valid; now unless given", moment: AGO },
  ],
  examples: [
    "countermark bundle verify shop.bundle --trust trust.json",
    "countermark bundle verify shop.bundle --json | jq '.errors[].code'",
  ],
  run: async (context, args) => {
    const now = context.host.clock.now();
    const at = args.moment("at", now) ?? now;
    const roster = await readTrust(context, args.value("trust"));
    if (!roster.ok) return reportRefusal(talkOf(context), roster.refusal);
    const bytes = await readBytes(context, args.operand("BUNDLE"), { max: BUNDLE_BYTES_MAX });
    if (!bytes.ok) return reportRefusal(talkOf(context), bytes.refusal);
    const { report } = verifyBundle(bytes.value, { roster: roster.value, at });
    if (report.ok || context.config.json) print(context, report, (paint) => reportLines(report, paint));
    if (report.ok) return EXIT.done;
    if (!context.config.json) for (const error of report.errors) reportRefusal(talkOf(context), error);
    return EXIT.notVerified;
  },
};

const reportLines = (
  { bundle_id, key_id, verified_files, warnings }: BundleReport,
  paint: Paint,
): readonly string[] => [
  `${paint.green("ok")}  ${bundle_id}  ${verified_files} files`,
  paint.dim(`    signed by ${key_id}`),
  ...warnings.map((warning) => `${paint.yellow("warning")}  ${visible(warning)}`),
];
