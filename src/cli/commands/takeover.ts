import { hostname } from "node:os";
import { accepted, type JsonObject, type Result } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { listed, listOf, objectOf, rawOf, textOf, textsOf } from "../document.ts";
import { OBJECT_PLACES, readObject } from "../files.ts";
import { OPTIONAL_REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { RUN } from "./run.ts";

const ID = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const takeoverCommand: Command = {
  operands: [RUN],
  options: [
    { flags: "--force", summary: "take it whatever its holder does; its holder can write nothing from then on" },
    { flags: "--veto", summary: "leave it to its holder for as long as nothing changes about that" },
    OPTIONAL_REASON,
    { flags: "--epoch <number>", summary: "only from the holder of this epoch", integer: { min: 0, max: 1e15 } },
    { flags: "--to <thread>", summary: "who holds it by token from then on; without, the next worker goes on with it" },
    {
      flags: "--among <threads>",
      summary: "of these, commas between them, who lives and has the lowest name, as with --to",
    },
    { flags: "--host <name>", summary: "with --to: the machine of that; this one unless said" },
    { flags: "--pid <number>", summary: "with --to: its process", integer: { min: 1, max: 2 ** 31 - 1 } },
    {
      flags: "--ttl <seconds>",
      summary: "with --to or --among: how long its lease lasts",
      integer: { min: 1, max: 86_400 },
    },
    { flags: "--handoff <json>", summary: `the package to apply, ${OBJECT_PLACES}; else what the holder left` },
  ],
  examples: [
    `countermark takeover ${ID}`,
    `countermark takeover ${ID} --force --reason 'its machine is unreachable'`,
    `countermark takeover ${ID} --veto --reason 'it is being debugged'`,
    `countermark takeover ${ID} --force --to agent-2 --handoff package.json`,
    `countermark takeover ${ID} --among agent-2,agent-3,agent-4`,
  ],
  run: async (context, args) => {
    const [force, veto] = [args.flag("force"), args.flag("veto")];
    if (force && veto)
      return reportRefusal(
        talkOf(context),
        { code: "USAGE", message: "a run is forced from its holder or left to it" },
        "say --force or --veto",
      );
    const alone = ALONE.find(([name, ...company]) => isGiven(args, name) && !company.some((one) => isGiven(args, one)));
    if (alone !== undefined) {
      const [name, ...company] = alone.map((one) => `--${one}`);
      return reportRefusal(
        talkOf(context),
        { code: "USAGE", message: `\`${name}\` says something of a successor, and none is named` },
        `say ${company.join(" or ")}, or leave ${name} out`,
      );
    }
    const handoff = await handoffOf(context, args);
    if (!handoff.ok) return reportRefusal(talkOf(context), handoff.refusal);
    const epoch = args.integer("epoch");
    const body = {
      reason: args.value("reason") ?? "",
      ...(force ? { override: "force" } : {}),
      ...(veto ? { override: "veto" } : {}),
      ...(epoch === undefined ? {} : { epoch }),
      ...successorOf(context, args),
      ...handoff.value,
    };
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/runs/${part(args.operand("RUN"))}/takeover`, body),
      lines: outcomeLines,
    });
  },
};

/** Options that say more of a successor, each with those that name one. */
const ALONE = [
  ["host", "to"],
  ["pid", "to"],
  ["ttl", "to", "among"],
] as const;

const isGiven = (args: Arguments, name: string): boolean =>
  (name === "pid" || name === "ttl" ? args.integer(name) : args.value(name)) !== undefined;

async function handoffOf(context: Context, args: Arguments): Promise<Result<JsonObject>> {
  const given = args.value("handoff");
  if (given === undefined) return accepted({});
  const read = await readObject(context, given);
  return read.ok ? accepted({ handoff: read.value }) : read;
}

function successorOf(context: Context, args: Arguments): JsonObject {
  const [thread_id, among, ttl_seconds] = [args.value("to"), args.value("among"), args.integer("ttl")];
  const ttl = ttl_seconds === undefined ? {} : { ttl_seconds };
  const candidates = among === undefined ? {} : { candidates: { thread_ids: among.split(","), ...ttl } };
  if (thread_id === undefined) return candidates;
  const successor = { thread_id, host_id: args.value("host") ?? hostname(), pid: args.integer("pid") ?? context.pid };
  return { ...candidates, successor: { ...successor, ...ttl } };
}

function outcomeLines(outcome: JsonObject): readonly string[] {
  const why = `${textOf(outcome, "decision_reason_code")} (heartbeat ${textOf(outcome, "heartbeat_status")}, lease ${textOf(outcome, "lease_reason_code")})`;
  if (rawOf(outcome, "decision_reason_code") === "RUN_NOT_ACTIVE")
    return [`left as it is, for nobody has to drive it now: ${why}`];
  if (rawOf(outcome, "action") !== "TAKEOVER") return [`left to its holder: ${why}`];
  const taken = objectOf(outcome, "takeover");
  const leases = listOf(outcome, "leases");
  const warnings = textsOf(outcome, "warnings").map((warning) => `  ${warning}`);
  return [
    `taken over: ${why}`,
    `  steps adopted: ${listed(taken, "adopted_step_ids")}; lost: ${listed(taken, "failed_step_ids")}`,
    outcome.handoff_applied === true
      ? `  handoff applied: goes on at ${textOf(outcome, "handoff_resume_step_id")}${warnings.join("")}`
      : "  handoff not applied: the run waits for a person",
    ...(leases.length === 0 ? [] : [`  \`${textOf(outcome, "successor_thread_id")}\` holds it:`]),
    ...leases.map(leaseLine),
    ...(leases.length === 0 && outcome.handoff_applied === true ? ["  the next worker goes on with it"] : []),
  ];
}

/** The token is shown this once. */
const leaseLine = (lease: JsonObject): string =>
  `  lease ${textOf(lease, "lane")}/${textOf(lease, "step_id")}  epoch ${textOf(lease, "epoch")}  until ${textOf(lease, "expiry")}  token ${textOf(lease, "lease_token")}`;
