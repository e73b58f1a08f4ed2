import { z } from "zod";
import { type Code, readShapedText, type ShapedText, type TextError, type TextKind } from "../../contracts/index.ts";
import type { AgentStep, CompiledPack, StepDefinition, WaitStep } from "../../run/index.ts";
import { type GoldenCase, inputsOf, parseGoldenCase, type Tier } from "./golden-case.ts";
import { NO_QUARANTINE, parseQuarantine, type QuarantineRegistry } from "./quarantine.ts";

/** A file of a pack's folder `golden`. */
export interface SuiteFile {
  /** Such as `gift-paid.yaml`. */
  readonly name: string;
  readonly text: string;
}

/** What holds for all cases of a pack. */
export type SuiteSettings = z.infer<typeof SETTINGS>;

const SETTINGS = z
  .strictObject({
    /** Who looks after cases that begin to flake. */
    owner: z.string().min(1),
    /** What the pack's tools reach: `answers` that each case gives, or the `shop` of simulated providers. */
    world: z.enum(["answers", "shop"]).default("answers"),
    /** Of the policy `golden-suite`: `p0-only` where the suite has no other cases. */
    profile: z.enum(["whole", "p0-only"]).default("whole"),
    /** Where the graphs of AGENT steps are: a module that Node can load, from the pack's folder, and what models are told of tools. */
    graphs: z
      .record(
        z.string(),
        z
          .strictObject({
            module: z.string().min(1),
            export: z.string().min(1).default("graph"),
            describe: z.record(z.string(), z.string()).default({}),
          })
          .readonly(),
      )
      .readonly()
      .default({}),
  })
  .readonly();

const SETTINGS_TEXT: TextKind<SuiteSettings> = {
  name: "the suite's settings",
  shape: SETTINGS,
  codes: { syntax: "SUITE_SYNTAX", unknown: "SUITE_FIELD_UNKNOWN", invalid: "SUITE_INVALID" },
  union: "is none of the forms that stand here",
  between: () => [],
};

/** The golden cases of a pack, their settings and their quarantine. */
export interface Suite {
  readonly settings: SuiteSettings;
  /** By id. */
  readonly cases: readonly GoldenCase[];
  readonly registry: QuarantineRegistry;
}

