import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addKey } from "../../src/api/administer.ts";
import type { ApprovalRow, Approver } from "../../src/approve/index.ts";
import { after, digestOf, sha256Hex } from "../../src/contracts/index.ts";
import type { ApprovalRule } from "../../src/guard/index.ts";
import { principalKind, resolveKey, revokeTool } from "../../src/guard/index.ts";
import { writeEntity } from "../../src/ledger/index.ts";
import type { TenantQuery } from "../../src/store/index.ts";
import { call, flow, rule } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import { ALICE, BOB, type FlowTenant, OPERATOR } from "./tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

/** A tenant whose `dispatch` needs approval by a rule, and a run of it that waits for one. */
async function asked(rest: Partial<ApprovalRule> = {}, trigger: { readonly [name: string]: string } = {}) {
  const workflows = [flow("W", [call("send", "dispatch")], { allowed_failure_modes: ["HITL_DENIED"] })];
  const tenant = await shop.tenant({ workflows, rules: [rule("dispatch", rest)] });
  const runId = await tenant.start("W", { text: "to Ada", ...trigger });
  return { tenant, runId, approval: await tenant.pending(runId) };
}

const codesAudited = async (tenant: FlowTenant): Promise<readonly unknown[]> =>
  (await tenant.audited())
    .filter(({ type }) => type === "approval.decision_refused")
    .map(({ payload }) => payload.code);

