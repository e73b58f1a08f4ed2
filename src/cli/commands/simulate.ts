import {
  FAULT_KINDS,
  type FaultKind,
  faultPlan,
  faultText,
  type Shrunk,
  type SimulationWorld,
  shrink,
  simulate,
} from "../../chaos/index.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { counted } from "../document.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { print } from "../output.ts";
import { progress } from "../progress.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { inSimulation } from "../simulation.ts";

/** A range of seeds as it is typed: `7`, or `1..100` with both ends in it. */
const SEEDS = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/;

const WORKERS = { min: 1, max: 16 };

export const simulateCommand: Command = {
  options: [
    { flags: "--seeds <a..b>", summary: "the seeds to play, both ends included", default: "1..20" },
    {
      flags: "--faults <kinds>",
      summary: `what goes wrong, of ${FAULT_KINDS.join(",")}; \`none\` for nothing`,
      default: FAULT_KINDS.join(","),
    },
    { flags: "--workers <n>", summary: "workers at a time", default: "3", integer: WORKERS },
  ],
  examples: [
    "countermark simulate --seeds 1..100",
    "countermark simulate --seeds 17 --faults crash,pause --workers 2 --json",
  ],
  run: runSimulate,
};

interface Plan {
  readonly first: number;
  readonly last: number;
  readonly kinds: readonly FaultKind[];
  readonly workers: number;
}

interface Played {
  readonly seed: number;
  readonly hash: string;
  readonly steps: number;
  readonly simulated_ms: number;
}

async function runSimulate(context: Context, args: Arguments): Promise<ExitCode> {
  const plan = planOf(args);
  if (typeof plan === "string") return reportRefusal(talkOf(context), { code: "USAGE", message: plan });
  return inSimulation(context, (world) => play(context, world, plan));
}

/** The plan, or what is wrong with the options. */
function planOf(args: Arguments): Plan | string {
  const [, from, to = from] = SEEDS.exec(args.value("seeds") ?? "") ?? [];
  const first = Number(from);
  const last = Number(to);
  if (from === undefined) return "`--seeds` is a number, or two with `..` between them, such as 1..100";
  if (last < first) return `\`--seeds\` ends before it begins; give ${last}..${first}`;
  const words = (args.value("faults") ?? "").split(",").filter((word) => word !== "" && word !== "none");
  const kinds = FAULT_KINDS.filter((kind) => words.includes(kind));
  const foreign = words.find((word) => !kinds.some((kind) => kind === word));
  if (foreign !== undefined) return `\`--faults\` knows no \`${foreign}\`: ${FAULT_KINDS.join(", ")}, or none`;
  return { first, last, kinds, workers: args.integer("workers") ?? 3 };
}

async function play(context: Context, world: SimulationWorld, plan: Plan): Promise<ExitCode> {
  const { clock } = context.host;
  const line = progress(context);
  const startedAt = clock.now();
  const played: Played[] = [];
  for (let seed = plan.first; seed <= plan.last && !context.interrupted.aborted; seed++) {
    line.show(
      `seed ${seed} of ${plan.first}..${plan.last}, ${perSecond(played.length, clock.now() - startedAt)} seeds/s`,
    );
    const script = { seed, faults: faultPlan(seed, plan.kinds), workers: plan.workers };
    const history = await simulate(world, script);
    if (history.violations.length > 0) {
      line.show(`seed ${seed} breaks a rule: looking for fewer faults that break one`);
      const failed = await shrink(world, { script, history });
      line.clear();
      return reportFailure(context, failed);
    }
    played.push({ seed, hash: history.hash, steps: history.steps, simulated_ms: history.ms });
  }
  line.clear();
  return reportSound(context, plan, played, clock.now() - startedAt);
}

const perSecond = (seeds: number, ms: number): number => (ms === 0 ? 0 : Math.round((seeds * 10_000) / ms) / 10);

function reportSound(context: Context, plan: Plan, played: readonly Played[], ms: number): ExitCode {
  const seconds = Math.round(ms / 100) / 10;
  const rate = perSecond(played.length, ms);
  const report = {
    sound: true,
    faults: plan.kinds,
    workers: plan.workers,
    seconds,
    seeds_per_second: rate,
    seeds: played,
  };
  print(context, report, (paint) => [
    ...played.map(
      ({ seed, hash, steps, simulated_ms }) => `${seed}  ${paint.dim(hash)}  ${steps} steps  ${simulated_ms} ms`,
    ),
    `${paint.green("sound")}: ${counted(played.length, "seed")} in ${seconds} s, ${rate} seeds/s`,
  ]);
  return context.interrupted.aborted ? EXIT.interrupted : EXIT.done;
}

function reportFailure(context: Context, { script, history }: Shrunk): ExitCode {
  const { seed, workers } = script;
  const faults = script.faults.map(faultText);
  const { violations, trail, hash } = history;
  print(context, { sound: false, seed, workers, hash, faults: script.faults, violations, trail }, (paint) => [
    `${paint.red("seed")} ${seed} breaks ${violations.map(({ rule }) => rule).join(", ")} with ${workers} workers and these faults:`,
    ...(faults.length === 0 ? ["  none"] : faults.map((fault) => `  ${fault}`)),
    ...violations.map(({ rule, message }) => `${rule}: ${message}`),
    paint.dim("the last that happened:"),
    ...trail.map((happened) => paint.dim(`  ${happened}`)),
  ]);
  return EXIT.notVerified;
}
