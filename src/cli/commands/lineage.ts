import {
  diff,
  findNode,
  impact,
  type Lineage,
  type LineageNode,
  lineageEvents,
  lineageSvg,
  readinessLineage,
  STAGES,
  verifyLineage,
  why,
} from "../../release/index.ts";
import type { Command, Context } from "../command.ts";
import { visible } from "../document.ts";
import { askedFor, EVALUATION_OPTIONS, POLICY } from "../evaluation.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readText } from "../files.ts";
import { diffLines, lineageLines, partLines } from "../lineage-lines.ts";
import { LINEAGE_PLACES, lineageOf, traced } from "../lineage-source.ts";
import { print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { writeFiles, writeText } from "../write-files.ts";

const BUNDLE = { name: "BUNDLE", summary: LINEAGE_PLACES } as const;
const ID = "candidate-20260130-120000-3f1d2c4b-0a1b2c3d4e5f";

export const lineageShowCommand: Command = {
  operands: [BUNDLE],
  options: [
    {
      flags: "--stage <stage>",
      summary: "before the decision, with it, or with what was deployed; as far as the bundle came unless told",
      choices: STAGES,
    },
    { flags: "--svg <file>", summary: "draw it: a picture that any browser shows" },
    { flags: "--openlineage", summary: "print it as OpenLineage run events, one a line" },
  ],
  examples: [
    "countermark lineage show shop.bundle",
    "countermark lineage show shop.bundle --svg lineage.svg",
    `countermark lineage show ${ID} --stage final --json > lineage.json`,
    `countermark lineage show ${ID} --openlineage | jq -r .eventType`,
  ],
  run: async (context, args) => {
    const stage = STAGES.find((one) => one === args.value("stage")) ?? null;
    const lineage = await lineageOf(context, args.operand("BUNDLE"), stage);
    if (typeof lineage === "number") return lineage;
    const svg = args.value("svg");
    if (svg !== undefined) await writeText(context, svg, lineageSvg(lineage));
    if (args.flag("openlineage"))
      for (const event of lineageEvents(lineage)) context.stdout.write(`${JSON.stringify(event)}\n`);
    else print(context, lineage, (paint) => lineageLines(lineage, paint));
    return exitOf(lineage);
  },
};

const exitOf = ({ status }: Pick<Lineage, "status">): ExitCode => (status === "passed" ? EXIT.done : EXIT.noGo);

export const lineageVerifyCommand: Command = {
  operands: [{ name: "FILE", summary: "a lineage's file; `-` for standard input" }],
  examples: [
    "countermark lineage verify lineage.json",
    "countermark lineage verify R32.json --json > R32-contract.json",
  ],
  run: async (context, args) => {
    const text = await readText(context, args.operand("FILE"));
    if (!text.ok) return reportRefusal(talkOf(context), text.refusal);
    const { report, refusal } = verifyLineage(text.value);
    if (report === null) return reportRefusal(talkOf(context), refusal);
    if (refusal === null || context.config.json)
      print(context, report, (paint) => [
        `${paint.green("verified")}  ${report.summary.passed} of ${report.summary.total} rules hold`,
        paint.dim(report.report_id),
      ]);
    if (refusal === null) return EXIT.done;
    return context.config.json ? EXIT.noGo : reportRefusal(talkOf(context), refusal);
  },
};

export const lineageWhyCommand: Command = {
  operands: [{ name: "DECISION", summary: "a recorded evaluation's id, or its decision's digest" }],
  examples: [
    "countermark lineage why 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11",
    "countermark lineage why 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 --json | jq '.nodes[].id'",
  ],
  run: async (context, args) => {
    const lineage = await traced(context, { decision: args.operand("DECISION") });
    if (typeof lineage === "number") return lineage;
    const decision = lineage.lineage.nodes.find(({ kind }) => kind === "gate");
    return decision === undefined
      ? absent(context, args.operand("DECISION"))
      : printPart(context, why(lineage, decision.id));
  },
};

export const lineageImpactCommand: Command = {
  operands: [{ name: "ARTIFACT", summary: "a node's id, or a digest that it has" }],
  options: [{ flags: "--of <bundle>", summary: `in the lineage of which bundle: ${LINEAGE_PLACES}`, required: true }],
  examples: [
    `countermark lineage impact input.policy.slo --of ${ID}`,
    `countermark lineage impact ${"9f".repeat(32)} --of shop.bundle`,
  ],
  run: async (context, args) => {
    const lineage = await lineageOf(context, args.value("of") ?? "", null);
    if (typeof lineage === "number") return lineage;
    const node: LineageNode | undefined = findNode(lineage, args.operand("ARTIFACT"));
    return node === undefined
      ? absent(context, args.operand("ARTIFACT"))
      : printPart(context, impact(lineage, node.id));
  },
};

function printPart(context: Context, part: ReturnType<typeof why>): ExitCode {
  print(context, part, (paint) => partLines(part, paint));
  return EXIT.done;
}

const absent = (context: Context, named: string): ExitCode =>
  reportRefusal(talkOf(context), {
    code: "LINEAGE_NODE_NOT_FOUND",
    message: `nothing in the lineage is \`${visible(named)}\``,
  });

export const lineageDiffCommand: Command = {
  operands: [
    { name: "BEFORE", summary: LINEAGE_PLACES },
    { name: "AFTER", summary: LINEAGE_PLACES },
  ],
  options: [{ flags: "--stage <stage>", summary: "of both, where they are traced", choices: STAGES }],
  examples: [
    "countermark lineage diff shop-1.bundle shop-2.bundle",
    "countermark lineage diff old.json new.json --json",
  ],
  run: async (context, args) => {
    const stage = STAGES.find((one) => one === args.value("stage")) ?? null;
    const before = await lineageOf(context, args.operand("BEFORE"), stage);
    if (typeof before === "number") return before;
    const after = await lineageOf(context, args.operand("AFTER"), stage);
    if (typeof after === "number") return after;
    const found = diff(before, after);
    print(context, found, (paint) => diffLines(found, paint));
    return EXIT.done;
  },
};

export const lineageBuildCommand: Command = {
  operands: [POLICY],
  options: [
    ...EVALUATION_OPTIONS.filter(({ flags }) => /^--(?:evidence|at|profile) /.test(flags)),
    { flags: "--out <folder>", summary: "where to write `R32.json` and `R32-contract.json`", required: true },
  ],
  examples: [
    "countermark lineage build policies/release-readiness.yaml --profile strict --evidence evidence/release --at 2026-07-20T09:00:00Z --out evidence/release",
  ],
  run: async (context, args) => {
    const asked = await askedFor(context, args);
    if (typeof asked === "number") return asked;
    const { policy, profile, files, decidedAt: at } = asked.input;
    const { lineage, report } = readinessLineage({ policy, profile, files, at });
    const json = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
    await writeFiles(context, args.value("out") ?? "", [
      { path: "R32.json", text: json(lineage) },
      { path: "R32-contract.json", text: json(report) },
    ]);
    print(context, lineage, (paint) =>
      lineageLines(lineage, paint)
        .filter((_, index) => index === 0)
        .concat(failedLines(lineage)),
    );
    return exitOf(lineage);
  },
};

const failedLines = ({ completeness_checks }: Lineage): readonly string[] =>
  completeness_checks.filter(({ passed }) => !passed).map(({ check_id, detail }) => `${check_id}  ${visible(detail)}`);
