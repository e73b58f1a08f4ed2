import { inputsOf, overdueAt, unitsOf } from "../../release/index.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { reportFindings } from "../findings.ts";
import { type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { PACK_FOLDER, type PackSuite, readPackSuite } from "../suite/pack-suite.ts";
import { columns } from "../table.ts";

export const suiteListCommand: Command = {
  operands: [PACK_FOLDER],
  examples: [
    "countermark suite list examples/hello",
    "countermark suite list examples/hello --json | jq '.cases[].id'",
  ],
  run: async (context, args) => {
    const read = await readPackSuite(context, args.operand("PACK"));
    if (!read.ok) return reportRefusal(talkOf(context), read.refusal);
    const { suite } = read.value;
    if (suite === null) return reportFindings(context, read.value.findings);
    const { settings, cases, registry } = suite;
    const open = registry.quarantined.filter(({ status }) => status === "QUARANTINED" || status === "FIXING");
    const listed = cases.map((one) => ({
      id: one.id,
      name: one.name,
      tier: one.tier,
      tags: one.tags,
      workflow: one.workflow,
      runs: one.runs,
      inputs: inputsOf(one),
      quarantined: open.some(({ test_id }) => test_id === one.id),
    }));
    print(context, { ...settings, cases: listed, quarantined: open }, (paint) => [
      ...columns(cases.map((one) => [one.tier, one.id, `${unitsOf(one)} inputs`, one.name])),
      ...open.map(
        ({ test_id, owner, sla_expires_at }) =>
          `${paint.yellow("quarantined")}  ${test_id}: ${owner}, until ${sla_expires_at}`,
      ),
    ]);
    return EXIT.done;
  },
};

export const suiteLintCommand: Command = {
  operands: [PACK_FOLDER],
  examples: ["countermark suite lint examples/hello"],
  run: async (context, args) => {
    const read = await readPackSuite(context, args.operand("PACK"));
    if (!read.ok) return reportRefusal(talkOf(context), read.refusal);
    const { suite, findings } = read.value;
    if (suite === null && !context.config.json) return reportFindings(context, read.value.findings);
    const overdue = suite === null ? [] : overdueAt(suite, context.host.clock.now());
    print(context, { ok: suite !== null && overdue.length === 0, findings, overdue }, (paint) =>
      passed(read.value, paint),
    );
    for (const { test_id, owner, sla_expires_at } of overdue)
      reportRefusal(talkOf(context), {
        code: "QUARANTINE_OVERDUE",
        message: `${owner} was to mend \`${test_id}\` by ${sla_expires_at}`,
      });
    return suite === null ? EXIT.misuse : overdue.length > 0 ? EXIT.conflict : EXIT.done;
  },
};

const passed = ({ suite, pack: { pack } }: PackSuite, paint: Paint): readonly string[] => [
  `${paint.green("ok")}  ${pack.id} ${pack.version}  ${suite?.cases.length ?? 0} golden cases`,
];
