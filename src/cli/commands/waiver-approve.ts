import {
  codeEntry,
  formatInstant,
  isCode,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { entryOf } from "../../gate/index.ts";
import { type Envelope, type SigningKey, signApproval, termsOf } from "../../release/index.ts";
import { part, printAnswer } from "../answer.ts";
import { type Answer, type Client, withClient } from "../client.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { listOf, numberOf, rawOf, textOf, textsOf } from "../document.ts";
import { note, type Paint, paintOf } from "../output.ts";
import { confirm } from "../prompt.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { signingKeyIn } from "../signing-key-file.ts";
import { waiverLines } from "../waiver-lines.ts";
import { WAIVER } from "./waiver.ts";

export const waiverApproveCommand: Command = {
  operands: [WAIVER],
  options: [
    {
      flags: "--sign-with <file>",
      summary: "your signing key, of `bundle keygen --role approver`; it never leaves this machine",
      required: true,
    },
    { flags: "--as <role>", summary: "the role that you approve in; one that is missing, unless told" },
    { flags: "--terms <sha256>", summary: "sign only if these are the terms, such as those that the console showed" },
    { flags: "--yes", summary: "do not ask; what is signed is still shown" },
  ],
  examples: [
    "countermark waiver approve W-2026-0001 --sign-with ann.pem",
    "countermark waiver approve W-2026-0001 --sign-with olga.pem --as release_owner --yes",
  ],
  run: async (context, args) => {
    const key = await signingKeyIn(context, args.value("sign-with") ?? "");
    if (!key.ok) return reportRefusal(talkOf(context), key.refusal);
    const answer = await withClient(context, "owner", (client) => approve(context, args, client, key.value));
    if (!answer.ok) return reportRefusal(talkOf(context), answer.refusal);
    return answer.value.ok
      ? printAnswer(context, answer.value, { lines: approvedLines })
      : reportRefusal(talkOf(context), answer.value.refusal);
  },
};

/** Shows a waiver, asks, signs exactly what was shown, and sends what was signed. */
async function approve(context: Context, args: Arguments, client: Client, key: SigningKey): Promise<Result<Answer>> {
  const path = `/v1/waivers/${part(args.operand("WAIVER"))}`;
  const [shown, me] = [await client.get(path), await client.get("/v1/me")];
  if (!shown.ok) return { ok: true, value: shown };
  if (!me.ok) return { ok: true, value: me };
  for (const line of waiverLines(shown.body, context.host.clock.now(), paintOf(context))) note(context, line);
  const bar = barOf(shown.body) ?? otherTerms(shown.body, args.value("terms"));
  if (bar !== null) return rejected(bar);
  if (!args.flag("yes") && !(await confirm(context, "sign exactly this?")))
    return rejected({
      code: "USAGE",
      message: "not confirmed: nothing was signed; answer `y` at a terminal, or give --yes",
    });
  const approver = rawOf(me.body, "principal_id") ?? "";
  const envelope = signed(context, shown.body, { approver, role: args.value("as"), key });
  return envelope.ok
    ? {
        ok: true,
        value: await client.post(`${path}/approve`, {
          envelope: { ...envelope.value, signatures: [...envelope.value.signatures] },
        }),
      }
    : envelope;
}

/** Why the reader may not approve it, as the API says; null when they may. */
function barOf(waiver: JsonObject): Refusal | null {
  const action = listOf(waiver, "actions").find((one) => rawOf(one, "name") === "approve");
  if (action === undefined || action.allowed === true) return null;
  const code = rawOf(action, "code");
  const known = code !== undefined && isCode(code) ? code : "WAIVER_APPROVER_INVALID";
  return { code: known, message: rawOf(action, "reason") ?? codeEntry(known).meaning };
}

/** Whoever looked elsewhere says what they saw: a waiver of other terms is not the one that they mean to approve. */
const otherTerms = (waiver: JsonObject, terms: string | undefined): Refusal | null =>
  terms === undefined || textOf(waiver, "terms_sha256") === terms
    ? null
    : {
        code: "WAIVER_STATEMENT_INVALID",
        message: `its terms are ${textOf(waiver, "terms_sha256")}, not those of \`--terms\`: look at it again`,
      };

interface Signer {
  readonly approver: string;
  readonly role: string | undefined;
  readonly key: SigningKey;
}

function signed(context: Context, waiver: JsonObject, { approver, role, key }: Signer): Result<Envelope> {
  const terms = waiver.waiver;
  const read = entryOf({ ...(typeof terms === "object" ? terms : {}), approvals: [] }, 0);
  if (!read.ok)
    return rejected({
      code: "WAIVER_STATEMENT_INVALID",
      message: "the server's waiver is not one that this program knows",
    });
  const [first = ""] = textsOf(waiver, "approves_as");
  const approved_at = formatInstant(context.host.clock.now());
  return {
    ok: true,
    value: signApproval({ waiver: termsOf(read.waiver), approver, role: role ?? first, approved_at }, key),
  };
}

function approvedLines(waiver: JsonObject, paint: Paint): readonly string[] {
  const id = textOf(waiver, "waiver_id");
  if (textOf(waiver, "state") === "approved")
    return [
      `${paint.green("in force")}  ${id}: evaluate again, and decisions use it until ${textOf(waiver, "expires_at")}`,
    ];
  const roles = textsOf(waiver, "roles_missing");
  const count = `${listOf(waiver, "approvals").length} of ${numberOf(waiver, "approvals_needed") ?? "?"}`;
  return [
    `${paint.yellow("approved")}  ${id}: ${count}${roles.length === 0 ? "" : `, none as ${roles.join(", ")} yet`}`,
  ];
}