/** What is wrong with a suite, and in which file. */
export interface SuiteFinding {
  readonly file: string;
  readonly level: "error" | "warning";
  readonly code: Code;
  readonly path: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export interface ReadSuite {
  /** Null where a file is in error. */
  readonly suite: Suite | null;
  readonly findings: readonly SuiteFinding[];
}

const SETTINGS_FILE = "suite.yaml";
export const QUARANTINE_FILE = "quarantine.yaml";

/** Reads a suite for its pack: every file, what lies between them, and what the pack must have. Pure. */
export function readSuite(files: readonly SuiteFile[], pack: CompiledPack): ReadSuite {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const settings = readShapedText(textOf(sorted, SETTINGS_FILE) ?? "{}", SETTINGS_TEXT);
  const read = sorted
    .filter(({ name }) => name !== SETTINGS_FILE && name !== QUARANTINE_FILE)
    .map(({ name, text }) => ({ name, read: parseGoldenCase(name.replace(/\.ya?ml$/, ""), text) }));
  const cases = read.flatMap((one) => (one.read.ok ? [one.read.value] : []));
  const source = textOf(sorted, QUARANTINE_FILE);
  const registry: ShapedText<QuarantineRegistry> =
    source === undefined ? { ok: true, value: NO_QUARANTINE } : parseQuarantine(source, cases);
  const errors = [
    ...findingsIn(SETTINGS_FILE, settings),
    ...read.flatMap((one) => findingsIn(one.name, one.read)),
    ...findingsIn(QUARANTINE_FILE, registry),
    ...cases.flatMap((one) => nameFindings(one, pack)),
    ...(settings.ok ? graphFindings(settings.value, cases, pack) : []),
    ...(read.length === 0 ? [finding(SETTINGS_FILE, "SUITE_EMPTY", "the folder `golden` has no cases")] : []),
  ];
  if (errors.length > 0 || !settings.ok || !registry.ok) return { suite: null, findings: errors };
  const suite = { settings: settings.value, cases, registry: registry.value };
  const unreachable = reachFindings(suite);
  return { suite: unreachable.length > 0 ? null : suite, findings: unreachable };
}

const textOf = (files: readonly SuiteFile[], wanted: string): string | undefined =>
  files.find(({ name }) => name === wanted)?.text;

const findingsIn = (file: string, read: ShapedText<unknown>): readonly SuiteFinding[] =>
  read.ok ? [] : read.errors.map((error: TextError) => ({ file, level: "error", ...error }));

const finding = (file: string, code: Code, message: string, path = "$"): SuiteFinding => ({
  file,
  level: "error",
  code,
  path,
  message,
  line: null,
  column: null,
});

function nameFindings(one: GoldenCase, { pack }: CompiledPack): readonly SuiteFinding[] {
  const { id, tools, expect } = one;
  const strange = (path: string, what: string, name: string) =>
    finding(`${id}.yaml`, "SUITE_NAME_UNKNOWN", `the pack has no ${what} \`${name}\``, path);
  const called = (expect.calls ?? []).map(({ tool }) => tool);
  const workflow = pack.workflows.find((each) => each.id === one.workflow);
  return [
    ...(workflow === undefined
      ? [strange("$.workflow", "workflow", one.workflow)]
      : waitFindings(one, workflow.steps.filter(isWait))),
    ...Object.keys(tools).flatMap((tool) => (tool in pack.tools ? [] : [strange("$.tools", "tool", tool)])),
    ...called.flatMap((tool) => (tool in pack.tools ? [] : [strange("$.expect.calls", "tool", tool)])),
  ];
}

/** A case plays the graphs that its workflow has, before models that these reach. */
function graphFindings(
  { graphs }: SuiteSettings,
  cases: readonly GoldenCase[],
  { pack }: CompiledPack,
): readonly SuiteFinding[] {
  const strange = (file: string, path: string, message: string) => finding(file, "SUITE_NAME_UNKNOWN", message, path);
  const agentsOf = (workflow: string) => agentSteps(pack.workflows.filter(({ id }) => id === workflow));
  const played = cases.flatMap(({ workflow }) => agentsOf(workflow).map(({ graph }) => graph));
  return [
    ...[...new Set(played)]
      .filter((graph) => !Object.hasOwn(graphs, graph))
      .map((graph) =>
        strange(SETTINGS_FILE, "$.graphs", `a case plays the graph \`${graph}\`, and nothing says where it is`),
      ),
    ...Object.keys(graphs)
      .filter((graph) => !agentSteps(pack.workflows).some((step) => step.graph === graph))
      .map((graph) =>
        strange(SETTINGS_FILE, `$.graphs.${graph}`, `the pack has no AGENT step with the graph \`${graph}\``),
      ),
    ...cases.flatMap(({ id, workflow, models }) =>
      Object.keys(models)
        .filter(
          (name) => !agentsOf(workflow).some(({ manifest }) => manifest.models.some((one) => one.service === name)),
        )
        .map((name) =>
          strange(`${id}.yaml`, `$.models.${name}`, `no agent of \`${workflow}\` has a model \`${name}\``),
        ),
    ),
  ];
}

const agentSteps = (workflows: CompiledPack["pack"]["workflows"]): readonly AgentStep[] =>
  workflows.flatMap(({ steps }) => steps).filter((step) => step.type === "AGENT");

const isWait = (step: StepDefinition): step is WaitStep => step.type === "WAIT";

/** A case says of waits only what its workflow has: nothing else would ever be taken. */
function waitFindings(
  { id, workflow, signals, expect }: GoldenCase,
  waits: readonly WaitStep[],
): readonly SuiteFinding[] {
  const strange = (path: string, what: string) =>
    finding(`${id}.yaml`, "SUITE_NAME_UNKNOWN", `the workflow \`${workflow}\` has no ${what}`, path);
  const events = waits.flatMap(({ wait_for }) => (wait_for.type === "WEBHOOK" ? [wait_for.event_type] : []));
  const manual = waits.flatMap(({ id: step, wait_for }) => (wait_for.type === "MANUAL" ? [step] : []));
  return [
    ...signals.flatMap((signal, index) => {
      if ("resume" in signal)
        return manual.includes(signal.resume)
          ? []
          : [strange(`$.signals[${index}]`, `WAIT step \`${signal.resume}\` that a person ends`)];
      const { event_type } = signal;
      return events.includes(event_type) ? [] : [strange(`$.signals[${index}]`, `WAIT step for \`${event_type}\``)];
    }),
    ...(expect.waits_at ?? [])
      .filter((step) => !waits.some((wait) => wait.id === step))
      .map((step) => strange("$.expect.waits_at", `WAIT step \`${step}\``)),
  ];
}

/** Runs of each first-tier case, and of all second-tier cases together, that the policy `golden-suite` asks for at least. */
const P0_RUNS_MIN = 3;
const P1_UNITS_MIN = 73;

/** What the policy counts: different inputs that are run, not reruns. */
export const unitsOf = (one: Pick<GoldenCase, "vary" | "runs">): number => Math.min(one.runs, inputsOf(one));

function reachFindings({ settings, cases }: Suite): readonly SuiteFinding[] {
  const of = (tier: Tier) => cases.filter((one) => one.tier === tier);
  const few = of("P0").filter((one) => unitsOf(one) < P0_RUNS_MIN);
  const second = of("P1").reduce((sum, one) => sum + unitsOf(one), 0);
  return [
    ...few.map((one) =>
      finding(
        `${one.id}.yaml`,
        "SUITE_UNSATISFIABLE",
        `runs on ${unitsOf(one)} inputs of its own, and the gate asks for ${P0_RUNS_MIN}`,
        "$.runs",
      ),
    ),
    ...(settings.profile === "whole" && second < P1_UNITS_MIN
      ? [
          finding(
            SETTINGS_FILE,
            "SUITE_UNSATISFIABLE",
            `P1 cases run on ${second} inputs of their own, and the gate asks for ${P1_UNITS_MIN}; a suite without them has the profile \`p0-only\``,
            "$.profile",
          ),
        ]
      : []),
    ...(of("P0").length === 0
      ? [finding(SETTINGS_FILE, "SUITE_UNSATISFIABLE", "there is no P0 case, and the gate asks for one")]
      : []),
  ];
}
