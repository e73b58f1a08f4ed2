import { activatePack, type Installation } from "../src/api/index.ts";
import { after, assert } from "../src/contracts/index.ts";
import { defineTool, insertTenant, type Tool } from "../src/guard/index.ts";
import { beginRun, type CompiledPack, compilePack, definePack } from "../src/run/index.ts";
import { inTenant } from "../src/store/index.ts";

/** Steps of one run: below the default bound of 50, long enough that starting and ending a run weighs little. */
export const STEPS_PER_RUN = 40;

/** What a step does: looks something up; changes something; or looks it up at a provider that takes a while. */
export type StepKind = "read" | "write" | "slow";

/** Milliseconds that a slow step takes: long beside a commit, short beside a lease. */
export const SLOW_STEP_MS = 50;

const INPUT = {
  type: "object",
  properties: { order_id: { type: "string", "x-countermark": "entity_id" }, page: { type: "integer", minimum: 0 } },
  required: ["order_id", "page"],
} as const;

const OUTPUT = {
  type: "object",
  properties: {
    status: { type: "string" },
    total_cents: { type: "integer" },
    lines: { type: "array", items: { type: "string" } },
  },
  required: ["status", "total_cents", "lines"],
} as const;

const ORDER = { status: "paid", total_cents: 4500, lines: ["TEE-BLK-M", "TEE-BLK-L"] };

const CONTRACT = { version: "1.0.0", input_schema: INPUT, output_schema: OUTPUT, timeout_seconds: 10 } as const;

/** They answer at once: what is measured is everything around them. */
const lookUp = defineTool({ ...CONTRACT, name: "lookUp", side_effect_level: "READ" }, async () => ({
  kind: "applied",
  result: { output: ORDER },
}));

const note = defineTool(
  {
    ...CONTRACT,
    name: "note",
    side_effect_level: "SOFT_WRITE",
    idempotency_key_template: "{tenant_id}:{tool_name}:{params.order_id}:{params.page}",
  },
  async () => ({ kind: "applied", result: { output: ORDER } }),
);

const lookUpSlowly = defineTool(
  { ...CONTRACT, name: "lookUpSlowly", side_effect_level: "READ" },
  async (_input, { clock, signal }) => {
    await clock.wake(after(clock.now(), SLOW_STEP_MS), signal);
    return { kind: "applied", result: { output: ORDER } };
  },
);

const TOOLS: { readonly [kind in StepKind]: Tool } = { read: lookUp, write: note, slow: lookUpSlowly };

export const benchTools = (): readonly Tool[] => Object.values(TOOLS);

/** Bounds of the benches' packs: those that a pack has unless it says otherwise. */
export const BENCH_BOUNDS = {
  max_steps_per_run: 50,
  max_time_seconds: 300,
  max_tokens_per_run: 50_000,
  max_tool_calls_per_run: 100,
  max_tool_calls_per_type: {},
  loop: { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} },
} as const;

/** The scope of a tool whose one operation bears its name, open to every principal. */
export const benchScope = (tool: string, operation: string = tool) => ({
  tool_name: tool,
  allowed_operations: [operation],
  principals: [],
  data_cap_bytes: 65_536,
  network_allowlist: [],
});

/** One workflow of each kind: so many steps, each a governed call with its own arguments. */
export function benchPack(stepsPerRun: number): CompiledPack {
  const tools = benchTools().map(({ contract }) => contract);
  const compiled = compilePack(
    definePack({
      id: "bench",
      name: "Bench",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: (["read", "write", "slow"] as const).map((kind) => workflowOf(kind, stepsPerRun)),
      tools: Object.fromEntries(tools.map((contract) => [contract.name, { ...contract }])),
      scopes: Object.fromEntries(tools.map(({ name }) => [name, benchScope(name)])),
      bounds: BENCH_BOUNDS,
      hitl_rules: {},
      eval_suite_ref: "golden/bench",
    }),
  );
  assert(compiled.ok, "the bench's pack compiles");
  return compiled.compiled;
}

function workflowOf(kind: StepKind, stepsPerRun: number) {
  const id = (index: number): string => `step_${index}`;
  return {
    id: kind,
    name: kind,
    trigger: {
      kind: "MANUAL" as const,
      input_schema: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
    },
    steps: Array.from({ length: stepsPerRun }, (_, index) => ({
      id: id(index),
      type: "TOOL" as const,
      tool_name: TOOLS[kind].contract.name,
      tool_input_mapping: { order_id: "$.trigger.order_id", page: index },
      ...(index + 1 < stepsPerRun ? { next_step: id(index + 1) } : {}),
    })),
    pass_criteria: "true",
    allowed_failure_modes: [],
    timeout_seconds: 300,
  };
}

export const tenantOf = (index: number): string => `bench-${index}`;

/** Makes the tenants and installs the pack for each. */
export async function prepareTenants(installation: Installation, pack: CompiledPack, tenants: number): Promise<void> {
  for (let index = 0; index < tenants; index++) {
    const tenantId = tenantOf(index);
    const at = installation.host.clock.now();
    await inTenant(installation.database, tenantId, (sql) =>
      insertTenant(sql, { name: tenantId, mode: "sandbox", at }),
    );
    await activatePack(installation, { tenantId, pack, by: "bench" });
  }
}

export interface RunsAsked {
  readonly step: StepKind;
  readonly runs: number;
  readonly tenants: number;
  /** Runs begun at a time. */
  readonly callers: number;
}

/** Starts runs spread over the tenants; they wait until a worker claims them. */
export async function startRuns(
  { database, host }: Pick<Installation, "database" | "host">,
  pack: CompiledPack,
  { step, runs, tenants, callers }: RunsAsked,
): Promise<void> {
  const workflow = pack.workflows[step];
  assert(workflow !== undefined, "the bench's pack has its workflow");
  let begun = 0;
  const begin = async () => {
    const tenantId = tenantOf(begun++ % tenants);
    await inTenant(database, tenantId, (sql) =>
      beginRun(sql, host, {
        tenantId,
        pack,
        workflow,
        // An order of its own: a call under a key that was used before would get the stored result.
        trigger: { order_id: `${tenantId}_ord_${host.ids.next()}` },
        startKey: host.ids.next(),
        correlationId: host.ids.next(),
        principalId: "bench",
        channel: "ci",
        causation: null,
      }),
    );
  };
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (begun < runs) await begin();
    }),
  );
}
