import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/contracts/index.ts";
import { inTenant } from "../../src/store/index.ts";
import {
  type Approval,
  approvalIdOf,
  asApproval,
  asApprovals,
  asCalled,
  asEvents,
  asStarted,
  member,
  type Run,
} from "./answer.ts";
import { type Client, freshOrder, type HttpBench, OTHER, SHOP, useBench } from "./bench.ts";

const bench = useBench();
const ended = ({ ended_at }: Run) => ended_at !== null;

/** A run of PayOut that waits for its approval, and the approval. */
async function payOut({ until }: HttpBench, asker: Client) {
  const order_id = freshOrder();
  const { body: run } = asStarted(await asker.post("/v1/runs", { workflow: "PayOut", input: { order_id } }));
  const path = `/v1/runs/${run.run_id}`;
  const waiting = await until(
    () => asker.get(path),
    (body) => body.status === "SUSPENDED_HITL",
  );
  const approvalId = approvalIdOf(waiting.body);
  return { order_id, path, waiting, approvalPath: `/v1/approvals/${approvalId}`, approvalId };
}

const decisionOf = (decision: "APPROVE" | "DENY", shown: Approval) => ({
  decision,
  token: shown.token,
  preview_sha256: shown.preview_sha256,
});

describe("approvals over HTTP", () => {
  test("a FINANCIAL step waits, is approved by a person on exactly what was shown, and happens once (P1-T07)", async () => {
    const { client, until, till } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const { order_id, path, waiting, approvalPath, approvalId } = await payOut(bench(), olga);

    const shown = asApproval(await ann.get(approvalPath));
    const decided = await ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));
    const run = await until(() => olga.get(path), ended);
    const after = asApproval(await ann.get(approvalPath));

    expect(waiting.body.why).toMatch(
      new RegExp(
        `^waits for an approver to decide pay until .* UTC; approve it with \`countermark approve ${approvalId}\`$`,
      ),
    );
    expect(shown.body.preview).toMatchObject({ tool: "pay", input: { order_id }, requested_by: "olga" });
    expect(sha256Hex(shown.body.preview_text ?? "")).toBe(shown.body.preview_sha256);
    expect(decided.body).toEqual({ approval_id: approvalId, status: "APPROVED", missing: 0 });
    expect(run.body.status).toBe("SUCCEEDED");
    expect(till.effects.filter((effect) => effect === `pay ${order_id}`)).toHaveLength(1);
    expect(after.body).toMatchObject({
      status: "APPROVED",
      token: null,
      decisions: [{ approver: "ann", decision: "APPROVE" }],
    });
    expect(after.body.consumed_at).not.toBeNull();
  });

  test("what a reader may do is said, and the token is shown only to those who may decide now", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");
    const { approvalPath } = await payOut(bench(), olga);
    const secondKey = await client("olga", "approver");

    const asAsker = asApproval(await secondKey.get(approvalPath));
    const asOperator = asApproval(await olga.get(approvalPath));
    const bot = await client("bot", "approver", { kind: "agent" });
    const asAgent = asApproval(await bot.get(approvalPath));
    const ann = await client("ann", "approver");
    const asApprover = asApproval(await ann.get(approvalPath));

    expect(asOperator.body.actions[0]).toEqual({
      name: "approve",
      allowed: false,
      code: "ROLE_REQUIRED",
      reason: "this needs a key of role approver or admin; yours is operator",
    });
    expect(asAgent.body.actions[0]).toMatchObject({ code: "HITL_UNAUTHORIZED", reason: "only people approve" });
    expect(asAsker.body.actions[0]).toMatchObject({ code: "HITL_UNAUTHORIZED", reason: "who asked may not approve" });
    expect([asOperator.body.token, asAgent.body.token]).toEqual([null, null]);
    expect(asApprover.body.actions.map(({ allowed }) => allowed)).toEqual([true, true]);
    expect(asApprover.body.token).toEqual(expect.any(String));
  });

  test("who is not among the approvers is refused and written down (P1-T07-NEG-01)", async () => {
    const { client } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const bot = await client("bot", "approver", { kind: "agent" });
    const { approvalPath, approvalId } = await payOut(bench(), olga);
    const shown = asApproval(await ann.get(approvalPath));

    const byAgent = await bot.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));
    const byOperator = await olga.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));

    expect(byAgent).toMatchObject({ status: 403, body: { code: "HITL_UNAUTHORIZED" } });
    expect(byOperator).toMatchObject({ status: 403, body: { code: "ROLE_REQUIRED" } });
    expect(asApproval(await ann.get(approvalPath)).body.status).toBe("PENDING");
    const { body } = asEvents(await ann.get("/v1/ledger/streams/audit?limit=200"));
    const refusals = body.events.filter(
      ({ type, payload }) => type === "approval.decision_refused" && member(payload, "approval_id") === approvalId,
    );
    expect(refusals).toMatchObject([{ actor: "bot", payload: { code: "HITL_UNAUTHORIZED" } }]);
  });

  test("who asked may not approve, whatever their role", async () => {
    const { client } = bench();
    const ada = await client("ada", "admin");
    const { approvalPath } = await payOut(bench(), ada);
    const annShown = asApproval(await (await client("ann", "approver")).get(approvalPath));

    const decided = await ada.post(`${approvalPath}/decision`, decisionOf("APPROVE", annShown.body));

    expect(decided).toMatchObject({ status: 403, body: { code: "HITL_UNAUTHORIZED" } });
  });

  test("a token works once: its second use is refused (P1-T07-NEG-02)", async () => {
    const { client } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const { approvalPath } = await payOut(bench(), olga);
    const shown = asApproval(await ann.get(approvalPath));
    await ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));

    const replayed = await ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));

    expect(replayed).toMatchObject({ status: 403, body: { code: "HITL_TOKEN_REPLAY" } });
  });

  test("a token of another approval, and a hash of another preview, are refused", async () => {
    const { client } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const [one, other] = [await payOut(bench(), olga), await payOut(bench(), olga)];
    const shown = asApproval(await ann.get(one.approvalPath));
    const strange = asApproval(await ann.get(other.approvalPath));

    const wrongToken = await ann.post(`${one.approvalPath}/decision`, decisionOf("APPROVE", strange.body));
    const wrongHash = await ann.post(`${one.approvalPath}/decision`, {
      ...decisionOf("APPROVE", shown.body),
      preview_sha256: strange.body.preview_sha256,
    });

    expect(wrongToken).toMatchObject({ status: 403, body: { code: "HITL_TOKEN_REPLAY" } });
    expect(wrongHash).toMatchObject({ status: 409, body: { code: "HITL_PREVIEW_MISMATCH" } });
  });

  test("an approval whose preview is gone is shown without it: nobody may approve it, and it can be denied", async () => {
    const { client, installation } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const { approvalPath } = await payOut(bench(), olga);
    const { body } = asApproval(await ann.get(approvalPath));
    const digest = sha256Hex(body.preview_text ?? "");
    await inTenant(installation.database, SHOP, (sql) => installation.artifacts.erase(sql, digest));

    const shown = asApproval(await ann.get(approvalPath));
    const approved = await ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));
    const denied = await ann.post(`${approvalPath}/decision`, decisionOf("DENY", shown.body));

    expect(shown).toMatchObject({ status: 200, body: { preview: null, preview_text: null, status: "PENDING" } });
    expect(shown.body.actions).toEqual([
      { name: "approve", allowed: false, code: "ARTIFACT_ERASED", reason: expect.stringContaining("was erased") },
      { name: "deny", allowed: true, code: null, reason: null },
    ]);
    expect(approved).toMatchObject({ status: 410, body: { code: "ARTIFACT_ERASED", remedy: expect.any(String) } });
    expect(denied).toMatchObject({ status: 200, body: { status: "DENIED" } });
  });

  test("two approvers who race count once, and the money moves once (P1-T17)", async () => {
    const { client, until, till } = bench();
    const olga = await client("olga", "operator");
    const [ann, abe] = [await client("ann", "approver"), await client("abe", "approver")];
    const { order_id, path, approvalPath } = await payOut(bench(), olga);
    const shownAnn = asApproval(await ann.get(approvalPath));
    const shownAbe = asApproval(await abe.get(approvalPath));

    const answers = await Promise.all([
      ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shownAnn.body)),
      abe.post(`${approvalPath}/decision`, decisionOf("APPROVE", shownAbe.body)),
    ]);
    await until(() => olga.get(path), ended);

    const [first, second] = answers.toSorted((a, b) => a.status - b.status);
    expect(first).toMatchObject({ status: 200, body: { status: "APPROVED" } });
    expect(second).toMatchObject({ status: 409, body: { code: "HITL_CLOSED" } });
    expect(till.effects.filter((effect) => effect === `pay ${order_id}`)).toHaveLength(1);
    const { body } = asEvents(await olga.get(`${path}/events`));
    const decisions = body.events.filter(({ type }) => type === "approval.decided");
    expect(decisions).toHaveLength(1);
  });

  test("a denial ends the run, with no effect and the approver's name", async () => {
    const { client, until, till } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const { order_id, path, approvalPath } = await payOut(bench(), olga);
    const shown = asApproval(await ann.get(approvalPath));

    const decided = await ann.post(`${approvalPath}/decision`, {
      ...decisionOf("DENY", shown.body),
      reason: "not yet",
    });
    const run = await until(() => olga.get(path), ended);

    expect(decided.body).toMatchObject({ status: "DENIED" });
    expect(run.body).toMatchObject({ code: "HITL_DENIED", receipts: [] });
    expect(run.body.why).toContain("HITL_DENIED at step `pay`");
    expect(till.effects).not.toContain(`pay ${order_id}`);
    expect(asApproval(await ann.get(approvalPath)).body.decisions).toMatchObject([
      { approver: "ann", reason: "not yet" },
    ]);
  });

  test("the inbox lists what is pending, and nothing of another tenant", async () => {
    const { client } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const oscar = await client("oscar", "approver", { tenant: OTHER });
    const { approvalId, approvalPath } = await payOut(bench(), olga);

    const inbox = asApprovals(await ann.get("/v1/approvals?status=PENDING&limit=200"));
    const elsewhere = asApprovals(await oscar.get("/v1/approvals?status=PENDING"));
    const reached = await oscar.get(approvalPath);

    expect(inbox.body.approvals.map(({ approval_id }) => approval_id)).toContain(approvalId);
    expect(elsewhere.body.approvals).toEqual([]);
    expect(reached).toMatchObject({ status: 404, body: { code: "APPROVAL_NOT_FOUND" } });
  });
});

