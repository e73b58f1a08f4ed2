import { expect, test } from "vitest";
import { asRun, asRuns, asStarted, type Got, member, type Run } from "./answer.ts";
import { type Client, freshOrder, useBench } from "./bench.ts";

const bench = useBench({ quorum: 2 });

const isIn = (status: string) => (run: Run) => run.status === status;

/** Starts a run and waits until it is where it rests. */
async function rested(client: Client, workflow: string, status: string): Promise<Run> {
  const started = asStarted(await client.post("/v1/runs", { workflow, input: { order_id: freshOrder() } }));
  return (await bench().until(() => client.get(`/v1/runs/${started.body.run_id}`), isIn(status))).body;
}

const allowedIn = ({ actions }: Run): readonly string[] =>
  actions.flatMap(({ name, allowed }) => (allowed ? [name] : []));

const actionOf = ({ actions }: Run, name: string) => actions.find((one) => one.name === name);

test("a run says what its reader may do to it, what that would do, and why not", async () => {
  const olga = await bench().client("olga", "operator");
  const vera = await bench().client("vera", "viewer");
  const held = await rested(olga, "Hold", "SUSPENDED_WAIT");
  const seen = asRun(await vera.get(`/v1/runs/${held.run_id}`)).body;

  expect(allowedIn(held)).toEqual(["replay", "resume", "cancel"]);
  expect(allowedIn(seen)).toEqual(["replay"]);
  expect(actionOf(seen, "resume")).toMatchObject({ code: "ROLE_REQUIRED", does: [] });
  expect(actionOf(held, "resume")?.does).toEqual(["the wait at `hold` ends now", "the run goes on at `write`"]);
  expect(actionOf(held, "cancel")?.does).toContain("it has had no effect, so nothing is to be undone");

  const told = await olga.post(`/v1/runs/${held.run_id}/resume`);
  expect(told.status).toBe(202);
  const after = await bench().until(() => olga.get(`/v1/runs/${held.run_id}`), isIn("SUCCEEDED"));
  expect(allowedIn(after.body)).toEqual(["replay"]);
  expect(actionOf(after.body, "cancel")).toMatchObject({ code: "RUN_CLOSED" });
});

test("an effect of which nobody knows is settled by an administrator alone, and the runbook says how", async () => {
  const olga = await bench().client("olga", "operator");
  const adam = await bench().client("adam", "admin");
  const started = asStarted(await olga.post("/v1/runs", { workflow: "Lose", input: { order_id: freshOrder() } }));
  const path = `/v1/runs/${started.body.run_id}`;
  const isSettling = ({ lanes }: Run): boolean => lanes.some(({ phase }) => phase === "unknown");
  const lost = (await bench().until(() => adam.get(path), isSettling)).body;
  const seen = asRun(await olga.get(path)).body;

  expect(lost.runbook).toBe("docs/runbook.md#an-effect-of-which-nobody-knows");
  expect(actionOf(lost, "resolve")).toMatchObject({ allowed: true });
  expect(actionOf(seen, "resolve")).toMatchObject({ allowed: false, code: "ROLE_REQUIRED" });
});

test("a run's workflow is told as steps and ways, and its timeline has the moves that it made", async () => {
  const olga = await bench().client("olga", "operator");
  const held = await rested(olga, "Hold", "SUSPENDED_WAIT");
  const workflow = await olga.get(`/v1/runs/${held.run_id}/workflow`);
  const before = await olga.get(`/v1/runs/${held.run_id}/timeline`);
  await olga.post(`/v1/runs/${held.run_id}/resume`);
  await bench().until(() => olga.get(`/v1/runs/${held.run_id}`), isIn("SUCCEEDED"));
  const after = await olga.get(`/v1/runs/${held.run_id}/timeline`);

  expect(workflow.body).toMatchObject({
    workflow_id: "Hold",
    entry: "hold",
    steps: [
      { id: "hold", type: "WAIT", about: "a person", side_effect_level: null },
      { id: "write", type: "TOOL", about: "note", side_effect_level: "SOFT_WRITE" },
    ],
    ways: [{ from: "hold", to: "write", when: "next" }],
  });
  expect(member(before.body, "moves")).toEqual([{ from: null, to: "hold", times: 1 }]);
  expect(member(after.body, "moves")).toEqual([
    { from: null, to: "hold", times: 1 },
    { from: "hold", to: "write", times: 1 },
  ]);
});

