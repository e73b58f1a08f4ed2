import type { JsonObject, Result } from "../../contracts/index.ts";
import { BUNDLE_BYTES_MAX, ENVIRONMENTS } from "../../release/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command, Context } from "../command.ts";
import { listOf, objectOf, textOf } from "../document.ts";
import { exitCodeOf } from "../exit-by-code.ts";
import { EXIT } from "../exit-code.ts";
import { readBytes, readObject, readText } from "../files.ts";
import type { Paint } from "../output.ts";
import { OPTIONAL_REASON } from "../reason-option.ts";
import { reportRefusal, talkOf } from "../report.ts";

export const BUNDLE_ID = "release-20260130-120000-3f1d2c4b-0a1b2c3d4e5f";

export const promoteCommand: Command = {
  operands: [{ name: "BUNDLE", summary: "a bundle's file, or the id of one that was promoted before" }],
  options: [
    { flags: "--to <environment>", summary: "where it goes", required: true, choices: ENVIRONMENTS },
    { flags: "--canary", summary: "try it on a share of the new runs first; it goes on, or back, by itself" },
    { flags: "--canary-policy <file>", summary: "the gate policy that judges it then, in place of ours" },
    { flags: "--source <file>", summary: "which run built it: `release_bundle_promotion_source.json` of its pipeline" },
  ],
  examples: [
    "countermark promote shop.bundle --to dev",
    `countermark promote ${BUNDLE_ID} --to staging`,
    `countermark promote ${BUNDLE_ID} --to prod --canary`,
  ],
  run: async (context, args) => {
    const bundle = await bundleOf(context, args.operand("BUNDLE"));
    if (!bundle.ok) return reportRefusal(talkOf(context), bundle.refusal);
    const policy = args.value("canary-policy");
    const text = policy === undefined ? null : await readText(context, policy);
    if (text !== null && !text.ok) return reportRefusal(talkOf(context), text.refusal);
    const source = await sourceOf(context, args.value("source"));
    if (!source.ok) return reportRefusal(talkOf(context), source.refusal);
    const asked = {
      ...bundle.value,
      source: source.value,
      canary: args.flag("canary"),
      ...(text === null ? {} : { canary_policy: text.value }),
    };
    return askAndPrint(context, {
      ask: (client) => client.post(`/v1/environments/${part(args.value("to") ?? "")}/promote`, asked),
      lines: moveLines,
    });
  },
};

export const rollbackCommand: Command = {
  operands: [{ name: "ENVIRONMENT", summary: "dev, staging or prod" }],
  options: [
    OPTIONAL_REASON,
    {
      flags: "--judge",
      summary: "move nothing: judge the last rollback again by what ran since, and end its hold where it is complete",
    },
    { flags: "--incident <reference>", summary: "what happened, as it is known elsewhere" },
    { flags: "--to <bundle>", summary: "the id of another bundle that did well there, not the last" },
  ],
  examples: [
    "countermark rollback prod --reason 'refunds fail since the last release'",
    `countermark rollback prod --to ${BUNDLE_ID} --reason 'the one before is no better'`,
    "countermark rollback prod --judge",
  ],
  run: async (context, args) => {
    const reason = args.value("reason");
    const isJudged = args.flag("judge");
    const isMeant = isJudged ? MOVING.every((name) => args.value(name) === undefined) : reason !== undefined;
    if (!isMeant) return reportRefusal(talkOf(context), { code: "USAGE", message: "give --reason, or --judge alone" });
    const path = `/v1/environments/${part(args.operand("ENVIRONMENT"))}/rollback`;
    const asked = {
      reason: reason ?? "",
      bundle_id: args.value("to") ?? null,
      incident_ref: args.value("incident") ?? null,
    };
    return askAndPrint(context, {
      ask: (client) => (isJudged ? client.post(`${path}/judge`, {}) : client.post(path, asked)),
      lines: (move, paint) => [...(isJudged ? [] : moveLines(move, paint)), backLine(objectOf(move, "report"), paint)],
      exit: (move) => (objectOf(move, "report").status === "passed" ? EXIT.done : exitCodeOf("ROLLBACK_INCOMPLETE")),
    });
  },
};

/** Options that say something of a move. */
const MOVING = ["reason", "to", "incident"] as const;

const backLine = (report: JsonObject, paint: Paint): string => {
  const said = `gate ${textOf(report, "gate_decision")}, what ran on it ${textOf(objectOf(report, "canary"), "status")}`;
  return report.status === "passed"
    ? `${paint.green("passed")}: ${said}`
    : `${paint.red("incomplete")}: ${said}; the environment is held, see countermark env show`;
};

const moveLines = (move: JsonObject, paint: Paint): readonly string[] => [
  `${paint.green(textOf(move, "environment"))} holds ${textOf(move, "bundle_id")}`,
  paint.dim(`before: ${textOf(move, "previous_bundle_id")}; move ${textOf(move, "seq")} of its stream`),
  paint.dim(
    move.rollback_target === null
      ? "a rollback has nowhere to go: nothing did well there before"
      : `a rollback goes to ${textOf(move, "rollback_target")}`,
  ),
  ...(move.warning === null ? [] : [`${paint.yellow("warning")}  ${textOf(move, "warning")}`]),
  ...listOf(objectOf(move, "canary"), "steps")
    .slice(0, 1)
    .map((step) => `tried on ${textOf(step, "share_percent")} % of new runs: see countermark canary show`),
];

const sourceOf = async (context: Context, path: string | undefined): Promise<Result<JsonObject | null>> =>
  path === undefined ? { ok: true, value: null } : readObject(context, path);

/** What is no file is taken for an id; the server knows whether it is one. */
async function bundleOf(context: Context, given: string): Promise<Result<JsonObject>> {
  const bytes = await readBytes(context, given, { max: BUNDLE_BYTES_MAX });
  if (bytes.ok) return { ok: true, value: { bundle: new TextDecoder().decode(bytes.value) } };
  return bytes.refusal.code === "FILE_NOT_FOUND" ? { ok: true, value: { bundle_id: given } } : bytes;
}