describe("single calls over HTTP", () => {
  test("a READ tool is called through its guards and answers at once", async () => {
    const { client } = bench();
    const olga = await client("olga", "operator");

    const called = await olga.post("/v1/calls", { tool: "look", input: { order_id: freshOrder() } });

    expect(called.status).toBe(200);
    expect(called.body).toMatchObject({
      status: "SUCCEEDED",
      workflow_id: "call:look",
      output: { done: "look" },
      failure: null,
    });
  });

  test("a FINANCIAL tool called alone waits for approval like any run", async () => {
    const { client, until, till } = bench();
    const [olga, ann] = [await client("olga", "operator"), await client("ann", "approver")];
    const order_id = freshOrder();

    const called = asCalled(await olga.post("/v1/calls", { tool: "pay", input: { order_id } }));
    const path = `/v1/runs/${called.body.run_id}`;
    const approvalPath = `/v1/approvals/${approvalIdOf(called.body)}`;
    const shown = asApproval(await ann.get(approvalPath));
    await ann.post(`${approvalPath}/decision`, decisionOf("APPROVE", shown.body));
    const run = await until(() => olga.get(path), ended);

    expect(called).toMatchObject({ status: 202, body: { status: "SUSPENDED_HITL", output: null } });
    expect(called.body.why).toMatch(/^waits for an approver to decide pay until /);
    expect(run.body.document.call).toEqual({ done: "pay" });
    expect(till.effects).toContain(`pay ${order_id}`);
  });

  test("a tool that no pack has, or that was withdrawn, is not called", async () => {
    const { client, till } = bench();
    const [olga, ada] = [await client("olga", "operator"), await client("ada", "admin")];
    const order_id = freshOrder();

    const unknown = await olga.post("/v1/calls", { tool: "fly", input: {} });
    await ada.post("/v1/tools/note/revoke", { reason: "it misspells" });
    const withdrawn = await olga.post("/v1/calls", { tool: "note", input: { order_id } });
    await ada.post("/v1/tools/note/restore");
    const restored = await olga.post("/v1/calls", { tool: "note", input: { order_id } });
    const slip = await ada.post("/v1/tools/nota/revoke", { reason: "a slip" });

    expect(unknown).toMatchObject({ status: 404, body: { code: "TOOL_NOT_FOUND" } });
    expect(withdrawn).toMatchObject({ status: 200, body: { failure: { code: "PERMISSION_DENIED" }, output: null } });
    expect(restored.body).toMatchObject({ status: "SUCCEEDED", output: { done: "note" } });
    expect(till.effects.filter((effect) => effect === `note ${order_id}`)).toHaveLength(1);
    expect(slip).toMatchObject({ status: 404, body: { code: "TOOL_NOT_FOUND" } });
  });
});
