import { askAndPrint, part } from "../answer.ts";
import type { Command, Option } from "../command.ts";
import { diagnosisLines } from "../diagnosis-lines.ts";
import { timelineLines } from "../timeline-lines.ts";
import { RUN } from "./run.ts";

const CATEGORIES = [
  "STEP",
  "WAIT",
  "APPROVAL",
  "EFFECT",
  "COMPENSATION",
  "HEARTBEAT",
  "LEASE",
  "TAKEOVER",
  "GRAPH",
] as const;

const FILTERS: readonly Option[] = [
  { flags: "--step <step>", summary: "only this step" },
  { flags: "--category <category>", summary: "only what is of this kind", choices: CATEGORIES },
  { flags: "--severity <severity>", summary: "only what is this severe", choices: ["INFO", "WARN", "ERROR"] },
  { flags: "--since <time>", summary: "only from this time on, as RFC 3339 writes it" },
  { flags: "--until <time>", summary: "only before this time" },
];

const NAMES = ["step", "category", "severity", "since", "until"] as const;

const EXAMPLE = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const runTimelineCommand: Command = {
  operands: [RUN],
  options: FILTERS,
  examples: [`countermark run timeline ${EXAMPLE}`, `countermark run timeline ${EXAMPLE} --category TAKEOVER`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.get(
          `/v1/runs/${part(args.operand("RUN"))}/timeline`,
          Object.fromEntries(NAMES.map((name) => [name, args.value(name)])),
        ),
      lines: timelineLines,
    }),
};

export const runDiagnoseCommand: Command = {
  operands: [RUN],
  examples: [`countermark run diagnose ${EXAMPLE}`, `countermark run diagnose ${EXAMPLE} --json | jq .diagnosis`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/runs/${part(args.operand("RUN"))}/diagnosis`),
      lines: (run, paint) => diagnosisLines(run, context.host.clock.now(), paint),
    }),
};
