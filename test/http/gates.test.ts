import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listPoliciesEndpoint } from "../../src/api/endpoints/policies.ts";
import { after, formatInstant, isJsonObject, type Json } from "../../src/contracts/index.ts";
import { decideAgain, documentIn, parsePacket } from "../../src/release/index.ts";
import { realHost } from "../database/real-host.ts";
import { codeIn, member, type Run } from "./answer.ts";
import { freshOrder, OTHER, useBench } from "./bench.ts";

const bench = useBench();
const ended = ({ ended_at }: Run) => ended_at !== null;

const POLICY = readFileSync("policies/production.yaml", "utf8");
const LENIENT = POLICY.replace("sample_min: 73", "sample_min: 2")
  .replace("limit: 0.95", "limit: 0.2")
  .replace("id: production", "id: lenient")
  .replaceAll("channels: [prod_traffic]", "include: valid");

/** Two runs that have ended well. */
async function twoRuns() {
  const { client, until } = bench();
  const olga = await client("olga", "operator");
  for (const workflow of ["Note", "Note"]) {
    const started = await olga.post("/v1/runs", { workflow, input: { order_id: freshOrder() } });
    await until(() => olga.get(`/v1/runs/${String(member(started.body, "run_id"))}`), ended);
  }
  return olga;
}

/** The next second: evidence of the running one is not there yet. */
const soon = () => formatInstant(after(realHost.clock.now(), 1000));

const listed = (body: Json): readonly Json[] => {
  const rows = member(body, "evaluations");
  return Array.isArray(rows) ? rows : [];
};

test("what the ledger holds is judged where it is, recorded and counted: evaluating again until it pleases shows", async () => {
  const olga = await twoRuns();
  const vera = await bench().client("vera", "viewer");

  const first = await olga.post("/v1/gates/evaluations", { policy: POLICY, subject: "bundle-1" });
  const second = await olga.post("/v1/gates/evaluations", { policy: POLICY, subject: "bundle-1" });
  const other = await olga.post("/v1/gates/evaluations", { policy: POLICY, subject: "bundle-2" });
  const list = await vera.get("/v1/gates/evaluations?policy=production&limit=2");

  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.body).toMatchObject({
    count: 1,
    evaluation: { policy_id: "production", source: "ledger", verdict: "NO-GO", cause: "missing", recorded_by: "olga" },
    decision: {
      verdict: "NO-GO",
      evidence: { sources: { runs: { state: "complete" }, receipts: { state: "complete" } } },
    },
  });
  expect(second.body).toMatchObject({ count: 2 });
  expect(other.body).toMatchObject({ count: 1 });
  expect(listed(list.body)).toMatchObject([{ subject: "bundle-2" }, { subject: "bundle-1" }]);
  expect(codeIn(await vera.post("/v1/gates/evaluations", { policy: POLICY }))).toBe("ROLE_REQUIRED");
});

test("a recorded decision is found by its digest, and its packet comes to the same without the database", async () => {
  const olga = await twoRuns();

  const made = await olga.post("/v1/gates/evaluations", { policy: LENIENT, at: soon() });
  const digest = String(member(member(made.body, "decision"), "digest"));
  const shown = await olga.get(`/v1/gates/evaluations/${digest}`);
  const verified = await olga.post("/v1/ledger/verify", { stream: "gate:lenient" });

  expect(made.body).toMatchObject({ evaluation: { verdict: "GO", decision_sha256: digest } });
  expect(shown.body).toMatchObject({ decision: member(made.body, "decision"), count: member(made.body, "count") });
  const document = documentIn(String(member(shown.body, "packet")));
  const packet = document.ok ? parsePacket(document.value) : document;
  expect(packet.ok && decideAgain(packet.value)).toMatchObject({ ok: true, value: { decision: { digest } } });
  expect(verified.body).toMatchObject({ verified: true, events: member(made.body, "count") });
});

test("evidence that is brought is judged and kept like the ledger's, and said to be imported", async () => {
  const olga = await bench().client("olga", "operator");
  const run = {
    kind: "run",
    channel: "prod_traffic",
    at: "2026-03-08T00:00:00Z",
    columns: { workflow: "w", pack: "p", pack_digest: "d", outcome: "SUCCESS", code: null, ms: 1, cost_micros: 0 },
  };
  const evidence = [
    { name: "runs.ndjson", text: ["1", "2", "3"].map((id) => JSON.stringify({ ...run, id })).join("\n") },
    { name: "receipts.ndjson", text: JSON.stringify({ kind: "receipt", units: 0 }) },
  ];

  const made = await olga.post("/v1/gates/evaluations", { policy: LENIENT, evidence, at: "2026-03-09T00:00:00Z" });

  expect(made.body).toMatchObject({
    evaluation: { source: "imported", verdict: "GO", decided_at: "2026-03-09T00:00:00.000Z" },
  });
});

