import type { JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { noteNext } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";
import { RUN } from "./run.ts";

export const runUpgradeCommand: Command = {
  operands: [{ ...RUN, optional: true }],
  options: [
    { flags: "--all", summary: "every open run that is on an older version of its pack" },
    { flags: "--dry-run", summary: "only prove whether it could be done" },
    { flags: "--after <run>", summary: "with --all: the page after the one that ended with this run", default: "" },
    { flags: "--limit <number>", summary: "with --all: runs of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: ["countermark run upgrade 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11", "countermark run upgrade --all --dry-run"],
  run: async (context, args) => {
    const [runId, dry_run] = [args.operand("RUN"), args.flag("dry-run")];
    if (args.flag("all") === (runId !== ""))
      return reportRefusal(talkOf(context), { code: "USAGE", message: "name one run, or say --all" });
    if (runId !== "")
      return askAndPrint(context, {
        ask: (client) => client.post(`/v1/runs/${part(runId)}/upgrade`, { dry_run }),
        lines: (upgrade) => upgradeLines([upgrade]),
        exit: ({ result }) => (result === "kept" ? EXIT.conflict : EXIT.done),
      });
    const page = { dry_run, after: args.value("after") ?? "", limit: args.integer("limit") ?? 50 };
    return askAndPrint(context, {
      ask: (client) => client.post("/v1/upgrades", page),
      lines: (body) => {
        noteNext(context, body, "--after");
        return upgradeLines(listOf(body, "runs"));
      },
    });
  },
};

/** Characters of a digest that tell two versions apart at a glance; `--json` has them whole. */
const DIGEST_SHOWN = 12;

function upgradeLines(upgrades: readonly JsonObject[]): readonly string[] {
  const rows = upgrades.map((upgrade) => [
    textOf(upgrade, "run_id"),
    textOf(upgrade, "result"),
    textOf(upgrade, "from").slice(0, DIGEST_SHOWN),
    textOf(upgrade, "to").slice(0, DIGEST_SHOWN),
    textOf(upgrade, "reason"),
  ]);
  return rows.length === 0
    ? ["no open run is on an older version"]
    : table(["run", "result", "from", "to", "why"], rows);
}
