import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../../src/contracts/index.ts";
import { claimDue } from "../../../src/worker/index.ts";
import { applied, gate } from "../provider.ts";
import type { FlowShop } from "../shop.ts";
import { expectSound } from "../sound.ts";
import type { FlowTenant } from "../tenant.ts";
import { agentStep, agentTenant, asks, openAgentShop, outputOf, questionsOf, storedOf } from "./agents.ts";

let shop: FlowShop;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ shop, close } = await openAgentShop());
});

afterAll(async () => {
  await expectSound(shop);
  await close();
});

/** A run of the graph with two gates, at rest with both questions open. */
async function atGates(rest: Parameters<typeof agentStep>[1] = {}) {
  const tenant = await agentTenant(shop, agentStep("twoGates", rest));
  const runId = await tenant.start("W");
  const questions = await asks(tenant, runId, 2);
  const asking = (action: string) => {
    const found = questions.find(({ input }) => input.asked.action === action);
    if (found === undefined) throw new Error(`nobody asks to ${action}`);
    return found;
  };
  return { tenant, runId, release: asking("release"), announce: asking("announce") };
}

const interruptsOf = async (tenant: FlowTenant, runId: string) =>
  (await tenant.events(runId)).filter(({ type }) => type === "agent.interrupted").map(({ payload }) => payload);

describe("the questions of a graph", () => {
  test("CO-20.9-01 CO-2061 two gates that ask at once are two approvals, at the third checkpoint, and nothing after them", async () => {
    const { tenant, runId, release, announce } = await atGates();

    const { checkpoints, writes } = await storedOf(tenant, runId);

    expect(checkpoints.map(({ graph_step }) => graph_step)).toEqual([-1, 0, 1]);
    expect(writes.filter(({ channel }) => channel === "__interrupt__").map(({ graph_step }) => graph_step)).toEqual([
      1, 1,
    ]);
    expect(release.input.interrupt_id).not.toBe(announce.input.interrupt_id);
    expect(await tenant.run(runId)).toMatchObject({ status: "SUSPENDED_HITL" });
  });

  test("CO-2062 a question is known by the digest of its value, which the approver saw", async () => {
    const { tenant, runId, release } = await atGates();

    expect(release.input.value_sha256).toBe(digestOf({ kind: "approval", action: "release", risk: 70 }));
    expect(release.input.value_sha256).toBe("c759797f2ef084dc3c0407f7a84e337a3a05b5a5760290b19deff42c0e59b608");
    expect((await interruptsOf(tenant, runId)).map(({ ordinal }) => ordinal)).toEqual([0, 0]);
  });

  test("CO-20.9-02 CO-20.9-03 CO-2067 answering one leaves the other open under the same id, with no new checkpoint; then the graph ends", async () => {
    const { tenant, runId, release, announce } = await atGates();

    const startsOfA = () => tenant.calls("look").filter(({ input }) => input.text === "A").length;
    await tenant.decides(release.row, "APPROVE", undefined, { reason: "go" });
    await shop.until("the node to be entered with its answer", async () => startsOfA() > 1);
    const [left] = await asks(tenant, runId, 1);
    const between = await storedOf(tenant, runId);
    const startsBetween = startsOfA();
    await tenant.decides(announce.row, "APPROVE", undefined, { reason: "tell" });
    await tenant.ends(runId);

    expect(left?.row.approval_id).toBe(announce.row.approval_id);
    expect(startsBetween).toBe(2);
    expect(between.checkpoints).toHaveLength(3);
    expect(between.writes.filter(({ channel, graph_step }) => channel === "log" && graph_step === 1)).toHaveLength(1);
    expect((await storedOf(tenant, runId)).checkpoints.map(({ graph_step }) => graph_step)).toEqual([-1, 0, 1, 2, 3]);
    expect(await outputOf(tenant, runId)).toMatchObject({ log: ["prep", "A:go", "B:tell", "fin"] });
    expect((await interruptsOf(tenant, runId)).length).toBe(2);
  });

  test("CO-2067 the order of the answers does not change the result", async () => {
    const { tenant, runId, release, announce } = await atGates();

    await tenant.decides(announce.row, "APPROVE", undefined, { reason: "tell" });
    await asks(tenant, runId, 1);
    await tenant.decides(release.row, "APPROVE", undefined, { reason: "go" });
    await tenant.ends(runId);

    expect(await outputOf(tenant, runId)).toMatchObject({ log: ["prep", "A:go", "B:tell", "fin"] });
  });

  test("CO-20.9-04 CO-2064 an answer is used once: a second one is refused and the store stays as it was", async () => {
    const { tenant, runId, release, announce } = await atGates();
    await tenant.decides(release.row, "APPROVE");
    await asks(tenant, runId, 1);
    await tenant.decides(announce.row, "APPROVE");
    await tenant.ends(runId);
    const stored = await storedOf(tenant, runId);

    const again = await tenant.decides(announce.row, "APPROVE");

    expect(again).toMatchObject({ ok: false });
    expect(await storedOf(tenant, runId)).toEqual(stored);
    const used = (await tenant.events(runId)).filter(({ type }) => type === "agent.resumed");
    expect(used.map(({ payload }) => payload.approval_id)).toEqual([release.row.approval_id, announce.row.approval_id]);
    expect((await tenant.approvals(runId)).every(({ consumed_at }) => consumed_at !== null)).toBe(true);
  });

  test("CO-20.9-06 CO-2061 CO-2066 a node that asks twice has two approvals of one interrupt id, told apart by their ordinal", async () => {
    const tenant = await agentTenant(shop, agentStep("asksTwice"));
    const runId = await tenant.start("W");
    const [first] = await asks(tenant, runId, 1);
    if (first === undefined) throw new Error("nobody asks");

    await tenant.decides(first.row, "APPROVE", undefined, { reason: "one" });
    await shop.until("the second question", async () =>
      (await questionsOf(tenant, runId)).some(({ input }) => input.ordinal === 1),
    );
    const [second] = await asks(tenant, runId, 1);
    if (second === undefined) throw new Error("nobody asks again");
    await tenant.decides(second.row, "APPROVE", undefined, { reason: "two" });
    await tenant.ends(runId);

    expect(second.input.interrupt_id).toBe(first.input.interrupt_id);
    expect(second.input.value_sha256).not.toBe(first.input.value_sha256);
    expect(await outputOf(tenant, runId)).toMatchObject({ log: ["one", "two"] });
    expect(tenant.calls("look")).toHaveLength(3);
  });

  test("CO-2065 a denied question fails the step, or is told to a graph that says that it handles it", async () => {
    const failing = await atGates();
    const handling = await atGates({ manifest: { handles_rejection: true } });

    await failing.tenant.decides(failing.release.row, "DENY");
    const row = await failing.tenant.ends(failing.runId);
    await handling.tenant.decides(handling.release.row, "DENY");
    await asks(handling.tenant, handling.runId, 1);
    await handling.tenant.decides(handling.announce.row, "APPROVE");
    await handling.tenant.ends(handling.runId);

    expect(row).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "HITL_DENIED" });
    expect(await outputOf(handling.tenant, handling.runId)).toMatchObject({
      log: ["prep", "A:REJECTED", "B:APPROVED", "fin"],
    });
  });

  test("CO-2069 what was decided while nobody worked is used once, by the successor, under its epoch", async () => {
    const { tenant, runId, release, announce } = await atGates();
    await shop.rest();
    await tenant.decides(release.row, "APPROVE");
    await tenant.decides(announce.row, "APPROVE");

    shop.work();
    await tenant.ends(runId);

    const resumed = (await tenant.events(runId)).filter(({ type }) => type === "agent.resumed");
    expect(resumed).toHaveLength(2);
    expect(resumed.every(({ epoch }) => epoch > 1)).toBe(true);
  });
});