test("another tenant's evaluations are not found, nor are its runs evidence", async () => {
  const olga = await twoRuns();
  const oscar = await bench().client("oscar", "admin", { tenant: OTHER });
  const made = await olga.post("/v1/gates/evaluations", { policy: LENIENT });

  const theirs = await oscar.post("/v1/gates/evaluations", { policy: LENIENT });
  const digest = String(member(member(made.body, "decision"), "digest"));

  expect(codeIn(await oscar.get(`/v1/gates/evaluations/${digest}`))).toBe("GATE_EVALUATION_NOT_FOUND");
  expect(member(member(theirs.body, "decision"), "evidence")).toMatchObject({ units: { run: 0, receipt: 0 } });
  expect(listed((await oscar.get("/v1/gates/evaluations")).body)).toHaveLength(1);
});

test.each([
  [{ policy: "id: [" }, "GATE_POLICY_SYNTAX"],
  [{ policy: POLICY.replace("sources:", "colour:") }, "GATE_POLICY_FIELD_UNKNOWN"],
  [{ policy: POLICY, profile: "strict" }, "GATE_PROFILE_UNKNOWN"],
  [{ policy: POLICY.replace("fn: units", "fn: other") }, "GATE_DERIVATION_UNKNOWN"],
  [{ policy: POLICY, evidence: [{ name: "rows.json", text: "{}" }] }, "GATE_EVIDENCE_MISSING"],
  [{ policy: POLICY, at: "tomorrow" }, "REQUEST_INVALID"],
])("an evaluation that cannot be made is refused, and nothing is recorded: %#", async (body, code) => {
  const olga = await bench().client("olga", "operator");
  const before = listed((await olga.get("/v1/gates/evaluations?limit=200")).body).length;

  const refused = await olga.post("/v1/gates/evaluations", body);

  expect(codeIn(refused)).toBe(code);
  expect(isJsonObject(refused.body) && typeof refused.body.remedy).toBe("string");
  expect(listed((await olga.get("/v1/gates/evaluations?limit=200")).body)).toHaveLength(before);
});

test("policies are listed with what each said last and what lint says, and are read as they were judged by", async () => {
  const { client } = bench();
  const [olga, vera] = [await client("olga", "operator"), await client("vera", "viewer")];
  const unheard = LENIENT.replace("id: lenient", "id: unheard").replace("sample_min: 2", "sample_min: 1");
  const made = await olga.post("/v1/gates/evaluations", { policy: unheard, subject: "bundle-9" });
  const digest = String(member(member(made.body, "evaluation"), "policy_sha256"));

  const { policies } = listPoliciesEndpoint.answer.parse((await vera.get("/v1/gates/policies")).body);
  const shown = await vera.get(`/v1/gates/policies/${digest}`);
  const about = await vera.get("/v1/gates/evaluations?subject=bundle-9");

  expect(policies.find((one) => one.digest === digest)).toMatchObject({
    id: "unheard",
    is_ours: false,
    last: { evaluation_id: member(member(made.body, "evaluation"), "evaluation_id") },
  });
  expect(policies.find(({ id }) => id === "canary")).toMatchObject({ is_ours: true, last: null });
  expect(shown.body).toMatchObject({ id: "unheard", digest, text: unheard });
  expect(listed(about.body)).toMatchObject([{ policy_id: "unheard" }]);
  expect(codeIn(await vera.get(`/v1/gates/policies/${"0".repeat(64)}`))).toBe("GATE_POLICY_NOT_FOUND");
});

test("a policy that nothing could pass is found by lint before anything is evaluated by it", async () => {
  const vera = await bench().client("vera", "viewer");

  const found = await vera.post("/v1/gates/lint", { policy: POLICY.replace("limit: 0.95", "limit: 1") });

  expect(found.body).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining({ level: "error" })]) });
  expect(codeIn(await vera.post("/v1/gates/lint", { policy: "id: [" }))).toBe("GATE_POLICY_SYNTAX");
});

test("a decision is shown without its packet, which holds all the evidence", async () => {
  const olga = await bench().client("olga", "operator");
  const made = await olga.post("/v1/gates/evaluations", { policy: LENIENT });
  const id = String(member(member(made.body, "evaluation"), "evaluation_id"));

  const shown = await olga.get(`/v1/gates/evaluations/${id}?packet=none`);

  expect(shown.body).toMatchObject({ decision: member(made.body, "decision"), packet: null });
});
