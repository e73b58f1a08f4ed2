import type { JsonObject, Result } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Answer, Client } from "../client.ts";
import type { Arguments, Command, Context, Option } from "../command.ts";
import { numberOf } from "../document.ts";
import type { ExitCode } from "../exit-code.ts";
import { OBJECT_PLACES, readObject } from "../files.ts";
import { exitOfRun, followRun } from "../follow.ts";
import { REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { runLine } from "../run-lines.ts";
import { WAIT_OPTION, waitMsOf } from "../wait-option.ts";
import { RUN } from "./run.ts";

/* What a person does to a run: it is told, and the command stays to see what comes of it. */

const ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

const LANE: Option = {
  flags: "--lane <id>",
  summary: "which of its parallel paths is meant, where more than one could be",
};

export const runCancelCommand: Command = {
  operands: [RUN],
  options: [REASON, WAIT_OPTION],
  examples: [`countermark run cancel ${ID} --reason 'ordered twice'`],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) =>
        tell({ client, context }, args, { verb: "cancel", body: { reason: args.value("reason") ?? "" } }),
      lines: (run, paint) => [runLine(run, paint)],
    }),
};

export const runSignalCommand: Command = {
  operands: [RUN, { name: "EVENT", summary: "the event's type, as its workflow waits for it" }],
  options: [
    { flags: "--payload <json>", summary: `what came with it, ${OBJECT_PLACES}`, default: "{}" },
    { flags: "--entity <id>", summary: "what it is about, where the run waits for the event of one entity" },
    WAIT_OPTION,
  ],
  examples: [
    `countermark run signal ${ID} parcel.sent --entity shop_ord_17`,
    `countermark run signal ${ID} parcel.sent --payload '{"tracking":"1Z999"}'`,
  ],
  run: async (context, args) => {
    const payload = await readObject(context, args.value("payload") ?? "");
    const body = { event_type: args.operand("EVENT"), ...named({ entity_id: args.value("entity") }) };
    return act(context, args, { verb: "signal", body: withPart(body, "payload", payload) });
  },
};

export const runResumeCommand: Command = {
  operands: [RUN],
  options: [
    { flags: "--payload <json>", summary: `what the waiting step gives its run, ${OBJECT_PLACES}`, default: "{}" },
    LANE,
    WAIT_OPTION,
  ],
  examples: [`countermark run resume ${ID}`, `countermark run resume ${ID} --payload '{"checked_by":"ada"}'`],
  run: async (context, args) => {
    const payload = await readObject(context, args.value("payload") ?? "");
    const body = named({ lane: args.value("lane") });
    return act(context, args, { verb: "resume", body: withPart(body, "payload", payload) });
  },
};

export const runResolveCommand: Command = {
  operands: [RUN],
  options: [
    {
      flags: "--applied <answer>",
      summary:
        "look it up at the provider first: `yes`, it happened; `no`, it did not, and the step fails or is tried again",
      required: true,
      choices: ["yes", "no"],
    },
    { flags: "--output <json>", summary: `with \`yes\`: what the step would have given, ${OBJECT_PLACES}` },
    LANE,
    WAIT_OPTION,
  ],
  examples: [
    `countermark run resolve ${ID} --applied yes --output '{"id":"L-1"}'`,
    `countermark run resolve ${ID} --applied no`,
  ],
  run: async (context, args) => {
    const applied = args.value("applied") === "yes";
    const given = args.value("output");
    if (!applied && given !== undefined)
      return reportRefusal(
        talkOf(context),
        { code: "USAGE", message: "what did not happen has no output" },
        "leave --output out, or say --applied yes",
      );
    const output = await readObject(context, given ?? "{}");
    const body = { applied, ...named({ lane: args.value("lane") }) };
    return act(context, args, { verb: "resolve", body: withPart(body, "output", output) });
  },
};

/** Members that were given. */
const named = (members: { readonly [name: string]: string | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

const withPart = (body: JsonObject, name: string, read: Result<JsonObject>): Result<JsonObject> =>
  read.ok ? { ok: true, value: { ...body, [name]: read.value } } : read;

interface Act {
  readonly verb: "cancel" | "signal" | "resume" | "resolve";
  readonly body: JsonObject;
}

/** Tells a run and prints what came of it; the run's state is the exit code. */
async function act(
  context: Context,
  args: Arguments,
  { verb, body }: Pick<Act, "verb"> & { readonly body: Result<JsonObject> },
): Promise<ExitCode> {
  if (!body.ok) return reportRefusal(talkOf(context), body.refusal);
  return askAndPrint(context, {
    ask: (client) => tell({ client, context }, args, { verb, body: body.value }),
    lines: (run, paint) => [runLine(run, paint)],
    exit: exitOfRun,
  });
}

/** The run as it stands after the wait, in the place of how it was when it was told. */
async function tell(
  at: { readonly client: Client; readonly context: Context },
  args: Arguments,
  { verb, body }: Act,
): Promise<Answer> {
  const runId = args.operand("RUN");
  const told = await at.client.post(`/v1/runs/${part(runId)}/${verb}`, body);
  if (!told.ok || waitMsOf(args) === 0) return told;
  const beyond = numberOf(told.body, "events") ?? 0;
  return followRun(at, { runId, beyond, waitMs: waitMsOf(args) });
}
