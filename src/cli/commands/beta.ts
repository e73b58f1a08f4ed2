import type { JsonObject } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { objectOf, textOf, textsOf } from "../document.ts";
import type { Paint } from "../output.ts";
import { REASON } from "../reason-option.ts";

export const betaShowCommand: Command = {
  examples: ["countermark beta show", "countermark beta show --json | jq -r '.signoff.report_sha256'"],
  run: (context) => askAndPrint(context, { ask: (client) => client.get("/v1/beta"), lines: standingLines }),
};

export const betaEnableCommand: Command = {
  operands: [
    { name: "REPORT", summary: "the `reportHash` of the last signoff: it has to say GO, of the last 24 hours" },
  ],
  examples: ["countermark beta enable $(countermark beta show --json | jq -r '.signoff.report_sha256')"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post("/v1/beta/enable", { report_sha256: args.operand("REPORT") }),
      lines: standingLines,
    }),
};

export const betaDisableCommand: Command = {
  options: [REASON],
  examples: ["countermark beta disable --reason 'support is not staffed this week'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post("/v1/beta/disable", { reason: args.value("reason") ?? "" }),
      lines: standingLines,
    }),
};

export const betaIncidentCommand: Command = {
  operands: [{ name: "KIND", summary: "policy_violation, failed_terminal or approval_bypass" }],
  options: [
    { flags: "--evidence <text>", summary: "where it is recorded, such as an event's id", required: true },
    { flags: "--fixture", summary: "it was provoked by a test, not seen in production" },
  ],
  examples: ["countermark beta incident policy_violation --evidence 'capability event 4711'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.post("/v1/beta/incidents", {
          kind: args.operand("KIND"),
          channel: args.flag("fixture") ? "controlled_fixture" : "prod_traffic",
          evidence: args.value("evidence") ?? "",
        }),
      lines: standingLines,
    }),
};

function standingLines(body: JsonObject, paint: Paint): readonly string[] {
  const [signoff, hold] = [objectOf(body, "signoff"), objectOf(body, "hold")];
  const basis = objectOf(hold, "basis");
  const isGo = signoff.verdict === "GO";
  return [
    body.enabled === true ? paint.green("the beta is on") : "the beta is off",
    ...(body.signoff === null
      ? ["no signoff of it was recorded: `countermark gate eval policies/dual-track-beta.yaml --record ...`"]
      : [
          `${(isGo ? paint.green : paint.red)(textOf(signoff, "verdict"))}  decided for ${textOf(signoff, "decided_at")}, holds until ${textOf(signoff, "valid_until")}`,
          paint.dim(`report ${textOf(signoff, "report_sha256")}`),
        ]),
    ...(body.preview_only === true
      ? [
          `${paint.yellow("held")}  extensions may preview and not apply: ${textOf(hold, "reason")}  (${textOf(hold, "hold_id")})`,
        ]
      : []),
    ...(basis.gates === undefined ? [] : [`  to be corrected: ${textsOf(basis, "gates").join(", ")}`]),
  ];
}
