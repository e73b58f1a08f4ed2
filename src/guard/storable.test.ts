import { expect, test } from "vitest";
import { type DocumentRules, documentRulesOf, storable } from "./storable.ts";

const CONTEXT = { entry_id: null, step_id: "ask", tool: "look", salt: new Uint8Array(32) };
const SCHEMA = { type: "object", properties: { to: { type: "string" }, card: { type: "string" } } } as const;

function rulesOf(allowlist: readonly string[] | null): DocumentRules {
  const rules = documentRulesOf({ schema: SCHEMA, sensitive: [], allowlist });
  if (!rules.ok) throw new Error(rules.refusal.message);
  return rules.value;
}

const said = (allowlist: readonly string[] | null) =>
  storable({ to: "jane.doe@shop.example.com", card: "4242424242424242" }, rulesOf(allowlist), CONTEXT).findings.map(
    ({ kind, field_path }) => `${kind} ${field_path}`,
  );

test("P1-T-RK08b what only the state would have held is among the findings, beside what the trace shows", () => {
  expect(said(["$.to"])).toEqual(["EMAIL $.to", "CARD $.card"]);
});

test("what trace and state both would have held is found once", () => {
  expect(said(null)).toEqual(["EMAIL $.to", "CARD $.card"]);
});