describe("an approval", () => {
  test("P1-T16 a call under a rule waits: the request is pending, the run suspended, the handler not invoked", async () => {
    const { tenant, runId, approval } = await asked();

    const run = await tenant.rests(runId, "SUSPENDED_HITL");

    expect(run.outcome).toBeNull();
    expect(approval).toMatchObject({
      status: "PENDING",
      tool_name: "dispatch",
      requested_by: OPERATOR,
      rule_id: "dispatch",
    });
    const preview = await tenant.preview(approval);
    expect(sha256Hex(preview.text)).toBe(approval.preview_sha256);
    expect(preview.document).toMatchObject({ tool: "dispatch", input: { text: "to Ada" }, base: [] });
    expect(tenant.calls()).toEqual([]);
  });

  test("P1-T17 an authorised approval is logged, executes the call once and the run completes", async () => {
    const { tenant, runId, approval } = await asked();

    const decided = await tenant.decides(approval, "APPROVE", ALICE, { reason: "Ada is waiting" });
    const run = await tenant.ends(runId);

    expect(decided).toEqual({ ok: true, status: "APPROVED", missing: 0 });
    expect(run.outcome).toBe("SUCCESS");
    expect(tenant.calls("dispatch")).toHaveLength(1);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "APPROVED", consumed_at: expect.any(Number) }]);
    expect((await tenant.event(runId, "approval.decided")).payload).toMatchObject({
      decision: "approved",
      by: "alice",
    });
    const votes = (await tenant.audited()).filter(({ type }) => type === "approval.voted");
    expect(votes).toMatchObject([{ actor: "alice", payload: { decision: "APPROVE", reason: "Ada is waiting" } }]);
  });

  test("a denial aborts the call with HITL_DENIED, an expected failure where the workflow lists it", async () => {
    const { tenant, runId, approval } = await asked();

    await tenant.decides(approval, "DENY");
    const run = await tenant.ends(runId);

    expect(run).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "HITL_DENIED" });
    expect(tenant.calls()).toEqual([]);
  });

  test("P1-T07-NEG-01 who is not among the approvers is refused and audited, and the request stays pending", async () => {
    const { tenant, runId, approval } = await asked();
    const mallory: Approver = { principalId: "mallory", kind: "person", role: "operator" };

    const refused = await tenant.decides(approval, "APPROVE", mallory);

    expect(refused).toMatchObject({ ok: false, refusal: { code: "HITL_UNAUTHORIZED" } });
    expect(await codesAudited(tenant)).toEqual(["HITL_UNAUTHORIZED"]);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "PENDING" }]);
  });

  test("who asked may not approve, though among the approvers", async () => {
    const { tenant, approval } = await asked({ authorized_approvers: [OPERATOR, "alice"] });

    const refused = await tenant.decides(approval, "APPROVE", { ...ALICE, principalId: OPERATOR });

    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: "HITL_UNAUTHORIZED", message: "who asked may not approve" },
    });
  });

  test("agents and services never approve, whatever they are named in", async () => {
    const { tenant, approval } = await asked({ authorized_approvers: ["helper", "role:approver"] });

    for (const kind of ["agent", "service"] as const) {
      const refused = await tenant.decides(approval, "APPROVE", { principalId: "helper", kind, role: "approver" });
      expect(refused).toMatchObject({
        ok: false,
        refusal: { code: "HITL_UNAUTHORIZED", message: "only people approve" },
      });
    }
  });

  test("P1-T07-NEG-02 the token of an earlier approval is refused, and so is one that was used", async () => {
    const { tenant, runId, approval } = await asked();
    await tenant.decides(approval, "APPROVE");
    const used = await tenant.decides(approval, "APPROVE");
    await tenant.ends(runId);
    const other = await tenant.pending(await tenant.start("W", { text: "to Bob" }));

    const earlier = await tenant.decides(other, "APPROVE", ALICE, { token: await tenant.token(approval) });

    expect([used, earlier]).toMatchObject([
      { ok: false, refusal: { code: "HITL_TOKEN_REPLAY" } },
      { ok: false, refusal: { code: "HITL_TOKEN_REPLAY" } },
    ]);
    expect(await codesAudited(tenant)).toEqual(["HITL_TOKEN_REPLAY", "HITL_TOKEN_REPLAY"]);
  });

  test("a decision about another preview is refused", async () => {
    const { tenant, approval } = await asked();

    const refused = await tenant.decides(approval, "APPROVE", ALICE, { previewSha256: sha256Hex("another") });

    expect(refused).toMatchObject({ ok: false, refusal: { code: "HITL_PREVIEW_MISMATCH" } });
  });

  test("P1-T07-NEG-03 when nobody decides, the call fails HITL_TIMEOUT, nothing is executed, and a late decision is refused", async () => {
    const { tenant, runId, approval } = await asked({ timeout_seconds: 60 });

    await shop.clock.move(60_000);
    const run = await tenant.ends(runId);
    const late = await tenant.decides(approval, "APPROVE");

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "HITL_TIMEOUT" });
    expect(tenant.calls()).toEqual([]);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "TIMED_OUT" }]);
    expect((await tenant.event(runId, "approval.decided")).payload).toMatchObject({ decision: "timed_out", by: null });
    expect(late).toMatchObject({ ok: false, refusal: { code: "HITL_CLOSED" } });
  });

  test("RT-603 a decision that the table of a change does not have is refused, and recorded with the move that was asked for", async () => {
    const { tenant, runId, approval } = await asked();
    await tenant.decides(approval, "DENY", ALICE);
    await tenant.ends(runId);

    const late = await tenant.decides(approval, "APPROVE", BOB);

    const reason_code = "STATE.INVALID_TRANSITION.REJECTED.APPROVED";
    expect(late).toMatchObject({ ok: false, refusal: { code: "HITL_CLOSED", details: { reason_code } } });
    const refused = (await tenant.audited()).filter(({ type }) => type === "approval.decision_refused");
    expect(refused).toMatchObject([
      {
        actor: "bob",
        severity: "warning",
        payload: { code: "HITL_CLOSED", reason_code, approval_id: approval.approval_id },
      },
    ]);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "DENIED" }]);
    expect(tenant.calls("dispatch")).toEqual([]);
  });

  test("a decision after the time-out is refused even before a worker has noticed it", async () => {
    const { tenant, runId, approval } = await asked({ timeout_seconds: 60 });
    await tenant.rests(runId, "SUSPENDED_HITL");
    await shop.rest();

    await shop.clock.move(60_000);
    const late = await tenant.decides(approval, "APPROVE");
    shop.work();

    expect(late).toMatchObject({ ok: false, refusal: { code: "HITL_CLOSED" } });
    expect((await tenant.ends(runId)).code).toBe("HITL_TIMEOUT");
  });

  test("P1-T07-NEG-04 when nobody decides, it goes to the next level with a new time-out and a new token", async () => {
    const escalating = { timeout_seconds: 60, timeout_action: "ESCALATE", escalation_chain: ["bob"] } as const;
    const { tenant, runId, approval } = await asked({ ...escalating, authorized_approvers: ["alice"] });
    const firstToken = await tenant.token(approval);

    await shop.clock.move(60_000);
    const escalated = await shop.until("the next level", async () => {
      const [row] = await tenant.approvals(runId);
      return row?.escalation_level === 1 && row;
    });
    const tooLate = await tenant.decides(escalated, "APPROVE", ALICE);
    const oldToken = await tenant.decides(escalated, "APPROVE", BOB, { token: firstToken });
    const decided = await tenant.decides(escalated, "APPROVE", BOB);

    expect(escalated).toMatchObject({ status: "PENDING", authorized_approvers: ["bob"] });
    expect(escalated.timeout_at).toBeGreaterThanOrEqual(approval.timeout_at + 60_000);
    expect(tooLate).toMatchObject({ ok: false, refusal: { code: "HITL_UNAUTHORIZED" } });
    expect(oldToken).toMatchObject({ ok: false, refusal: { code: "HITL_TOKEN_REPLAY" } });
    expect(decided).toEqual({ ok: true, status: "APPROVED", missing: 0 });
    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
    expect(tenant.calls("dispatch")).toHaveLength(1);
  });

  test("after the last level the request times out", async () => {
    const { tenant, runId } = await asked({
      timeout_seconds: 60,
      timeout_action: "ESCALATE",
      escalation_chain: ["bob"],
    });

    for (const level of [1, 2]) {
      await shop.clock.move(60_000);
      if (level === 1)
        await shop.until("the next level", async () => (await tenant.approvals(runId))[0]?.escalation_level === 1);
    }

    expect((await tenant.ends(runId)).code).toBe("HITL_TIMEOUT");
  });

  test("AUTO_APPROVE lets a call that moves no money pass after its time-out, decided by the system", async () => {
    const { tenant, runId } = await asked({ timeout_seconds: 60, timeout_action: "AUTO_APPROVE" });

    await shop.clock.move(60_000);
    const run = await tenant.ends(runId);

    expect(run.outcome).toBe("SUCCESS");
    expect(tenant.calls("dispatch")).toHaveLength(1);
    expect((await tenant.event(runId, "approval.decided")).payload).toMatchObject({
      decision: "approved",
      by: "system",
    });
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "APPROVED" }]);
  });

  test("a cancelled run closes its approval, and the decision comes too late", async () => {
    const { tenant, runId, approval } = await asked();

    await tenant.tells(runId, "cancel", { reason: "the customer changed their mind" });
    const run = await tenant.ends(runId);

    expect(run).toMatchObject({ status: "CANCELLED", outcome: "CANCELLED", code: "RUN_CANCELLED" });
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "CANCELLED" }]);
    expect(await tenant.decides(approval, "APPROVE")).toMatchObject({ ok: false, refusal: { code: "HITL_CLOSED" } });
  });
});

