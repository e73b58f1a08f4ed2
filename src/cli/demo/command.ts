import { ALERT_KINDS, ALERTS } from "../../observe/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { playDemo } from "./play.ts";
import type { ReleaseReport } from "./releases.ts";
import type { DemoReport } from "./report.ts";

const ORDERS = { min: 4, max: 1_000 };

export const demoCommand: Command = {
  options: [
    {
      flags: "--once",
      summary: "play the fixed scenario on a fresh database, verify it, print what became of it and end",
    },
    { flags: "--orders <n>", summary: "paid orders in the scenario", default: "25", integer: ORDERS },
    {
      flags: "--seed <n>",
      summary: "seed of amounts, buyers and the providers' ids",
      default: "1",
      integer: { min: 0, max: 2 ** 31 - 1 },
    },
    { flags: "--json", summary: "the report as JSON" },
  ],
  examples: ["countermark demo --once", "countermark demo --once --json --orders 100 --seed 7"],
  run: demo,
};

async function demo(context: Context, args: Arguments): Promise<ExitCode> {
  const report = await playDemo({
    host: context.host,
    seed: args.integer("seed") ?? 1,
    orders: args.integer("orders") ?? 25,
    server: null,
    tell: (what) => void context.stderr.write(`  ${what}\n`),
  });
  context.stdout.write(args.flag("json") ? `${JSON.stringify(report, null, 2)}\n` : pictured(report));
  const isProved = report.ledger.verified && report.replay.identical === report.replay.runs;
  return isProved && report.release?.packet.identical !== false ? EXIT.done : EXIT.notVerified;
}

/** The report for people: what happened, in the words of the shop. */
export function pictured(report: DemoReport): string {
  const { runs, webhooks, effects, approvals, refused, alerts, ledger, replay, release } = report;
  const byOutcome = count(
    runs.map(({ workflow, status, code }) => `${workflow}  ${status}${code === null ? "" : `  ${code}`}`),
  );
  const lines = [
    "",
    "runs",
    ...byOutcome.map(([what, times]) => `  ${String(times).padStart(4)}  ${what}`),
    "at the providers",
    `  ${effects.charges} charges, ${effects.refunds} refunds, ${effects.fulfillments} fulfilments, ${effects.emails} e-mails`,
    "webhooks",
    `  ${webhooks.accepted} accepted, ${webhooks.duplicate} duplicates, ${webhooks.rejected} rejected`,
    "approvals",
    `  ${approvals.approved} approved, ${approvals.denied} denied, ${approvals.expired} expired, ${approvals.voided} voided`,
    "refused",
    ...Object.entries(refused).map(([code, times]) => `  ${String(times).padStart(4)}  ${code}`),
    "alerts",
    ...ALERT_KINDS.flatMap((kind) =>
      alerts[kind] === undefined
        ? []
        : [`  ${String(alerts[kind]).padStart(4)}  ${ALERTS[kind].severity}  ${ALERTS[kind].says}`],
    ),
    "proof",
    `  ${ledger.events} events in ${ledger.streams} streams ${ledger.verified ? "verified" : "DO NOT VERIFY"}`,
    `  ${replay.identical} of ${replay.runs} runs replayed identically`,
    ...(release === undefined ? [] : releaseLines(release)),
    "",
  ];
  return `${lines.join("\n")}${report.seconds} s, seed ${report.seed}\n`;
}

/** What became of each version, in the order of what happened to it. */
function releaseLines({
  bundle,
  preview,
  promoted,
  blocked,
  rolled_back,
  canaries,
  packet,
}: ReleaseReport): readonly string[] {
  const versions = preview.map(({ version, cases, passed }) => {
    const came = promoted.filter((one) => one.version === version).map(({ environment }) => environment);
    const stopped = blocked.find((one) => one.version === version);
    const caught = canaries.find((one) => one.version === version && one.end === "abort");
    const end =
      stopped !== undefined
        ? `stopped before ${stopped.environment}: ${stopped.reason}`
        : caught !== undefined
          ? `caught on ${caught.tried} of ${caught.tried + caught.others} orders (${caught.why}), rolled back by itself`
          : "stays in production";
    return `  ${version}  ${passed} of ${cases} golden runs  ${came.join(" > ")}  ${end}`;
  });
  return [
    "releases",
    ...versions,
    ...rolled_back.map(({ environment, to }) => `  ${environment} holds ${to} again`),
    `  the last decision about ${bundle.version}, made again from its packet: ${packet.identical ? "the same, byte for byte" : "NOT THE SAME"}`,
  ];
}

function count(items: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
