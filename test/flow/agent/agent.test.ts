import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applied, gate } from "../provider.ts";
import type { FlowShop } from "../shop.ts";
import { expectSound } from "../sound.ts";
import { tablesWith } from "../tables-with.ts";
import { BOB, type FlowTenant } from "../tenant.ts";
import { agentStep, agentTenant, openAgentShop, outputOf, storedOf } from "./agents.ts";

let shop: FlowShop;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ shop, close } = await openAgentShop());
});

afterAll(async () => {
  await expectSound(shop);
  await close();
});

/** Runs a graph to its end in a tenant of its own. */
async function ran(graph: string, rest: Parameters<typeof agentStep>[1] = {}) {
  const tenant = await agentTenant(shop, agentStep(graph, rest));
  const runId = await tenant.start("W");
  return { tenant, runId, row: await tenant.ends(runId), stored: await storedOf(tenant, runId) };
}

/** The checkpoints that a run's events of one type name. */
const checkpointsNamed = async (tenant: FlowTenant, runId: string, wanted: string) =>
  (await tenant.events(runId)).filter(({ type }) => type === wanted).map(({ payload }) => payload.checkpoint_id);

describe("an agent", () => {
  test("runs an unmodified graph whose reading tool is a governed call, and stores its output", async () => {
    const tenant = await agentTenant(shop, agentStep("looks"));
    tenant.answers("look", () => applied({ text: "under way" }));

    const runId = await tenant.start("W");
    await tenant.ends(runId);

    expect(await outputOf(tenant, runId)).toEqual({ log: ["under way"], call_plan: {} });
    expect(await tenant.event(runId, "agent.called")).toMatchObject({
      payload: { node: "looking", tool: "look", code: null, spent: { tool_calls: ["look"] } },
    });
    const [called] = await checkpointsNamed(tenant, runId, "agent.called");
    expect(await checkpointsNamed(tenant, runId, "agent.checkpointed")).toHaveLength(3);
    expect((await checkpointsNamed(tenant, runId, "agent.checkpointed"))[1]).toBe(called);
  });

  test("CO-2002 proves by its checkpoints that the graph library ran it, and says what kept it from the machine", async () => {
    const { tenant, runId, stored } = await ran("sixty", { manifest: { recursion_limit: 100 } });

    const { payload } = await tenant.event(runId, "agent.rested");
    const checkpointed = (await tenant.types(runId)).filter((type) => type === "agent.checkpointed");

    expect(stored.checkpoints.map(({ graph_step }) => graph_step)).toEqual(
      Array.from({ length: 62 }, (_, at) => at - 1),
    );
    expect(checkpointed).toHaveLength(62);
    expect(payload).toMatchObject({ runtime_policy: "LANGGRAPH_ONLY", checkpoints: 62, status: "completed" });
    expect(payload.isolation).toContain("STANDARD");
  });

  test("writes at once what is easily corrected, under its own record, and only proposes the rest", async () => {
    const send = {
      id: "send",
      type: "TOOL",
      tool_name: "dispatch",
      tool_input_mapping: { text: "$.agent.call_plan.dispatch.input.text" },
    };
    const isProposed = { id: "is_proposed", type: "BRANCH", condition: "$.agent.call_plan.dispatch.proposed == true" };
    const tenant = await shop.tenant({
      workflows: [
        {
          id: "W",
          name: "W",
          trigger: { kind: "MANUAL", input_schema: { type: "object" } },
          steps: [
            agentStep("notesAndProposes", { next_step: "is_proposed" }),
            { ...isProposed, if_true: "send", if_false: null },
            send,
          ],
          pass_criteria: "true",
        },
      ],
      rules: [
        {
          trigger: "dispatch",
          condition: null,
          timeout_seconds: 3600,
          timeout_action: "FAIL",
          approval_channel: "inbox",
          required_approvers: 1,
          escalation_chain: [],
          authorized_approvers: ["bob"],
        },
      ],
    });
    tenant.answers("note", () => applied({ id: "n1" }));

    const runId = await tenant.start("W");
    const approval = await tenant.pending(runId);
    const before = tenant.calls("dispatch").length;
    await tenant.decides(approval, "APPROVE", BOB);
    await tenant.ends(runId);

    expect(await outputOf(tenant, runId)).toEqual({
      log: ["n1", "proposed"],
      call_plan: { dispatch: { proposed: true, input: { text: "to Ada" } } },
    });
    expect(approval).toMatchObject({ tool_name: "dispatch", step_id: "send" });
    expect(before).toBe(0);
    expect(tenant.calls("dispatch")).toHaveLength(1);
    expect((await tenant.receipts(runId)).map(({ tool_name }) => tool_name)).toEqual(["note", "dispatch"]);
  });

  test("P1-T-RK08a P1-T-RK08b what a graph reads, proposes and asks is looked through, and what is found is told", async () => {
    const tenant = await agentTenant(shop, agentStep("gossips"));
    tenant.answers("look", () => applied({ text: "ask jane.doe@shop.example.com" }));

    const runId = await tenant.start("W");
    await tenant.pending(runId);

    const found = (await tenant.events(runId)).filter(({ type }) => type === "scanner.detected");
    expect(found.map(({ payload: { tool, part, kind, alert } }) => [tool, part, kind, alert].join(" "))).toEqual([
      "look output EMAIL P2",
      "dispatch proposal EMAIL P2",
      "dispatch proposal CARD P1",
      "gossips question PHONE P2",
    ]);
    expect(await tablesWith(shop, "4242 4242 4242 4242")).toEqual([]);
  });

  test("is ended when a node calls a tool that its manifest gives to another, whatever its code makes of the refusal", async () => {
    const { tenant, runId, row } = await ran("oversteps");

    expect(row).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "POLICY.TOOL_NOT_ALLOWED" });
    expect(tenant.calls("look")).toEqual([]);
    expect(await tenant.event(runId, "agent.called")).toMatchObject({ payload: { code: "POLICY.TOOL_NOT_ALLOWED" } });
  });

  test.each(["fetches", "connects", "spawns"])(
    "CO-20.9-16 CO-2003 a node that %s by itself is denied, and the graph ended",
    async (graph) => {
      const { row, stored } = await ran(graph);

      expect(row).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "POLICY.TOOL_NOT_ALLOWED" });
      expect(stored.checkpoints.map(({ graph_step }) => graph_step)).toEqual([-1, 0]);
    },
  );

  test("CO-20.9-09 a graph that leads to itself ends at its recursion limit, as a budget that is used up", async () => {
    const { row } = await ran("loops", { manifest: { recursion_limit: 3 } });

    expect(row).toMatchObject({ code: "POLICY.BUDGET_EXHAUSTED" });
  });

  test("CO-2002 a node that takes longer than its manifest lets it ends the graph, as a budget that is used up", async () => {
    const node = (name: string, timeout_seconds: number | null) =>
      ({ name, kind: "pure", tools_allowed: [], timeout_seconds }) as const;

    const { row, stored } = await ran("waits", { manifest: { nodes: [node("quick", null), node("waiting", 0.2)] } });

    expect(row).toMatchObject({ code: "POLICY.BUDGET_EXHAUSTED" });
    expect(stored.checkpoints.map(({ graph_step }) => graph_step)).toEqual([-1, 0]);
    expect(stored.writes.filter(({ channel, graph_step }) => channel === "log" && graph_step === 0)).toHaveLength(1);
  });

  test("a node that throws fails the step with the first line of what it said", async () => {
    const { tenant, runId, row } = await ran("throws");

    expect(row).toMatchObject({ status: "FAILED_UNEXPECTED", code: "GRAPH_FAILED" });
    const { payload } = await tenant.event(runId, "step.failed", "agent");
    expect(payload).toMatchObject({ message: "401 the key is not valid" });
  });

  test("what is no graph, a node that the manifest does not name, and changed code are refused before any node runs", async () => {
    const nodes = [{ name: "again", kind: "pure", tools_allowed: [], timeout_seconds: null }] as const;

    const noGraph = await ran("notAGraph");
    const stranger = await ran("twoGates", { manifest: { nodes } });
    const changed = await ran("sixty", { manifest: { code_digest: "0".repeat(64) } });

    for (const { row, stored } of [noGraph, stranger, changed]) {
      expect(row).toMatchObject({ code: "E_GRAPH_CONFIG" });
      expect(stored.checkpoints).toEqual([]);
    }
  });

  test("CO-20.9-08 CO-2067 after a failure the siblings that were done are not done again: a once, b twice, c once", async () => {
    const retry_policy = { max_attempts: 2, base_delay_seconds: 0, jitter: false, retryable_errors: ["NOT_YET"] };
    const tenant = await agentTenant(shop, agentStep("siblings", { retry_policy }));
    let refusals = 0;
    tenant.answers("look", ({ text }) => {
      if (text !== "b" || refusals > 0) return applied({ text: String(text) });
      refusals += 1;
      return { kind: "rejected", code: "NOT_YET", message: "not yet" };
    });

    const runId = await tenant.start("W");
    await tenant.ends(runId);

    expect(await outputOf(tenant, runId)).toMatchObject({ log: ["a", "b", "c"] });
    expect(tenant.calls("look").map(({ input }) => input.text)).toEqual(["a", "b", "b", "c"]);
  });

  test("CO-20.9-11 a cancelled run stops its graph at once, and takes nothing that the graph wanted to write after it", async () => {
    const tenant = await agentTenant(shop, agentStep("looks"));
    const waiting = gate();
    tenant.answers("look", async () => {
      await waiting.opened;
      return applied({ text: "late" });
    });

    const runId = await tenant.start("W");
    await shop.until("the call", async () => tenant.calls("look").length > 0);
    await tenant.tells(runId, "cancel", { reason: "enough" });
    const row = await tenant.ends(runId);
    const stored = await storedOf(tenant, runId);
    waiting.open();

    expect(row).toMatchObject({ status: "CANCELLED" });
    expect(stored.checkpoints.map(({ graph_step }) => graph_step)).toEqual([-1, 0]);
    expect(await storedOf(tenant, runId)).toEqual(stored);
  });
});
