import { afterAll, beforeAll, expect, test } from "vitest";
import { setCredential } from "../../src/api/administer.ts";
import { call, flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import { tablesWith } from "./tables-with.ts";

/** What a tool says too much: addresses, numbers and keys made for these tests. */
const EMAIL = "jane.doe@shop.example.com";
const PHONE = "+14155550134";
const KEY = ["sk", "test", "FLOW5678WXYZ"].join("_");
const CARD = "4242 4242 4242 4242";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

test("the search finds what is stored, in whichever column, as text and as bytes", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });

  await tenant.runs("W", { text: "a needle in the hay" });
  await tenant.sql((sql) =>
    shop.installation.artifacts.put(sql, { content: "a needle in the hay", mediaType: "text/plain" }),
  );

  expect(await tablesWith(shop, "a needle in the hay")).toEqual(["artifact", "event", "event_default"]);
});

for (const tool of ["look", "reserve"]) {
  test(`P1-T35 P1-T-RK08a an e-mail address in the output of \`${tool}\` is masked everywhere and stored nowhere`, async () => {
    const tenant = await shop.tenant({
      workflows: [
        flow("W", [
          call("ask", tool, { next_step: "tell" }),
          call("tell", "note", { tool_input_mapping: { text: "$.ask.text" } }),
        ]),
      ],
    });
    const entityId = `${tenant.id}_ord_1`;
    const text = `write to ${EMAIL} or call ${PHONE}`;
    tenant.answers(tool, () =>
      applied({ text }, { entities: [{ entityType: "order", entityId, set: { contact: text } }] }),
    );

    const run = await tenant.runs("W");

    const masked = "write to j***@***.com or call ***-***-0134";
    expect(run.outcome).toBe("SUCCESS");
    expect((await tenant.event(run.run_id, "step.succeeded", "ask")).payload).toMatchObject({
      patch: [{ value: { text: masked } }],
    });
    expect(tenant.calls("note").map(({ input }) => input)).toEqual([{ text: masked }]);
    expect((await tenant.entity(entityId))?.state).toEqual({ contact: masked });
    for (const original of [EMAIL, "jane.doe", PHONE]) expect(await tablesWith(shop, original)).toEqual([]);
    const found = (await tenant.events(run.run_id)).filter(({ type }) => type === "scanner.detected");
    expect(
      found.map(({ step, severity, payload: { part, kind, field_path, alert } }) => [
        step,
        severity,
        [part, kind, field_path, alert].join(" "),
      ]),
    ).toEqual([
      ["ask", "warning", "output EMAIL $.text P2"],
      ["ask", "warning", "output PHONE $.text P2"],
      ["ask", "warning", "entity EMAIL $.contact P2"],
      ["ask", "warning", "entity PHONE $.contact P2"],
    ]);
  });

  for (const [reason, secret] of [
    ["SECRET", KEY],
    ["CARD", CARD],
  ]) {
    test(`P1-T-RK08b ${reason} in the output of \`${tool}\`: a stub is traced, the value is stored nowhere, and it is told`, async () => {
      const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", tool)])] });
      tenant.answers(tool, () => applied({ state: "fine", text: `the key is ${secret}` }));

      const run = await tenant.runs("W");

      expect(run.outcome).toBe("SUCCESS");
      const { payload } = await tenant.event(run.run_id, "step.succeeded");
      expect(payload).toMatchObject({
        patch: [{ value: { state: "fine", text: "[REDACTED:string]" } }],
        call: { output: { stub: { tool, step_id: "ask", reason, field_path: "$.text" } } },
      });
      expect(await tablesWith(shop, secret ?? "")).toEqual([]);
      expect(await tenant.event(run.run_id, "scanner.detected")).toMatchObject({
        step: "ask",
        severity: "error",
        payload: { tool, part: "output", kind: reason, field_path: "$.text", alert: "P1" },
      });
    });
  }

  test(`what \`${tool}\` says when it fails is cleaned too`, async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", tool)])] });
    tenant.answers(tool, () => ({ kind: "rejected", code: "REFUSED", message: `no account for ${EMAIL}` }));

    const run = await tenant.runs("W");

    expect(run.code).toBe("REFUSED");
    expect((await tenant.event(run.run_id, "step.failed")).payload.message).toBe("no account for j***@***.com");
    expect((await tenant.event(run.run_id, "scanner.detected")).payload).toMatchObject({
      part: "error",
      kind: "EMAIL",
    });
    expect(await tablesWith(shop, EMAIL)).toEqual([]);
  });
}

test("P1-T-RK08b a secret in a call's input is told, and the traces hold a stub of it", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("ask", "look", { tool_input_mapping: { text: "$.trigger.text" } })])],
  });

  const run = await tenant.runs("W", { text: KEY });

  expect((await tenant.event(run.run_id, "scanner.detected", "ask")).payload).toMatchObject({
    tool: "look",
    part: "input",
    kind: "SECRET",
    field_path: "$.text",
  });
});

test("a call in which nothing is found tells nothing", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });

  const run = await tenant.runs("W");

  expect(await tenant.types(run.run_id)).toEqual(["run.started", "step.succeeded", "run.ended"]);
});

test("what a person is shown of a call holds nothing that must not be stored", async () => {
  const tenant = await shop.tenant({
    workflows: [
      flow("PAY", [
        call("ask", "look", { next_step: "pay" }),
        call("pay", "charge", { tool_input_mapping: { text: "$.ask.text" } }),
      ]),
    ],
  });
  tenant.answers("look", () => applied({ text: `refund ${EMAIL}` }));

  const approval = await tenant.pending(await tenant.start("PAY"));

  expect((await tenant.preview(approval)).document.input).toEqual({ text: "refund j***@***.com" });
  expect(await tablesWith(shop, EMAIL)).toEqual([]);
});

test("P1-T-RK08b a secret in what a person is asked is told when they are asked, whatever they answer", async () => {
  const tenant = await shop.tenant({ workflows: [flow("PAY", [call("pay", "charge")])] });

  const runId = await tenant.start("PAY", { text: KEY });
  const approval = await tenant.pending(runId);
  await tenant.decides(approval, "DENY");
  await tenant.ends(runId);

  expect((await tenant.preview(approval)).document.input).toMatchObject({ code: "TRACE_WRITE_REJECTED" });
  expect((await tenant.event(runId, "scanner.detected", "pay")).payload).toMatchObject({
    tool: "charge",
    part: "approval",
    alert: "P1",
  });
});

test("a credential's secret and settings are stored sealed", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
  const credential = {
    service: "carrier",
    origin: "http://127.0.0.1:9",
    secret: "open sesame",
    settings: { hook: "swordfish" },
  };

  await setCredential(shop.installation, { tenantId: tenant.id, ...credential, by: "test" });

  expect(await tablesWith(shop, "http://127.0.0.1:9")).toContain("credential");
  for (const secret of ["open sesame", "swordfish"]) expect(await tablesWith(shop, secret)).toEqual([]);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
