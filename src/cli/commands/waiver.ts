import { type JsonObject, parseSpan } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command, Operand } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { noteNext } from "../output.ts";
import { REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { waiverLines, waiversLines } from "../waiver-lines.ts";

export const WAIVER: Operand = { name: "WAIVER", summary: "a waiver's id, such as W-2026-0001" };

export const waiverListCommand: Command = {
  options: [
    {
      flags: "--state <state>",
      summary: "only those that stand so",
      choices: ["requested", "approved", "revoked", "expired"],
    },
    { flags: "--gate <id>", summary: "only those of this gate" },
    { flags: "--policy <id>", summary: "only those of this policy" },
    { flags: "--subject <name>", summary: "only those for decisions about this, such as a bundle's root digest" },
    { flags: "--expiring <time>", summary: "only what is not over yet and will be within so long, such as 48h or 7d" },
    { flags: "--before <waiver>", summary: "the page after the one that ended with this waiver" },
    { flags: "--limit <number>", summary: "waivers of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: [
    "countermark waiver list --state requested",
    "countermark waiver list --expiring 48h --json | jq -r '.waivers[].waiver_id'",
  ],
  run: async (context, args) => {
    const given = args.value("expiring");
    const spanMs = given === undefined ? null : parseSpan(given);
    if (spanMs === undefined)
      return reportRefusal(talkOf(context), { code: "USAGE", message: "`--expiring` takes a time such as 48h or 7d" });
    const [state, gate, policy, subject, before, limit] = ["state", "gate", "policy", "subject", "before", "limit"].map(
      args.value,
    );
    const expiring_seconds = spanMs === null ? undefined : String(Math.ceil(spanMs / 1000));
    const filter = { state, gate, policy, subject, expiring_seconds, before, limit };
    return askAndPrint(context, {
      ask: (client) => client.get("/v1/waivers", filter),
      lines: (body, paint) => {
        noteNext(context, body, "--before");
        return waiversLines(listOf(body, "waivers"), context.host.clock.now(), paint);
      },
    });
  },
};

export const waiverShowCommand: Command = {
  operands: [WAIVER],
  examples: ["countermark waiver show W-2026-0001", "countermark waiver show W-2026-0001 --json | jq .waiver"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/waivers/${part(args.operand("WAIVER"))}`),
      lines: (body, paint) => [
        ...waiverLines(body, context.host.clock.now(), paint),
        ...listOf(body, "actions").map((action) => paint.dim(actionLine(body, action))),
      ],
    }),
};

/** What an act takes besides the waiver. */
const TAKES: { readonly [act: string]: string } = { approve: "--sign-with FILE", revoke: "--reason TEXT" };

function actionLine(waiver: JsonObject, action: JsonObject): string {
  const act = textOf(action, "name");
  return action.allowed === true
    ? `  you may ${act} it: countermark waiver ${act} ${textOf(waiver, "waiver_id")} ${TAKES[act] ?? ""}`.trimEnd()
    : `  you may not ${act} it: ${textOf(action, "reason")}`;
}

export const waiverRevokeCommand: Command = {
  operands: [WAIVER],
  options: [REASON],
  examples: ["countermark waiver revoke W-2026-0001 --reason 'the runner was replaced'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.post(`/v1/waivers/${part(args.operand("WAIVER"))}/revoke`, { reason: args.value("reason") ?? "" }),
      lines: (body) => [`${textOf(body, "waiver_id")} is ${textOf(body, "state")}: no decision uses it any more`],
    }),
};
