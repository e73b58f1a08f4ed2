import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, objectOf, textOf } from "../document.ts";
import { canaryLines } from "../env-lines.ts";
import { EXIT } from "../exit-code.ts";
import type { Paint } from "../output.ts";
import { ENVIRONMENT, environmentsIn } from "./env.ts";

export const canaryShowCommand: Command = {
  operands: [{ ...ENVIRONMENT, optional: true }],
  examples: ["countermark canary show", "countermark canary show prod --json | jq '.environments[].canary'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => environmentsIn(client, args.operand("ENVIRONMENT")),
      lines: (body, paint) => {
        const now = context.host.clock.now();
        const lines = listOf(body, "environments").flatMap((each) => {
          const canary = objectOf(each, "canary");
          const tried = canaryLines(canary, now, paint);
          return tried.length === 0 ? [] : [`${textOf(each, "environment")}  ${textOf(canary, "bundle_id")}`, ...tried];
        });
        return lines.length === 0 ? ["no canary runs"] : lines;
      },
    }),
};

export const canaryLookCommand: Command = {
  operands: [ENVIRONMENT],
  examples: ["countermark canary look prod", "countermark canary look prod --json | jq -r .end"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post(`/v1/environments/${part(args.operand("ENVIRONMENT"))}/canary/look`, {}),
      lines: (look, paint) => [saidOf(look.end, paint, textOf(look, "why")), ...whereOf(look)],
      exit: (look) => (look.end === "abort" ? EXIT.noGo : EXIT.done),
    }),
};

function saidOf(end: unknown, paint: Paint, why: string): string {
  switch (end) {
    case "advance":
      return paint.green("goes on to the next share");
    case "pass":
      return paint.green("passed: every new run starts on it, and it is well");
    case "abort":
      return `${paint.red("aborted")}: ${why}`;
    case "stall":
      return `${paint.yellow("held")}: ${why}`;
    default:
      return `waits: ${why}`;
  }
}

const whereOf = (look: Parameters<typeof textOf>[0]): readonly string[] => [
  `${textOf(look, "environment")} holds ${textOf(look, "holds")}${look.share_percent === null ? "" : `, ${textOf(look, "share_percent")} % of new runs`}`,
  `decision ${textOf(look, "decision_sha256")}`,
];