describe("a graph whose worker has lost the run", () => {
  test("CO-20.9-11 CO-20.9-12 CO-2042 writes nothing more: neither checkpoint nor write, and its successor goes on from the last checkpoint", async () => {
    const tenant = await agentTenant(shop, agentStep("looks"));
    const waiting = gate();
    tenant.answers("look", async () => {
      if (tenant.calls("look").length === 1) await waiting.opened;
      return applied({ text: "found" });
    });
    const runId = await tenant.start("W");
    await shop.until("the call", async () => tenant.calls("look").length > 0);

    await tenant.sql((sql) => sql`update due set due_at = clock() - interval '1 second' where id = ${runId}`);
    await claimDue(shop.installation.database.worker, "successor", 1, 1);
    const before = await storedOf(tenant, runId);
    waiting.open();
    await tenant.ends(runId);

    const { checkpoints } = await storedOf(tenant, runId);
    expect(before.checkpoints.map(({ epoch }) => epoch)).toEqual([1, 1]);
    expect(checkpoints.slice(2).every(({ epoch }) => epoch > 2)).toBe(true);
    expect(await outputOf(tenant, runId)).toMatchObject({ log: ["found"] });
  });
});

describe("a stored checkpoint", () => {
  test.each([
    ["corrupt-latest-checkpoint: the newest", 1],
    ["all-checkpoints-corrupt: every one", 1_000],
  ])(
    "CO-20.9-15 CO-2043 %s, of which one byte was changed, is not used: the step fails and says so",
    async (_, count) => {
      const { tenant, runId, release } = await atGates();
      await shop.installation.database.owner.begin(async (sql) => {
        await sql`select set_tenant_context(${tenant.id})`;
        await sql`alter table agent_checkpoint no force row level security`;
        await sql`
        update agent_checkpoint set content = overlay(content placing case substr(content, 40, 1) when 'X' then 'Y' else 'X' end from 40 for 1)
         where run_id = ${runId}
           and checkpoint_id in (select checkpoint_id from agent_checkpoint where run_id = ${runId}
                                  order by checkpoint_id desc limit ${count})`;
        await sql`alter table agent_checkpoint force row level security`;
      });

      await tenant.decides(release.row, "APPROVE");
      const row = await tenant.ends(runId);

      expect(row).toMatchObject({ code: "E_CHECKPOINT_INVALID" });
    },
  );

  test("CO-2045 holds nothing in clear: neither what was asked nor what was logged", async () => {
    const { tenant, runId } = await atGates();

    const rows = await tenant.sql(
      (sql) => sql<{ content: string }[]>`
        select content from agent_checkpoint where run_id = ${runId}
        union all select content from agent_write where run_id = ${runId}`,
    );

    expect(rows.length).toBeGreaterThan(5);
    expect(rows.some(({ content }) => /prep|release|announce/.test(content))).toBe(false);
  });

  test("is seen by no other tenant, and written by none", async () => {
    const { runId } = await atGates();
    const other = await agentTenant(shop, agentStep("looks"));

    expect(await storedOf(other, runId)).toMatchObject({ checkpoints: [], writes: [] });
  });
});
