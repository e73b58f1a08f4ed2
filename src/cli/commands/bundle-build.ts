import { basename } from "node:path";
import { checkPack } from "../../api/index.ts";
import { type Result, rejected } from "../../contracts/index.ts";
import {
  BUNDLE_BYTES_MAX,
  type BuiltBundle,
  buildBundle,
  type CarriedEvidence,
  type Compat,
  LABELS,
  type Manifest,
  type PolicyReference,
  type Remarks,
  readCompat,
  readRemarks,
  replacedManifest,
  type SigningKey,
  sbomOf,
} from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { readPolicy } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readBytes, readText } from "../files.ts";
import { print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { signingKeyIn } from "../signing-key-file.ts";
import { readTrust, TRUST_PLACE } from "../trust-file.ts";
import { writeNewFile } from "../write-files.ts";

const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

export const bundleBuildCommand: Command = {
  operands: [{ name: "PACK", summary: "a pack's YAML or JSON file; `-` for standard input" }],
  options: [
    { flags: "--label <label>", summary: "what the bundle is for", required: true, choices: LABELS },
    { flags: "--commit <id>", summary: "the whole id of the commit it is built from", required: true },
    { flags: "--sign-with <file>", summary: "the signing key, of `bundle keygen`", required: true },
    { flags: "--out <file>", summary: "where it is written; a file that exists is never replaced", required: true },
    { flags: "--dirty", summary: "the sources hold changes that are not committed: only a pr-preview may" },
    { flags: "--lock <file>", summary: "the program's `package-lock.json`, for the bill of materials" },
    {
      flags: "--policy <file...>",
      summary: "gate policies that have to say GO before the bundle comes to staging and prod",
    },
    {
      flags: "--lineage <file>",
      summary: "the candidate's final lineage, of `lineage show CANDIDATE --stage final --json`; a release needs it",
    },
    { flags: "--evidence <file...>", summary: "files that the lineage names, to go with the bundle" },
    {
      flags: "--compat <file>",
      summary: "JSON that says what state it reads: `state_version`, and `migrations` of `id` and `reversible`",
    },
    {
      flags: "--notes <file>",
      summary:
        "JSON that says what its notes tell: `limitations`, `policy_changes` by policy, `replaces`, `rolled_back`; a release needs it",
    },
    {
      flags: "--replaces <bundle>",
      summary: "the file of the bundle that it takes the place of, and goes back to; it has to be as it was signed",
    },
    { flags: "--trust <file>", summary: `for \`--replaces\`: ${TRUST_PLACE}` },
    { flags: "--builder <name>", summary: "who builds, as the manifest names it", default: "local" },
  ],
  examples: [
    `countermark bundle build shop.yaml --label pr-preview --commit ${COMMIT} --sign-with ci.pem --out shop.bundle`,
    `countermark bundle build shop.yaml --label release --commit ${COMMIT} --lock package-lock.json --lineage lineage.json --notes notes.json --sign-with release.pem --out r.bundle`,
  ],
  run: async (context, args) => {
    const policies = await policiesFrom(context, args.values("policy"));
    if (typeof policies === "number") return policies;
    const built = await buildFrom(context, args, policies);
    if (!built.ok) return reportRefusal(talkOf(context), built.refusal);
    const { manifest, text } = built.value;
    const file = args.value("out") ?? "";
    const written = await writeNewFile(context, file, { text, mode: 0o644 });
    if (!written.ok) return reportRefusal(talkOf(context), written.refusal);
    const { bundle_id, root_digest } = manifest;
    print(context, { bundle_id, root_digest, file }, (paint) => [
      `${paint.green("built")}  ${bundle_id}`,
      paint.dim(`       root sha256 ${root_digest}`),
    ]);
    return EXIT.done;
  },
};

async function buildFrom(
  context: Context,
  args: Arguments,
  policies: readonly PolicyReference[],
): Promise<Result<BuiltBundle>> {
  const pack = await packOf(context, args.operand("PACK"));
  if (!pack.ok) return pack;
  const key = await signingKeyIn(context, args.value("sign-with") ?? "");
  if (!key.ok) return key;
  const sbom = await sbomFrom(context, args.value("lock"));
  if (!sbom.ok) return sbom;
  const carried = await carriedFrom(context, args);
  if (!carried.ok) return carried;
  const commit = args.value("commit") ?? "";
  const label = LABELS.find((one) => one === args.value("label"));
  if (label === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit))
    return rejected({ code: "USAGE", message: `\`${commit}\` is no whole commit id` });
  const compat = await compatFrom(context, args.value("compat"));
  if (!compat.ok) return compat;
  const remarks = await remarksFrom(context, args, key.value);
  if (!remarks.ok) return remarks;
  return buildBundle({
    ...(remarks.value === null ? {} : { remarks: remarks.value }),
    ...(compat.value === null ? {} : { compat: compat.value }),
    pack: pack.value,
    label,
    source: { commit, dirty: args.flag("dirty") },
    builder: args.value("builder") ?? "",
    createdAt: context.host.clock.now(),
    policies,
    sbom: sbom.value,
    carried: carried.value,
    key: key.value,
  });
}

