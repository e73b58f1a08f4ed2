import { accepted, type Json, type JsonObject, problemOf, type Result } from "../../contracts/index.ts";
import { ENVIRONMENTS, HOLD_SCOPES } from "../../release/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Answer, Client } from "../client.ts";
import type { Command, Context } from "../command.ts";
import { listOf, numberOf, objectOf, textOf } from "../document.ts";
import { trackLines } from "../env-lines.ts";
import { jsonIn, readText } from "../files.ts";
import type { Paint } from "../output.ts";
import { REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";

export const ENVIRONMENT = { name: "ENVIRONMENT", summary: "dev, staging or prod" } as const;
const HOLD_ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const envShowCommand: Command = {
  operands: [{ ...ENVIRONMENT, optional: true }],
  examples: ["countermark env show", "countermark env show prod --json | jq -r '.environments[].bundle.bundle_id'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => environmentsIn(client, args.operand("ENVIRONMENT")),
      lines: (body, paint) => [
        ...trackLines(body, context.host.clock.now(), paint),
        ...listOf(body, "holds").map((hold) => holdLine(hold, paint)),
      ],
    }),
};

/** Every environment, or of them the one that is named. Refused with USAGE where there is none of that name. */
export async function environmentsIn(client: Client, name: string): Promise<Answer> {
  const answer = await client.get("/v1/environments");
  if (!answer.ok || name === "") return answer;
  const environments = listOf(answer.body, "environments").filter(({ environment }) => environment === name);
  if (environments.length > 0) return { ...answer, body: { ...answer.body, environments } };
  const message = `there is no environment \`${name}\`: there are ${ENVIRONMENTS.join(", ")}`;
  return { ok: false, problem: problemOf({ code: "USAGE", message }) };
}

const holdLine = (hold: JsonObject, paint: Paint): string =>
  `${paint.yellow("held")}  ${textOf(hold, "scope")}: ${textOf(hold, "reason")}  (${textOf(hold, "hold_id")}, by ${textOf(hold, "placed_by")})`;

export const envHistoryCommand: Command = {
  operands: [ENVIRONMENT],
  examples: ["countermark env history prod", "countermark env history prod --json | jq '.moves[].payload.reason'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => wholeHistory(client, `/v1/environments/${part(args.operand("ENVIRONMENT"))}/history`),
      lines: (body) => {
        const rows = listOf(body, "moves").map((move) => {
          const payload = objectOf(move, "payload");
          return [
            textOf(move, "seq"),
            textOf(move, "at"),
            textOf(move, "type"),
            textOf(payload, "bundle_id"),
            textOf(move, "actor"),
            payload.code === undefined
              ? textOf(payload, "reason")
              : `${textOf(payload, "code")}: ${textOf(payload, "message")}`,
            textOf(payload, "evaluation_id"),
          ];
        });
        return rows.length === 0 ? ["no moves"] : table(["seq", "at", "what", "bundle", "by", "why", "decision"], rows);
      },
    }),
};

async function wholeHistory(client: Client, path: string): Promise<Answer> {
  const moves: JsonObject[] = [];
  for (let after = 0; ; ) {
    const page = await client.get(path, { after: String(after), limit: "200" });
    if (!page.ok) return page;
    moves.push(...listOf(page.body, "moves"));
    const next = numberOf(page.body, "next");
    if (next === undefined) return { ...page, body: { moves, next: null } };
    after = next;
  }
}

export const envHealthCommand: Command = {
  operands: [ENVIRONMENT, { name: "HEALTH", summary: "good or bad; what is bad stays bad" }],
  options: [REASON],
  examples: ["countermark env health dev good --reason 'golden suite passed, a day without alerts'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.post(`/v1/environments/${part(args.operand("ENVIRONMENT"))}/health`, {
          health: args.operand("HEALTH"),
          reason: args.value("reason") ?? "",
        }),
      lines: (body) => [`${textOf(body, "bundle_id")} is ${textOf(body, "health")}`],
    }),
};

export const envHoldCommand: Command = {
  operands: [{ name: "SCOPE", summary: `${HOLD_SCOPES.slice(0, -1).join(", ")}; beta: what extensions apply` }],
  options: [REASON],
  examples: ["countermark env hold prod --reason 'peak season'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post("/v1/holds", { scope: args.operand("SCOPE"), reason: args.value("reason") ?? "" }),
      lines: (hold, paint) => [holdLine(hold, paint)],
    }),
};

export const envLiftCommand: Command = {
  operands: [{ name: "HOLD", summary: "a hold's id, as `env show` has it" }],
  options: [
    REASON,
    {
      flags: "--corrections <file>",
      summary:
        "of a hold that rests on a signoff: a JSON list of `gate_id`, `corrected_at`, `evidence`, one for each gate",
    },
  ],
  examples: [
    `countermark env lift ${HOLD_ID} --reason 'the season is over'`,
    `countermark env lift ${HOLD_ID} --reason 'mended, and GO since' --corrections corrections.json`,
  ],
  run: async (context, args) => {
    const corrections = await correctionsIn(context, args.value("corrections"));
    if (!corrections.ok) return reportRefusal(talkOf(context), corrections.refusal);
    const body = { reason: args.value("reason") ?? "", corrections: corrections.value };
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/holds/${part(args.operand("HOLD"))}/lift`, body),
      lines: (lifted) => [`lifted ${textOf(lifted, "hold_id")}`],
    });
  },
};

async function correctionsIn(context: Context, path: string | undefined): Promise<Result<Json>> {
  if (path === undefined) return accepted([]);
  const text = await readText(context, path);
  return text.ok ? jsonIn(text.value, `\`${path}\``) : text;
}
