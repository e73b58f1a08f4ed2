import { accepted, formatInstant, type JsonObject, type Result } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { textOf } from "../document.ts";
import { readText } from "../files.ts";
import { AHEAD } from "../moment.ts";
import { note } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { waiverLines } from "../waiver-lines.ts";

const EVALUATION = "0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11";

export const waiverRequestCommand: Command = {
  options: [
    {
      flags: "--evaluation <id>",
      summary:
        "the recorded NO-GO because of which you ask, by id or digest: it brings policy, subject and measured value",
    },
    { flags: "--policy <file>", summary: "the policy itself, where nothing was evaluated yet; `-` for standard input" },
    { flags: "--gate <id>", summary: "the one row of the decision that is to be waived, exactly", required: true },
    { flags: "--reason <text>", summary: "why it may be missed, in 20 to 500 characters", required: true },
    { flags: "--issue <ref>", summary: "where the work that ends the exception is tracked", required: true },
    { flags: "--owner <name>", summary: "who does that work", required: true },
    {
      flags: "--due <time>",
      summary: "until when: an instant, or such as 7d from now; no later than it ends",
      required: true,
      moment: AHEAD,
    },
    {
      flags: "--expires <time>",
      summary: "when the waiver ends: an instant, or such as 14d from now; the policy says how long one may hold",
      required: true,
      moment: AHEAD,
    },
    {
      flags: "--environment <name...>",
      summary: "where it is for: staging and prod have to be named, and the policy asks more approvals for them",
      required: true,
    },
    { flags: "--branch <name...>", summary: "branches that it is for, where decisions name one" },
    { flags: "--commit <id...>", summary: "only these commits, where decisions name one" },
    { flags: "--profile <name...>", summary: "profiles of the policy that it is for; the evaluation's unless told" },
    { flags: "--subject <name>", summary: "without an evaluation: what decisions are about, such as a root digest" },
    { flags: "--measured <value>", summary: "without an evaluation: the value that is to be borne, such as 9/10" },
  ],
  examples: [
    `countermark waiver request --evaluation ${EVALUATION} --gate trend --environment dev --expires 7d --due 5d --issue '#17' --owner ann --reason 'one flaky runner, replaced on Monday'`,
  ],
  run: async (context, args) => {
    const body = await bodyFrom(context, args);
    if (!body.ok) return reportRefusal(talkOf(context), body.refusal);
    return askAndPrint(context, {
      ask: (client) => client.post("/v1/waivers", body.value),
      lines: (made, paint) => {
        note(
          context,
          `nothing is waived yet; it is approved with \`countermark waiver approve ${textOf(made, "waiver_id")}\``,
        );
        return waiverLines(made, context.host.clock.now(), paint);
      },
    });
  },
};

async function bodyFrom(context: Context, args: Arguments): Promise<Result<JsonObject>> {
  const now = context.host.clock.now();
  const [due = now, expires = now] = ["due", "expires"].map((name) => args.moment(name, now));
  const file = args.value("policy");
  const policy = file === undefined ? accepted(null) : await readText(context, file);
  if (!policy.ok) return policy;
  const [evaluation = null, subject = null, measured_value = null] = ["evaluation", "subject", "measured"].map(
    (name) => args.value(name) ?? null,
  );
  return accepted({
    evaluation,
    policy: policy.value,
    gate: args.value("gate") ?? "",
    subject,
    measured_value,
    reason: args.value("reason") ?? "",
    remediation: { issue_ref: args.value("issue") ?? "", owner: args.value("owner") ?? "", due_at: formatInstant(due) },
    scope: scopeOf(args),
    expires_at: formatInstant(expires),
  });
}

/** Members that are not given are left to the server, which knows the evaluation. */
const scopeOf = (args: Arguments): JsonObject =>
  Object.fromEntries(
    [
      ["environments", args.values("environment")] as const,
      ["branches", args.values("branch")] as const,
      ["commits", args.values("commit")] as const,
      ["profiles", args.values("profile")] as const,
    ]
      .filter(([, names]) => names.length > 0)
      .map(([member, names]) => [member, [...names]]),
  );
