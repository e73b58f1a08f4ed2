import {
  ASSERTIONS,
  MATRIX,
  matrixResult,
  type Played,
  play,
  type ScenarioResult,
  type SoakCheckpoint,
  type SoakGate,
  soakFiles,
  soakGate,
  soakScenario,
} from "../../chaos/index.ts";
import { formatInstant } from "../../contracts/index.ts";
import type { Arguments, Command, Context, Option } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { print } from "../output.ts";
import { progress } from "../progress.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { inSimulation } from "../simulation.ts";
import { table } from "../table.ts";
import { writeFiles } from "../write-files.ts";

const CHOICE: readonly Option[] = [
  { flags: "--scenarios <ids>", summary: "their ids, with commas between them; all by default" },
  { flags: "--seed <n>", summary: "seed of every history", default: "1", integer: { min: 0, max: 2 ** 31 - 1 } },
];

const SOAK_TASK = "continuity-soak";

export const chaosListCommand: Command = {
  examples: ["countermark chaos list"],
  run: async (context) => {
    const scenarios = MATRIX.map((played) => ({
      scenario_id: played.id,
      title: played.title,
      risk_tags: played.riskTags,
      continuity_assertions: played.assertions,
      histories: "moments" in played ? played.moments : 1,
    }));
    print(context, { scenarios, assertions: ASSERTIONS }, () =>
      table(
        ["scenario", "risks", "histories", "what goes wrong"],
        scenarios.map((each) => [each.scenario_id, each.risk_tags.join(","), String(each.histories), each.title]),
      ),
    );
    return EXIT.done;
  },
};

export const chaosRunCommand: Command = {
  options: CHOICE,
  examples: ["countermark chaos run", "countermark chaos run --scenarios zombie-owner-write,DS-08 --seed 7 --json"],
  run: async (context, args) => {
    const chosen = chosenIn(args);
    if (typeof chosen === "string") return reportRefusal(talkOf(context), { code: "USAGE", message: chosen });
    const seed = args.integer("seed") ?? 1;
    const results: ScenarioResult[] = [];
    await inSimulation(context, async (world) => {
      for (const scenario of told(context, chosen)) results.push(await play(world, scenario, seed));
    });
    // Whoever chooses scenarios knows that they leave risks out.
    const matrix = matrixResult(seed, chosen, results);
    const passed = args.value("scenarios") === undefined ? matrix.passed : matrix.checks.scenario_expectations_passed;
    print(context, { ...matrix, passed }, (paint) => [
      ...table(
        ["scenario", "histories", "takeovers", "deaths", "refused", "result"],
        results.map(({ scenario_id, histories, tally, passed: sound }) => [
          scenario_id,
          String(histories),
          String(tally.takeovers),
          String(tally.deaths),
          String(tally.refused_writes),
          sound ? paint.green("passed") : paint.red("failed"),
        ]),
      ),
      ...results.flatMap(({ scenario_id, violations }) =>
        violations.map(({ rule, message }) => `${scenario_id}: ${rule}: ${message}`),
      ),
    ]);
    return passed ? EXIT.done : EXIT.notVerified;
  },
};

export const soakCommand: Command = {
  options: [
    ...CHOICE,
    { flags: "--iterations <n>", summary: "times", default: "3", integer: { min: 1, max: 10_000 } },
    { flags: "--out <folder>", summary: "also write assertions, checkpoints, gate and what was typed there" },
  ],
  examples: ["countermark soak", "countermark soak --iterations 50 --scenarios soak-rotation-chain --json"],
  run: async (context, args) => {
    const chosen = chosenIn(args);
    if (typeof chosen === "string") return reportRefusal(talkOf(context), { code: "USAGE", message: chosen });
    const seed = args.integer("seed") ?? 1;
    const iterations = args.integer("iterations") ?? 3;
    const played = await soak(context, chosen, { seed, iterations });
    const out = args.value("out");
    const ids = chosen.map(({ id }) => id).join(",");
    const command = `countermark soak --scenarios ${ids} --seed ${seed} --iterations ${iterations}`;
    if (out !== undefined) await writeFiles(context, out, soakFiles(played.checkpoints, { ...played, command }));
    return played.exit;
  },
};

async function soak(
  context: Context,
  chosen: readonly Played[],
  { seed, iterations }: { readonly seed: number; readonly iterations: number },
): Promise<{ readonly checkpoints: readonly SoakCheckpoint[]; readonly gate: SoakGate; readonly exit: ExitCode }> {
  const checkpoints: SoakCheckpoint[] = [];
  await inSimulation(context, async (world) => {
    for (let iteration = 1; iteration <= iterations; iteration++) {
      for (const scenario of told(context, chosen))
        checkpoints.push(await soakScenario(world, scenario, { seed, iteration }));
    }
  });
  const gate = soakGate(checkpoints, { taskId: SOAK_TASK, at: formatInstant(context.host.clock.now()) });
  print(context, { gate, checkpoints }, (paint) => [
    ...Object.entries(gate.criteria).map(
      ([check, { passed }]) => `${passed ? paint.green("passed") : paint.red("failed")}  ${check}`,
    ),
    `${gate.status}: ${checkpoints.length} checkpoints`,
  ]);
  return { checkpoints, gate, exit: gate.eligible ? EXIT.done : EXIT.notVerified };
}

/** The scenarios asked for, or what is wrong with the request. */
function chosenIn(args: Arguments): readonly Played[] | string {
  const wanted = args.value("scenarios")?.split(",") ?? MATRIX.map(({ id }) => id);
  const unknown = wanted.find((id) => !MATRIX.some((scenario) => scenario.id === id));
  if (unknown === undefined) return MATRIX.filter(({ id }) => wanted.includes(id));
  return `there is no scenario \`${unknown}\`; there are ${MATRIX.map(({ id }) => id).join(", ")}`;
}

/** Shows on a terminal which scenario is being played. */
function* told(context: Context, scenarios: readonly Played[]): Generator<Played> {
  const line = progress(context);
  for (const [index, scenario] of scenarios.entries()) {
    line.show(`${index + 1} of ${scenarios.length}: ${scenario.id}`);
    yield scenario;
  }
  line.clear();
}