describe("a quorum", () => {
  test("two people are needed, and the same person twice counts once", async () => {
    const { tenant, runId, approval } = await asked({ required_approvers: 2 });

    const first = await tenant.decides(approval, "APPROVE");
    const same = await tenant.decides(approval, "APPROVE");
    const second = await tenant.decides(approval, "APPROVE", BOB);

    expect([first, same]).toEqual(Array(2).fill({ ok: true, status: "PENDING", missing: 1 }));
    expect(second).toEqual({ ok: true, status: "APPROVED", missing: 0 });
    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
  });

  test("two keys of one principal are one person", async () => {
    const { tenant, approval } = await asked({ required_approvers: 2, authorized_approvers: ["role:approver"] });
    const { installation } = shop;
    const owner = { tenantId: tenant.id, principalId: "carol", kind: "person", role: "approver", by: "test" } as const;

    const votes = [];
    for (const { key } of [await addKey(installation, owner), await addKey(installation, owner)]) {
      const found = await resolveKey(installation.database.app, sha256Hex(key));
      const kind = await tenant.sql((sql) => principalKind(sql, found?.principal_id ?? ""));
      const approver = { principalId: found?.principal_id ?? "", kind: kind ?? "agent", role: found?.role ?? "" };
      votes.push(await tenant.decides(approval, "APPROVE", approver));
    }

    expect(votes).toEqual(Array(2).fill({ ok: true, status: "PENDING", missing: 1 }));
  });

  test("one denial is enough", async () => {
    const { tenant, runId, approval } = await asked({ required_approvers: 2 });

    await tenant.decides(approval, "APPROVE");
    const denied = await tenant.decides(approval, "DENY", BOB);

    expect(denied).toEqual({ ok: true, status: "DENIED", missing: 0 });
    expect((await tenant.ends(runId)).code).toBe("HITL_DENIED");
  });

  test("two approvers racing for the last vote: one closes it, the call is made once", async () => {
    const { tenant, runId, approval } = await asked();

    const votes = await Promise.all([
      tenant.decides(approval, "APPROVE", ALICE),
      tenant.decides(approval, "APPROVE", BOB),
    ]);
    await tenant.ends(runId);

    expect(votes.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(votes.find(({ ok }) => !ok)).toMatchObject({ refusal: { code: "HITL_CLOSED" } });
    expect(tenant.calls("dispatch")).toHaveLength(1);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "APPROVED", consumed_at: expect.any(Number) }]);
  });
});

