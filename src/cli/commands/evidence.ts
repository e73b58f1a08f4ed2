import { basename } from "node:path";
import { accepted, type Instant, isJsonObject, type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import {
  type Answer,
  type BypassList,
  type ChangeRecord,
  continuousValidation,
  executiveSummary,
  type MadeReport,
  type Maker,
  type ProtectionInput,
  policyReport,
  promotionReadiness,
  protectionReports,
  readAnswer,
  readCanonicalChecks,
  readinessVerified,
  readReleaseFolder,
  type SummaryInput,
} from "../../gate/index.ts";
import type { Arguments, Command, Context, Option } from "../command.ts";
import { readPolicy } from "../evaluation.ts";
import { readEvidence, readFolder } from "../evidence.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { jsonIn, readObject, readText } from "../files.ts";
import { AGO } from "../moment.ts";
import { type Paint, print } from "../output.ts";
import { readMaker, writeReports } from "../release-reports.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { VERSION } from "../version.ts";

export const AT: Option = { flags: "--at <time>", summary: "when the answers were had; now unless given", moment: AGO };
export const CONTEXT = {
  flags: "--context <file>",
  summary: "the release gate's `context.json`: the commit, the registry and the policy that the reports are about",
  required: true,
} as const;
export const OUT = {
  flags: "--out <folder>",
  summary: "where the reports are written, as the release gate reads them",
  required: true,
} as const;

export const evidenceImportCommand: Command = {
  operands: [
    { name: "KIND", summary: "branch-protection: GitHub's answers about rules, rulesets and protection" },
    { name: "FILE", summary: "an answer of GitHub's REST interface, as it came" },
  ],
  options: [
    { flags: "--with <file...>", summary: "more answers: what one does not show, another may" },
    { flags: "--repository <name>", summary: "such as acme/shop", required: true },
    { flags: "--branch <name...>", summary: "release branches; the default branch alone unless given" },
    { flags: "--default-branch <name>", summary: "the repository's default branch", default: "main" },
    {
      flags: "--checks <file>",
      summary: "`required_status_checks.json`: which checks are required, and whose jobs they are",
      required: true,
    },
    {
      flags: "--policy-document <file>",
      summary: "the document in which people read which checks are required",
      required: true,
    },
    {
      flags: "--workflows <folder>",
      summary: "the workflows of the repository, such as .github/workflows",
      required: true,
    },
    {
      flags: "--bypass <file>",
      summary: "who may go around the rules: JSON of `actors`, such as RepositoryRole:5, and `reviewed_at`",
    },
    CONTEXT,
    AT,
    OUT,
  ],
  examples: [
    "gh api repos/acme/shop/rules/branches/main > rules.json",
    "gh api repos/acme/shop/rulesets/42 > ruleset.json",
    "countermark evidence import branch-protection rules.json --with ruleset.json --repository acme/shop --checks required_status_checks.json --policy-document docs/branch-protection.md --workflows .github/workflows --bypass bypass.json --context evidence/context.json --out evidence",
  ],
  run: async (context, args) => {
    const kind = args.operand("KIND");
    if (kind !== "branch-protection")
      return reportRefusal(talkOf(context), {
        code: "USAGE",
        message: `\`${kind}\` is not imported: branch-protection is`,
      });
    const input = await protectionInput(context, args);
    if (!input.ok) return reportRefusal(talkOf(context), input.refusal);
    return written(context, args, protectionReports(input.value));
  },
};

const FOLDER = { name: "FOLDER", summary: "a release's evidence: `context.json` and `R01.json` and so on" } as const;

export const evidenceSummaryCommand: Command = {
  operands: [FOLDER],
  options: [AT, OUT],
  examples: ["countermark evidence summary evidence --out evidence"],
  run: (context, args) =>
    reported(context, args, (input) => (["R30", "R31"] as const).map((id) => executiveSummary(id, input))),
};

export const evidenceReadinessCommand: Command = {
  operands: [FOLDER],
  options: [
    {
      flags: "--approvals <count>",
      summary: "how many people approved it for prod; not known unless given",
      integer: { min: 0, max: 999 },
    },
    {
      flags: "--verify",
      summary: "make R19 instead: whether the R18 that is there is what comes of the other reports",
    },
    AT,
    OUT,
  ],
  examples: [
    "countermark evidence readiness evidence --approvals 2 --out evidence",
    "countermark evidence readiness evidence --verify --out evidence",
  ],
  run: (context, args) => {
    const approvals = args.integer("approvals") ?? null;
    const make = args.flag("verify") ? readinessVerified : promotionReadiness;
    return reported(context, args, (input) => [make({ ...input, approvals })]);
  },
};

export const evidenceValidateCommand: Command = {
  operands: [FOLDER],
  options: [AT, OUT],
  examples: [
    "countermark evidence validate evidence --out evidence",
    "countermark evidence validate evidence --out evidence --json | jq -r .governance_continuous_validation.issue.key",
  ],
  run: (context, args) => reported(context, args, (input) => [continuousValidation(input)]),
};

/** Makes reports of the reports in a folder. */
async function reported(
  context: Context,
  args: Arguments,
  make: (input: SummaryInput) => readonly MadeReport[],
): Promise<ExitCode> {
  const files = await readEvidence(context, [args.operand("FOLDER")]);
  if (!files.ok) return reportRefusal(talkOf(context), files.refusal);
  const at = instantIn(context, args);
  const documents = readReleaseFolder(files.value, at);
  if (!documents.ok) return reportRefusal(talkOf(context), documents.refusal);
  const reportId = () => context.host.ids.next();
  return written(context, args, make({ ...documents.value, at, reportId, toolVersion: VERSION }));
}

/** Reports are written before anything else is said of them; a failed one ends the command as a NO-GO does. */
export async function written(context: Context, args: Arguments, reports: readonly MadeReport[]): Promise<ExitCode> {
  await writeReports(context, args.value("out") ?? "", reports);
  const told: JsonObject = Object.fromEntries(reports.map(({ id, document }) => [id, document]));
  print(context, told, (paint) => reports.flatMap((report) => reportLines(report, paint)));
  if (reports.some(({ status }) => status === "failed")) return EXIT.noGo;
  return reports.some(({ status }) => status === "unverified") ? EXIT.noGoForEvidence : EXIT.done;
}

function reportLines({ id, status, document }: MadeReport, paint: Paint): readonly string[] {
  const tone = status === "passed" ? paint.green : status === "failed" ? paint.red : paint.yellow;
  const { failures, summary } = document;
  const open = isJsonObject(summary) && Array.isArray(summary.unverified) ? summary.unverified : [];
  return [
    `${tone(status)}  ${id} ${String(document.contract)}`,
    ...(Array.isArray(failures) ? failures.map((one) => `  ${String(one)}`) : []),
    ...open.map((fact) => `  ${String(fact)}: nothing that was read says`),
  ];
}

export const evidencePolicyCommand: Command = {
  operands: [{ name: "POLICY", summary: "the policy of releases as it is to be" }],
  options: [
    { flags: "--previous <file>", summary: "the policy that was merged before; none for the first" },
    {
      flags: "--change <file>",
      summary: "the change's record: JSON of `rationale`, and `expires_at` where something is relaxed",
    },
    CONTEXT,
    AT,
    OUT,
  ],
  examples: [
    "git show origin/main:policies/release-readiness.yaml > previous.yaml",
    "countermark evidence policy policies/release-readiness.yaml --previous previous.yaml --change change.json --context evidence/context.json --out evidence",
  ],
  run: async (context, args) => {
    const next = await readPolicy(context, args.operand("POLICY"));
    if (typeof next === "number") return next;
    const before = args.value("previous");
    const previous = before === undefined ? null : await readPolicy(context, before);
    if (typeof previous === "number") return previous;
    const record = await changeRecordIn(context, args.value("change"));
    if (!record.ok) return reportRefusal(talkOf(context), record.refusal);
    const maker = await makerOf(context, args);
    if (!maker.ok) return reportRefusal(talkOf(context), maker.refusal);
    const change = { next: next.policy, previous: previous?.policy ?? null, record: record.value };
    return written(context, args, [policyReport(maker.value, change)]);
  },
};

async function changeRecordIn(context: Context, path: string | undefined): Promise<Result<ChangeRecord | null>> {
  if (path === undefined) return accepted(null);
  const read = await readObject(context, path);
  if (!read.ok) return read;
  const { rationale, expires_at = null } = read.value;
  if (typeof rationale !== "string" || (expires_at !== null && typeof expires_at !== "string"))
    return rejected({
      code: "INVALID_INPUT",
      message: `\`${path}\` has to have \`rationale\`, and may have \`expires_at\``,
    });
  return accepted({ rationale, expiresAt: expires_at });
}

/** What reports say of the release, as `--context` has it. */
export async function makerOf(context: Context, args: Arguments): Promise<Result<Maker>> {
  const read = await readMaker(context, args.value("context") ?? "");
  return read.ok ? accepted({ ...read.value, at: instantIn(context, args) }) : read;
}

async function protectionInput(context: Context, args: Arguments): Promise<Result<ProtectionInput>> {
  const answers = await answersIn(context, [args.operand("FILE"), ...args.values("with")]);
  if (!answers.ok) return answers;
  const texts = await textsOf(context, [args.value("checks"), args.value("policy-document")]);
  if (!texts.ok) return texts;
  const [checks = "", policyDocument = ""] = texts.value;
  const canonical = readCanonicalChecks(checks);
  if (!canonical.ok) return canonical;
  const maker = await makerOf(context, args);
  if (!maker.ok) return maker;
  const workflows = await readFolder(context, args.value("workflows") ?? "", [".yml", ".yaml"]);
  if (!workflows.ok) return workflows;
  const bypass = await bypassIn(context, args.value("bypass"));
  if (!bypass.ok) return bypass;
  const defaultBranch = args.value("default-branch") ?? "main";
  const branches = args.values("branch").length === 0 ? [defaultBranch] : args.values("branch");
  if (branches.length > 1 && answers.value.some(({ kind }) => kind === "rules"))
    return rejected({
      code: "USAGE",
      message: "the rules of a branch do not say whose they are: give one --branch, or answers about rulesets",
    });
  return accepted({
    ...maker.value,
    repository: args.value("repository") ?? "",
    branches,
    defaultBranch,
    answers: answers.value,
    canonical: canonical.value,
    ground: { policyDocument, workflows: new Map(workflows.value.map(({ name, text }) => [name, text])) },
    bypass: bypass.value,
  });
}

async function answersIn(context: Context, paths: readonly string[]): Promise<Result<readonly Answer[]>> {
  const answers: Answer[] = [];
  for (const path of paths) {
    const text = await readText(context, path);
    if (!text.ok) return text;
    const parsed = jsonIn(text.value, `\`${path}\``);
    if (!parsed.ok) return parsed;
    const answer = readAnswer(parsed.value, `\`${basename(path)}\``);
    if (!answer.ok) return answer;
    answers.push(answer.value);
  }
  return accepted(answers);
}

async function textsOf(context: Context, paths: readonly (string | undefined)[]): Promise<Result<readonly string[]>> {
  const texts: string[] = [];
  for (const path of paths) {
    const text = await readText(context, path ?? "");
    if (!text.ok) return text;
    texts.push(text.value);
  }
  return accepted(texts);
}

async function bypassIn(context: Context, path: string | undefined): Promise<Result<BypassList>> {
  if (path === undefined) return accepted({ actors: [], reviewedAt: null });
  const read = await readObject(context, path);
  if (!read.ok) return read;
  const { actors, reviewed_at } = read.value;
  if (!Array.isArray(actors) || typeof reviewed_at !== "string")
    return rejected({ code: "INVALID_INPUT", message: `\`${path}\` has to have \`actors\` and \`reviewed_at\`` });
  return accepted({ actors: actors.map(String), reviewedAt: reviewed_at });
}

function instantIn({ host }: Context, args: Arguments): Instant {
  const now = host.clock.now();
  return args.moment("at", now) ?? now;
}
