import type { Instant, JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { noteNext } from "../output.ts";
import { REASON } from "../reason-option.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

const ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";
const LETTER = { name: "LETTER", summary: "a dead letter's id" } as const;
const STATES = ["PENDING_REVIEW", "REQUEUED", "DISCARDED", "RESOLVED"];

export const deadLetterListCommand: Command = {
  options: [
    { flags: "--state <state>", summary: "only letters in this state", choices: STATES, default: "PENDING_REVIEW" },
    { flags: "--after <letter>", summary: "the page after the one that ended with this letter" },
    { flags: "--limit <number>", summary: "letters of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: ["countermark deadletter list", "countermark deadletter list --state REQUEUED"],
  run: (context, args) => {
    const [state, after, limit] = ["state", "after", "limit"].map(args.value);
    return askAndPrint(context, {
      ask: (client) => client.get("/v1/dead-letters", { state, after, limit }),
      lines: (body) => {
        noteNext(context, body, "--after");
        return letterLines(listOf(body, "dead_letters"), context.host.clock.now());
      },
    });
  },
};

export const deadLetterShowCommand: Command = {
  operands: [LETTER],
  examples: [`countermark deadletter show ${ID}`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.get(`/v1/dead-letters/${part(args.operand("LETTER"))}`),
      lines: (letter) => [
        ...letterLines([letter], context.host.clock.now()),
        `  reviewed  ${textOf(letter, "reviewed_by")} ${textOf(letter, "review_reason")} ${textOf(letter, "requeued_as")}`.trimEnd(),
        `  original  ${JSON.stringify(letter.original ?? null)}`,
      ],
    }),
};

const reviewing = (act: "requeue" | "discard" | "resolve", why: string): Command => ({
  operands: [LETTER],
  options: [REASON],
  examples: [`countermark deadletter ${act} ${ID} --reason '${why}'`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        client.post(`/v1/dead-letters/${part(args.operand("LETTER"))}/${act}`, { reason: args.value("reason") ?? "" }),
      lines: (letter) => letterLines([letter], context.host.clock.now()),
    }),
});

export const deadLetterRequeueCommand = reviewing("requeue", "the supplier is back");
export const deadLetterDiscardCommand = reviewing("discard", "a test order");
export const deadLetterResolveCommand = reviewing("resolve", "refunded by hand");

function letterLines(letters: readonly JsonObject[], now: Instant): readonly string[] {
  const rows = letters.map((letter) => [
    textOf(letter, "dead_letter_id"),
    textOf(letter, "kind"),
    textOf(letter, "reason_code"),
    textOf(letter, "run_id"),
    textOf(letter, "step_id"),
    textOf(letter, "attempts"),
    textOf(letter, "state"),
    textOf(letter, "requeued_as"),
    when(textOf(letter, "created_at"), now),
  ]);
  const head = ["letter", "kind", "code", "run", "step", "attempts", "state", "goes on as", "since"];
  return rows.length === 0 ? ["no dead letters"] : table(head, rows);
}

export const needsPersonCommand: Command = {
  examples: ["countermark needs-person", "countermark needs-person --json | jq '.needs | length'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/needs-person"),
      lines: (body) => {
        const rows = listOf(body, "needs").map((need) => [
          textOf(need, "what"),
          textOf(need, "code"),
          textOf(need, "run_id"),
          textOf(need, "step_id"),
          when(textOf(need, "since"), context.host.clock.now()),
          nextStep(need),
        ]);
        return rows.length === 0
          ? ["nothing waits for a person"]
          : table(["what", "code", "run", "step", "since", "next"], rows);
      },
    }),
};

/** What to type about it. */
function nextStep(need: JsonObject): string {
  if (textOf(need, "what") === "dead_letter") return `countermark deadletter show ${textOf(need, "id")}`;
  if (textOf(need, "what") === "unknown_effect") return `countermark run resolve ${textOf(need, "id")}`;
  return "look it up at the provider";
}