test("a run's document is there at each version, with what changed and the event that changed it", async () => {
  const olga = await bench().client("olga", "operator");
  const done = await rested(olga, "Note", "SUCCEEDED");
  const at = (version: string): Promise<Got> => olga.get(`/v1/runs/${done.run_id}/state${version}`);

  const last = await at("");
  const first = await at("?version=1");

  expect(last.body).toMatchObject({
    version: 2,
    last_version: 2,
    since: 1,
    made_by: { type: "step.succeeded", step: "write" },
    document: { write: { done: "note" } },
    document_sha256: done.document_sha256,
    patch: [{ op: "add", path: "/write", value: { done: "note" } }],
    changes: [{ path: "$.write", is: { done: "note" } }],
  });
  expect(first.body).toMatchObject({ version: 1, last_version: 2, made_by: { seq: 1 }, changes: [] });
  expect((await olga.get("/v1/runs/nowhere/state")).status).toBe(404);
  expect((await olga.get("/v1/runs/nowhere/workflow")).status).toBe(404);
});

test("of an approval that two people give, the first one is seen, and which effect it let through", async () => {
  const olga = await bench().client("olga", "operator");
  const waiting = await rested(olga, "PayOut", "SUSPENDED_HITL");
  const path = `/v1/approvals/${waiting.approvals[0]?.approval_id}`;
  const give = async (who: string): Promise<void> => {
    const client = await bench().client(who, "approver");
    const { token, preview_sha256 } = Object((await client.get(path)).body);
    expect((await client.post(`${path}/decision`, { decision: "APPROVE", token, preview_sha256 })).status).toBe(200);
  };

  await give("ann");
  const half = asRun(await olga.get(`/v1/runs/${waiting.run_id}`)).body;
  await give("ben");
  await bench().until(() => olga.get(`/v1/runs/${waiting.run_id}`), isIn("SUCCEEDED"));
  const { calls } = Object((await olga.get(`/v1/runs/${waiting.run_id}/timeline`)).body);
  const effects = await olga.get(`/v1/runs/${waiting.run_id}/effects`);
  const rest = await olga.get(`/v1/runs/${waiting.run_id}/effects?after=${calls[1].seq}`);

  expect(half.approvals[0]).toMatchObject({ status: "PENDING", required_approvers: 2, approved_by: ["ann"] });
  expect(calls).toMatchObject([
    { step: "check", tool: "look", outcome: "succeeded", authority: null },
    { step: "pay", tool: "pay", authority: { approval_id: waiting.approvals[0]?.approval_id } },
  ]);
  const { times: _, ...pay } = calls[1];
  expect(effects.body).toEqual({ calls: [pay], next: null });
  expect(rest.body).toEqual({ calls: [], next: null });
  expect((await olga.get("/v1/runs/nowhere/effects")).status).toBe(404);
});

test("runs are found by the beginning of what they are called, and some of them by their ids", async () => {
  const olga = await bench().client("olga", "operator");
  const one = await rested(olga, "Note", "SUCCEEDED");
  const other = await rested(olga, "Hold", "SUSPENDED_WAIT");
  const idsOf = async (query: string): Promise<readonly string[]> =>
    asRuns(await olga.get(`/v1/runs?${query}`)).body.runs.map(({ run_id }) => run_id);

  expect(await idsOf(`search=${one.run_id.slice(0, 30)}`)).toContain(one.run_id);
  expect(await idsOf(`search=hol&ids=${one.run_id},${other.run_id}`)).toEqual([other.run_id]);
  expect(await idsOf(`ids=${one.run_id},${other.run_id}&status=SUCCEEDED`)).toEqual([one.run_id]);
  expect(await idsOf("search=nobody")).toEqual([]);
});
