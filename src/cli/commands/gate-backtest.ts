import { formatInstant, type Instant } from "../../contracts/index.ts";
import { type Decision, parseDecision } from "../../gate/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf } from "../document.ts";
import { POLICY, readPolicy } from "../evaluation.ts";
import { AGO } from "../moment.ts";
import type { Paint } from "../output.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

const MINUTES = { min: 1, max: 1_000_000 };

export const gateBacktestCommand: Command = {
  operands: [POLICY],
  options: [
    {
      flags: "--since <time>",
      summary: "the first instant to decide for, such as 2026-03-01T00:00:00Z, or 30d for thirty days ago",
      required: true,
      moment: AGO,
    },
    { flags: "--every <minutes>", summary: "minutes between decisions", default: "1440", integer: MINUTES },
    { flags: "--profile <name>", summary: "the policy's profile, where it has several" },
    { flags: "--pack <digest>", summary: "judge only what ran on this version of a pack" },
  ],
  examples: [
    "countermark gate backtest policies/production.yaml --since 30d",
    "countermark gate backtest policies/production.yaml --since 2026-03-01T00:00:00Z --every 60",
  ],
  run: async (context, args) => {
    const read = await readPolicy(context, args.operand("POLICY"));
    if (typeof read === "number") return read;
    const now = context.host.clock.now();
    const [profile = null, pack_digest = null] = ["profile", "pack"].map((name) => args.value(name) ?? null);
    const body = {
      policy: read.source,
      profile,
      pack_digest,
      since: formatInstant(args.moment("since", now) ?? now),
      every_seconds: (args.integer("every") ?? 1440) * 60,
    };
    return askAndPrint(context, {
      ask: (client) => client.post("/v1/gates/backtests", body),
      lines: (answer, paint) => backtestLines(decisionsIn(listOf(answer, "decisions")), paint, now),
    });
  },
};

const decisionsIn = (documents: ReturnType<typeof listOf>): readonly Decision[] =>
  documents.flatMap((document) => {
    const parsed = parseDecision(document);
    return parsed.ok ? [parsed.value] : [];
  });

/** A mark a decision, oldest first, then each change of the verdict with what brought it about. */
function backtestLines(decisions: readonly Decision[], paint: Paint, now: Instant): readonly string[] {
  const strip = decisions.map(({ verdict, cause }) =>
    verdict === "GO" ? paint.green("●") : cause === "failed" ? paint.red("×") : paint.yellow("○"),
  );
  const changes = decisions.filter((one, index) => one.verdict !== decisions[index - 1]?.verdict);
  const rows = changes.map(({ decided_at, verdict, blocked_by }) => [
    when(decided_at, now),
    verdict,
    blocked_by.join(", "),
  ]);
  const went = decisions.filter(({ verdict }) => verdict === "GO").length;
  return [
    strip.join(""),
    `${went} of ${decisions.length} decisions are GO  ${paint.dim("● GO  × something failed  ○ something is missing")}`,
    "",
    ...table(["from", "verdict", "blocked by"], rows),
  ];
}