describe("what an approval rests on", () => {
  const moveEntity = async (
    tenant: FlowTenant,
    entityId: string,
    version: number,
    state: { readonly total: number },
  ) => {
    const patch = [{ op: version === 1 ? "add" : "replace", path: "/total", value: state.total }];
    const written = await tenant.sql((sql) =>
      writeEntity(sql, {
        entityType: "order",
        entityId,
        version,
        state: JSON.stringify(state),
        stateSha256: digestOf(state),
        patch: JSON.stringify(patch),
        correlationId: "outside",
        by: null,
        at: tenant.now(),
      }),
    );
    expect(written).toBe(true);
  };

  /** A run that asked about an order at version 1. */
  async function askedAboutOrder() {
    const workflows = [flow("W", [call("send", "dispatch")], { allowed_failure_modes: ["BASE_DRIFTED"] })];
    const tenant = await shop.tenant({ workflows, rules: [rule("dispatch")] });
    const orderId = `${tenant.id}_ord_1`;
    await moveEntity(tenant, orderId, 1, { total: 4500 });
    const runId = await tenant.start("W", { item_id: orderId });
    const approval = await tenant.pending(runId);
    await tenant.rests(runId, "SUSPENDED_HITL");
    return { tenant, runId, orderId, approval };
  }

  test("a base that moved between preview and decision voids the approval, and says what changed", async () => {
    const { tenant, runId, orderId, approval } = await askedAboutOrder();
    await moveEntity(tenant, orderId, 2, { total: 9900 });

    const refused = await tenant.decides(approval, "APPROVE");
    const run = await tenant.ends(runId);

    const drift = `order \`${orderId}\` went from version 1 to 2: /total is now 9900`;
    expect(refused).toEqual({ ok: false, refusal: { code: "BASE_DRIFTED", message: drift } });
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "VOIDED", void_reason: drift }]);
    expect(run).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "BASE_DRIFTED" });
    expect(tenant.calls()).toEqual([]);
  });

  test("a base that moved between decision and intent voids the approval too: the call is not made", async () => {
    const { tenant, runId, orderId, approval } = await askedAboutOrder();
    await shop.rest();
    expect(await tenant.decides(approval, "APPROVE")).toMatchObject({ ok: true, status: "APPROVED" });
    await moveEntity(tenant, orderId, 2, { total: 9900 });

    shop.work();
    const run = await tenant.ends(runId);

    expect(run.code).toBe("BASE_DRIFTED");
    const refusal = await tenant.event(runId, "call.refused");
    expect(refusal.payload).toMatchObject({
      stage: "approval",
      message: expect.stringContaining("/total is now 9900"),
    });
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "VOIDED", consumed_at: null }]);
    expect(tenant.calls()).toEqual([]);
  });

  test("an approval never revives a permission that was withdrawn meanwhile", async () => {
    const { tenant, runId, approval } = await asked();
    await tenant.rests(runId, "SUSPENDED_HITL");
    await shop.rest();
    await tenant.decides(approval, "APPROVE");
    await tenant.sql((sql) => revokeTool(sql, { tool: "dispatch", by: "admin", reason: "recalled", at: tenant.now() }));

    shop.work();
    const run = await tenant.ends(runId);

    expect(run.code).toBe("PERMISSION_DENIED");
    expect((await tenant.event(runId, "call.refused")).payload.message).toContain("revoked");
    expect(tenant.calls()).toEqual([]);
    expect(await tenant.approvals(runId)).toMatchObject([{ status: "APPROVED", consumed_at: null }]);
  });

  test("a revocation holds from the next call on, also of a tool that only reads", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
    await tenant.runs("W");
    await tenant.sql((sql) => revokeTool(sql, { tool: "look", by: "admin", reason: "recalled", at: tenant.now() }));

    const run = await tenant.runs("W");

    expect(run.code).toBe("PERMISSION_DENIED");
    expect(tenant.calls("look")).toHaveLength(1);
  });

  /** A run that reads, has `next` revoked meanwhile, and then calls it. */
  async function runsRevoked(next: string, waitMs: number) {
    const steps = [call("ask", "look", { next_step: "then" }), call("then", next)];
    const tenant = await shop.tenant({ workflows: [flow("W", steps)] });
    tenant.answers("look", async () => {
      const revocation = { tool: next, by: "admin", reason: "recalled", at: tenant.now() };
      await tenant.sql((sql) => revokeTool(sql, revocation));
      await shop.clock.host.clock.wake(after(tenant.now(), waitMs), new AbortController().signal);
      return applied();
    });
    return { run: await tenant.runs("W"), calls: tenant.calls(next) };
  }

  test.each([
    ["its very next call, if that writes", "note", 0],
    ["every call that begins 50 ms after it, if that reads", "think", 55],
  ])("a revocation while a run is under way holds for %s", async (_, tool, waitMs) => {
    const { run, calls } = await runsRevoked(tool, waitMs);

    expect(run.code).toBe("PERMISSION_DENIED");
    expect(calls).toEqual([]);
  });
});

