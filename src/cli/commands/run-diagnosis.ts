import { formatInstant, type Instant, type JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Arguments, Command, Option } from "../command.ts";
import { diagnosisLines } from "../diagnosis-lines.ts";
import { listOf, objectOf, rawOf, visible } from "../document.ts";
import { AGO } from "../moment.ts";
import { timelineLines } from "../timeline-lines.ts";
import { writeFiles } from "../write-files.ts";
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
  {
    flags: "--since <time>",
    summary: "only from this time on: an instant, or such as 2h for two hours ago",
    moment: AGO,
  },
  { flags: "--until <time>", summary: "only before this time", moment: AGO },
];

function filterOf(args: Arguments, now: Instant) {
  const [step, category, severity] = ["step", "category", "severity"].map(args.value);
  const [since, until] = ["since", "until"].map((name) => {
    const moment = args.moment(name, now);
    return moment === undefined ? undefined : formatInstant(moment);
  });
  return { step, category, severity, since, until };
}

const EXAMPLE = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const runTimelineCommand: Command = {
  operands: [RUN],
  options: FILTERS,
  examples: [`countermark run timeline ${EXAMPLE}`, `countermark run timeline ${EXAMPLE} --category TAKEOVER`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.get(`/v1/runs/${part(args.operand("RUN"))}/timeline`, filterOf(args, context.host.clock.now())),
      lines: timelineLines,
    }),
};

export const runDiagnoseCommand: Command = {
  operands: [RUN],
  options: FILTERS,
  examples: [
    `countermark run diagnose ${EXAMPLE}`,
    `countermark run diagnose ${EXAMPLE} --step execute --json | jq .diagnosis`,
  ],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.get(`/v1/runs/${part(args.operand("RUN"))}/diagnosis`, filterOf(args, context.host.clock.now())),
      lines: (run, paint) => diagnosisLines(run, context.host.clock.now(), paint),
    }),
};

export const runReportCommand: Command = {
  operands: [RUN],
  options: [
    { flags: "--format <format>", summary: "a page, or data", default: "md", choices: ["md", "json"] },
    { flags: "--out <folder>", summary: "also write it there, with the documents that it was made from" },
  ],
  examples: [`countermark run report ${EXAMPLE}`, `countermark run report ${EXAMPLE} --out recovery`],
  run: (context, args) => {
    const folder = args.value("out");
    let page = "";
    return askAndPrint(context, {
      ask: async (client) => {
        const files = folder === undefined ? "false" : "true";
        const answer = await client.get(`/v1/runs/${part(args.operand("RUN"))}/recovery`, { files });
        if (!answer.ok) return answer;
        if (folder !== undefined) await writeFiles(context, folder, listOf(answer.body, "files").map(fileOf));
        page = rawOf(answer.body, "markdown") ?? "";
        return { ...answer, body: objectOf(answer.body, "report") };
      },
      lines: (report) =>
        args.value("format") === "json" ? [JSON.stringify(report, null, 2)] : page.trimEnd().split("\n").map(visible),
    });
  },
};

const fileOf = (file: JsonObject) => ({ path: rawOf(file, "path") ?? "", text: rawOf(file, "text") ?? "" });
