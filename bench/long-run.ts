import { activatePack, type Installation } from "../src/api/index.ts";
import { after, assert } from "../src/contracts/index.ts";
import { defineTool, insertTenant, type SideEffectLevel, type Tool } from "../src/guard/index.ts";
import { beginRun, type CompiledPack, compilePack, definePack, findRun } from "../src/run/index.ts";
import { inTenant } from "../src/store/index.ts";
import { BENCH_BOUNDS, benchScope, tenantOf } from "./subject.ts";

const TEXT = { type: "string" } as const;
const INPUT = {
  type: "object",
  properties: { order_id: TEXT, page: { type: "integer" } },
  required: ["order_id", "page"],
} as const;

/** Steps of a long run: as many as a person still looks at as a graph. */
const STEPS = 60;

const triesFor = (events: number): number => Math.ceil(events / STEPS);

/** Tools of a run that reads and writes in turn, and is answered only at the last of so many tries of each step. */
export function longRunTools(events: number): readonly Tool[] {
  const tried = new Map<unknown, number>();
  const tool = (name: string, side_effect_level: SideEffectLevel): Tool =>
    defineTool(
      {
        name,
        version: "1.0.0",
        side_effect_level,
        input_schema: INPUT,
        output_schema: { type: "object", properties: { done: TEXT }, required: ["done"] },
        timeout_seconds: 10,
        ...(side_effect_level === "READ"
          ? {}
          : { idempotency_key_template: "{tenant_id}:{tool_name}:{params.order_id}:{params.page}" }),
      },
      async ({ page }) => {
        const tries = (tried.get(page) ?? 0) + 1;
        tried.set(page, tries);
        return tries < triesFor(events)
          ? { kind: "not_applied", code: "BUSY", message: "the desk is busy" }
          : { kind: "applied", result: { output: { done: `page ${page}` } } };
      },
    );
  return [tool("look", "READ"), tool("note", "SOFT_WRITE")];
}

function longPack(tools: readonly Tool[], events: number): CompiledPack {
  const contracts = tools.map(({ contract }) => contract);
  const endless = 1_000_000;
  const retry_policy = { max_attempts: triesFor(events), base_delay_seconds: 0, retryable_errors: ["BUSY"] };
  const compiled = compilePack(
    definePack({
      id: "pages",
      name: "Pages",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: [
        {
          id: "pages",
          name: "Pages",
          trigger: { kind: "MANUAL", input_schema: { type: "object", properties: { order_id: TEXT } } },
          steps: Array.from({ length: STEPS }, (_, page) => ({
            id: `page_${page}`,
            type: "TOOL" as const,
            tool_name: page % 2 === 0 ? "look" : "note",
            tool_input_mapping: { order_id: "$.trigger.order_id", page },
            retry_policy,
            ...(page + 1 < STEPS ? { next_step: `page_${page + 1}` } : {}),
          })),
          pass_criteria: "true",
          allowed_failure_modes: [],
          max_total_retries: endless,
          timeout_seconds: 3_600,
        },
      ],
      tools: Object.fromEntries(contracts.map((contract) => [contract.name, { ...contract }])),
      scopes: Object.fromEntries(contracts.map(({ name }) => [name, benchScope(name)])),
      bounds: {
        ...BENCH_BOUNDS,
        max_steps_per_run: endless,
        max_tool_calls_per_run: endless,
        max_time_seconds: 3_600,
        loop: { ...BENCH_BOUNDS.loop, repeat_threshold: endless },
      },
      hitl_rules: {},
      eval_suite_ref: "golden/pages",
    }),
  );
  assert(compiled.ok, "the long run's pack compiles");
  return compiled.compiled;
}

const POLL_MS = 50;

/** Drives one run of the first tenant to its end. Its id, and how many events it has. */
export async function driveLongRun(
  installation: Installation,
  { tools, events }: { readonly tools: readonly Tool[]; readonly events: number },
): Promise<{ readonly runId: string; readonly events: number }> {
  const { database, host } = installation;
  const tenantId = tenantOf(0);
  const pack = longPack(tools, events);
  await inTenant(database, tenantId, (sql) =>
    insertTenant(sql, { name: tenantId, mode: "sandbox", at: host.clock.now() }),
  );
  await activatePack(installation, { tenantId, pack, by: "bench" });
  const workflow = pack.workflows.pages;
  assert(workflow !== undefined, "the long run's pack has its workflow");
  const runId = await inTenant(database, tenantId, (sql) =>
    beginRun(sql, host, {
      tenantId,
      pack,
      workflow,
      trigger: { order_id: "ord_1" },
      startKey: host.ids.next(),
      correlationId: host.ids.next(),
      principalId: "bench",
      channel: "ci",
      causation: null,
    }),
  );
  assert(runId !== null, "a new start key starts a run");
  const worker = installation.newWorker();
  worker.start();
  try {
    for (const never = new AbortController().signal; ; await host.clock.wake(after(host.clock.now(), POLL_MS), never)) {
      const row = await inTenant(database, tenantId, (sql) => findRun(sql, runId));
      if (row?.outcome == null) continue;
      assert(row.outcome === "SUCCESS", `the long run succeeds, and ended ${row.outcome} ${row.code}`);
      return { runId, events: row.head_seq };
    }
  } finally {
    await worker.stop();
  }
}