describe("a preview that can no longer be shown", () => {
  const LOSSES: readonly (readonly [
    string,
    string,
    (approval: ApprovalRow, tenant: FlowTenant) => Promise<unknown>,
  ])[] = [
    [
      "was erased",
      "ARTIFACT_ERASED",
      ({ preview_sha256 }, tenant) => tenant.sql((sql) => shop.installation.artifacts.erase(sql, preview_sha256)),
    ],
    ["was altered", "ARTIFACT_CORRUPT", ({ preview_sha256 }) => forced((sql) => alter(sql, preview_sha256))],
    ["is missing", "ARTIFACT_NOT_FOUND", ({ preview_sha256 }) => forced((sql) => remove(sql, preview_sha256))],
  ];

  test.each(LOSSES)(
    "and that %s is not approved: refused and audited with %s; it can be denied",
    async (_how, code, lose) => {
      const { tenant, runId, approval } = await asked();
      await lose(approval, tenant);

      const approved = await tenant.decides(approval, "APPROVE");
      const status = (await tenant.approvals(runId)).map((row) => row.status);
      const denied = await tenant.decides(approval, "DENY");
      const run = await tenant.ends(runId);

      expect(approved).toMatchObject({ ok: false, refusal: { code } });
      expect(status).toEqual(["PENDING"]);
      expect(await codesAudited(tenant)).toEqual([code]);
      expect(denied).toMatchObject({ ok: true, status: "DENIED" });
      expect(run.code).toBe("HITL_DENIED");
      expect(tenant.calls()).toEqual([]);
    },
  );

  /** What only the owner of the database can do, and no more than a superuser who goes past its constraints. */
  const forced = (change: (sql: TenantQuery) => Promise<unknown>) =>
    shop.installation.database.owner.begin(async (sql) => {
      await sql`set local session_replication_role = replica`;
      await change(sql);
    });
  const alter = async (sql: TenantQuery, digest: string) => {
    await sql`alter table countermark.artifact drop constraint artifact_content`;
    await sql`update countermark.artifact set content = content || ' ' where digest = ${digest}`;
  };
  const remove = (sql: TenantQuery, digest: string) => sql`delete from countermark.artifact where digest = ${digest}`;
});

test("runs that ask for one call at the same time share one request, its decision and its effect", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("send", "dispatch")])], rules: [rule("dispatch")] });
  tenant.answers("dispatch", () => applied({ state: "sent" }));
  await shop.rest();
  const runIds = await Promise.all(Array.from({ length: 5 }, () => tenant.start("W", { text: "to all" })));
  shop.work();

  const [pending, ...others] = await shop.until("a request", async () => {
    const rows = await Promise.all(runIds.map((runId) => tenant.approvals(runId)));
    return rows.flat().length > 0 && rows.flat();
  });
  expect(others).toEqual([]);
  if (pending !== undefined) await tenant.decides(pending, "APPROVE");
  const runs = await Promise.all(runIds.map((runId) => tenant.ends(runId)));

  expect(runs.map(({ outcome }) => outcome)).toEqual(Array(5).fill("SUCCESS"));
  expect(tenant.calls("dispatch")).toHaveLength(1);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
