import { type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Arguments, Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { ENVIRONMENT } from "./env.ts";
import { BUNDLE_ID } from "./promote.ts";

export const envApproveCommand: Command = {
  operands: [ENVIRONMENT, { name: "BUNDLE", summary: "the id of a bundle that an environment before holds" }],
  options: [
    {
      flags: "--digest <root>",
      summary: "its root digest, as `bundle show` prints it: you approve what you looked at",
      required: true,
    },
    REASON,
  ],
  examples: [
    `countermark env approve prod ${BUNDLE_ID} --digest ${"0".repeat(64)} --reason 'looked at its runs in staging'`,
  ],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.post(`/v1/environments/${part(args.operand("ENVIRONMENT"))}/approvals`, {
          bundle_id: args.operand("BUNDLE"),
          root_digest: args.value("digest") ?? "",
          statement: args.value("reason") ?? "",
        }),
      lines: (approval) => [
        `${textOf(approval, "approver")} approves ${textOf(approval, "bundle_id")} for ${textOf(approval, "environment")} until ${textOf(approval, "expires_at")}`,
      ],
    }),
};

/** Seconds of the longest step. */
const DWELL_MAX = 2_592_000;

export const envSetCommand: Command = {
  operands: [ENVIRONMENT],
  options: [
    {
      flags: "--approvals <number>",
      summary: "people who have to approve a bundle before it comes in",
      integer: { min: 0, max: 10 },
    },
    {
      flags: "--soak <seconds>",
      summary: "how long the environment before has to have held it",
      integer: { min: 0, max: DWELL_MAX },
    },
    {
      flags: "--provenance <when>",
      summary: "say of every bundle which run built it (`promote --source`), or of those of which it is said",
      choices: ["required", "optional"],
    },
    {
      flags: "--canary <when>",
      summary: "try every bundle on a share of the new runs first, or those that are promoted so",
      choices: ["always", "asked"],
    },
    { flags: "--shares <percents>", summary: "steps of a canary, such as 5,25,100" },
    {
      flags: "--dwell <seconds>",
      summary: "the least time of each step; with --shares",
      default: "1800",
      integer: { min: 0, max: DWELL_MAX },
    },
    {
      flags: "--runs <number>",
      summary: "runs that have to have ended in each step; with --shares",
      default: "50",
      integer: { min: 0, max: 100_000 },
    },
  ],
  examples: [
    "countermark env set prod --approvals 2 --soak 86400 --canary always",
    "countermark env set prod --shares 5,25,100 --dwell 3600 --runs 200",
  ],
  run: (context, args) => {
    const settings = settingsIn(args);
    if (!settings.ok) return Promise.resolve(reportRefusal(talkOf(context), settings.refusal));
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/environments/${part(args.operand("ENVIRONMENT"))}/settings`, settings.value),
      lines: settingLines,
    });
  },
};

function settingsIn(args: Arguments): Result<JsonObject> {
  const [canary, provenance] = [args.value("canary"), args.value("provenance")];
  const shares = args.value("shares");
  if (shares !== undefined && !/^\d{1,3}(,\d{1,3})*$/.test(shares))
    return rejected({ code: "USAGE", message: "`--shares` are percents, such as 5,25,100" });
  const [approvals, soak] = [args.integer("approvals"), args.integer("soak")];
  const steps = shares?.split(",").map((share) => ({
    share_percent: Number(share),
    dwell_seconds: args.integer("dwell") ?? 0,
    runs_min: args.integer("runs") ?? 0,
  }));
  return {
    ok: true,
    value: {
      ...(approvals === undefined ? {} : { approvals }),
      ...(soak === undefined ? {} : { soak_seconds: soak }),
      ...(provenance === undefined ? {} : { provenance }),
      ...(canary === undefined ? {} : { canary }),
      ...(steps === undefined ? {} : { canary_steps: steps }),
    },
  };
}

const settingLines = (settings: JsonObject): readonly string[] => [
  `approvals  ${textOf(settings, "approvals")}`,
  `soak  ${textOf(settings, "soak_seconds")} s in the environment before`,
  `provenance  ${textOf(settings, "provenance")}`,
  `canary  ${textOf(settings, "canary")}`,
  ...listOf(settings, "canary_steps").map(
    (step) =>
      `  ${textOf(step, "share_percent")} % of new runs for ${textOf(step, "dwell_seconds")} s and ${textOf(step, "runs_min")} runs`,
  ),
];