async function packOf(context: Context, path: string): Promise<Result<CompiledPack>> {
  const text = await readText(context, path);
  if (!text.ok) return text;
  const { compiled, errors } = checkPack(text.value);
  if (compiled !== null) return { ok: true, value: compiled };
  const first = errors[0];
  const message = `the pack does not compile: ${first?.message ?? ""} at \`${first?.path ?? "$"}\``;
  return rejected({ code: "CONFIG_NOT_COMPILED", message });
}

async function sbomFrom(context: Context, path: string | undefined): Promise<Result<string | null>> {
  if (path === undefined) return { ok: true, value: null };
  const text = await readBytes(context, path, { max: LOCK_BYTES_MAX });
  if (!text.ok) return text;
  return sbomOf(documentIn(Buffer.from(text.value).toString("utf8")));
}

async function carriedFrom(context: Context, args: Arguments): Promise<Result<CarriedEvidence>> {
  const path = args.value("lineage");
  const lineage = path === undefined ? null : await readText(context, path);
  if (lineage?.ok === false) return lineage;
  const evidence: { readonly name: string; readonly text: string }[] = [];
  for (const file of args.values("evidence")) {
    const text = await readText(context, file);
    if (!text.ok) return text;
    evidence.push({ name: basename(file), text: text.value });
  }
  return { ok: true, value: { lineage: lineage?.value ?? null, evidence } };
}

async function compatFrom(context: Context, path: string | undefined): Promise<Result<Compat | null>> {
  if (path === undefined) return { ok: true, value: null };
  const text = await readText(context, path);
  return text.ok ? readCompat(documentIn(text.value)) : text;
}

async function remarksFrom(context: Context, args: Arguments, key: SigningKey): Promise<Result<Remarks | null>> {
  const [notes, replaces] = [args.value("notes"), args.value("replaces")];
  if (notes === undefined && replaces === undefined) return { ok: true, value: null };
  if (notes === undefined) return rejected({ code: "USAGE", message: "`--replaces` goes with `--notes`" });
  const text = await readText(context, notes);
  if (!text.ok) return text;
  const replaced =
    replaces === undefined ? null : await replacedFrom(context, replaces, { trust: args.value("trust"), key });
  return replaced?.ok === false ? replaced : readRemarks(documentIn(text.value), replaced?.value ?? null);
}

async function replacedFrom(
  context: Context,
  path: string,
  { trust, key }: { readonly trust: string | undefined; readonly key: SigningKey },
): Promise<Result<Manifest>> {
  const bytes = await readBytes(context, path, { max: BUNDLE_BYTES_MAX });
  if (!bytes.ok) return bytes;
  const roster = await readTrust(context, trust);
  return roster.ok
    ? replacedManifest(bytes.value, { roster: roster.value, key, at: context.host.clock.now() })
    : roster;
}

async function policiesFrom(
  context: Context,
  paths: readonly string[],
): Promise<readonly PolicyReference[] | ExitCode> {
  const policies: PolicyReference[] = [];
  for (const path of paths) {
    const read = await readPolicy(context, path);
    if (typeof read === "number") return read;
    const { text, digest } = read.policy;
    policies.push({ id: text.id, version: text.version, digest });
  }
  return policies;
}

/** Lock files of large programs are larger than documents of ours may be. */
const LOCK_BYTES_MAX = 32 * 1_048_576;

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
