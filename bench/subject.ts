import { activatePack, type Installation } from "../src/api/index.ts";
import { assert, type Host } from "../src/contracts/index.ts";
import { defineTool, insertTenant } from "../src/guard/index.ts";
import { beginRun, type CompiledPack, compilePack, definePack } from "../src/run/index.ts";
import { inTenant } from "../src/store/index.ts";

/** Steps of one run: below the default bound of 50, long enough that starting and ending a run weighs little. */
export const STEPS_PER_RUN = 40;

const LOOK_UP = {
  name: "lookUp",
  version: "1.0.0",
  side_effect_level: "READ",
  input_schema: {
    type: "object",
    properties: { order_id: { type: "string", "x-countermark": "entity_id" }, page: { type: "integer", minimum: 0 } },
    required: ["order_id", "page"],
  },
  output_schema: {
    type: "object",
    properties: {
      status: { type: "string" },
      total_cents: { type: "integer" },
      lines: { type: "array", items: { type: "string" } },
    },
    required: ["status", "total_cents", "lines"],
  },
  timeout_seconds: 10,
} as const;

/** A READ tool that answers at once: what is measured is everything around it. */
export const lookUp = defineTool(LOOK_UP, async () => ({
  kind: "applied",
  result: { output: { status: "paid", total_cents: 4500, lines: ["TEE-BLK-M", "TEE-BLK-L"] } },
}));

/** One workflow of READ steps, each a governed call with its own arguments. */
export function readPack(): CompiledPack {
  const id = (index: number): string => `step_${index}`;
  const compiled = compilePack(
    definePack({
      id: "bench",
      name: "Bench",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: [
        {
          id: "READS",
          name: "Reads",
          trigger: {
            kind: "MANUAL",
            input_schema: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
          },
          steps: Array.from({ length: STEPS_PER_RUN }, (_, index) => ({
            id: id(index),
            type: "TOOL" as const,
            tool_name: LOOK_UP.name,
            tool_input_mapping: { order_id: "$.trigger.order_id", page: index },
            ...(index + 1 < STEPS_PER_RUN ? { next_step: id(index + 1) } : {}),
          })),
          pass_criteria: "true",
          allowed_failure_modes: [],
          timeout_seconds: 300,
        },
      ],
      tools: { [LOOK_UP.name]: lookUp.contract },
      scopes: {
        [LOOK_UP.name]: {
          tool_name: LOOK_UP.name,
          allowed_operations: [LOOK_UP.name],
          principals: [],
          data_cap_bytes: 65_536,
          network_allowlist: [],
        },
      },
      bounds: {
        max_steps_per_run: 50,
        max_time_seconds: 300,
        max_tokens_per_run: 50_000,
        max_tool_calls_per_run: 100,
        max_tool_calls_per_type: {},
        loop: { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} },
      },
      hitl_rules: {},
      eval_suite_ref: "golden/bench",
    }),
  );
  assert(compiled.ok, "the bench's pack compiles");
  return compiled.compiled;
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

/** Starts runs spread over the tenants; they wait until a worker claims them. */
export async function startRuns(
  { database, host }: { readonly database: Installation["database"]; readonly host: Host },
  pack: CompiledPack,
  asked: { readonly runs: number; readonly tenants: number },
): Promise<void> {
  const workflow = pack.workflows.READS;
  assert(workflow !== undefined, "the bench's pack has its workflow");
  for (let index = 0; index < asked.runs; index++) {
    const tenantId = tenantOf(index % asked.tenants);
    await inTenant(database, tenantId, (sql) =>
      beginRun(sql, host, {
        tenantId,
        pack,
        workflow,
        trigger: { order_id: `${tenantId}_ord_${index}` },
        startKey: host.ids.next(),
        correlationId: host.ids.next(),
        principalId: "bench",
        channel: "ci",
        causation: null,
      }),
    );
  }
}
