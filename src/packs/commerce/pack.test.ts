import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileSchema, isJsonObject, type JsonObject } from "../../contracts/index.ts";
import { declaresSealed } from "../../ledger/index.ts";
import { compilePack, findingText, parsePack } from "../../run/index.ts";
import { commercePack } from "./pack.ts";

const EXAMPLE = new URL("../../../examples/commerce/pack.yaml", import.meta.url);

function compiled() {
  const compilation = compilePack(commercePack().pack);
  expect(compilation.ok ? [] : compilation.errors.map(findingText)).toEqual([]);
  return compilation;
}

test("the pack passes all four compile checks without a warning", () => {
  expect(compiled().warnings).toEqual([]);
});

test("the example in YAML is the same pack, to the digest", () => {
  const parsed = parsePack(readFileSync(EXAMPLE, "utf8"));
  expect(parsed.ok ? [] : parsed.errors).toEqual([]);

  const example = parsed.ok ? compilePack(parsed.pack) : undefined;
  const typed = compiled();

  expect(example?.ok).toBe(true);
  expect(example?.ok ? example.compiled.config_hash : "").toBe(typed.ok ? typed.compiled.config_hash : "none");
});

test("every tool of the pack has its contract, its handler and its scope, and nothing else has", () => {
  const { pack, tools } = commercePack();

  const names = tools.map(({ contract }) => contract.name).toSorted();

  expect(Object.keys(pack.tools).toSorted()).toEqual(names);
  expect(Object.keys(pack.scopes).toSorted()).toEqual(names);
  for (const { contract } of tools) expect(pack.tools[contract.name]).toEqual(contract);
});

test("a refund always needs a person, and its tool reaches the payment provider alone", () => {
  const { pack } = commercePack();

  expect(pack.hitl_rules.executeRefund).toMatchObject({
    condition: null,
    required_approvers: 1,
    timeout_action: "FAIL",
    timeout_seconds: 3_600,
  });
  expect(pack.scopes.executeRefund?.network_allowlist).toEqual(["api.stripe.com"]);
});

test("a tool that declares no dependency has no network", () => {
  const { pack, tools } = commercePack();

  for (const { contract } of tools.filter((tool) => tool.contract.dependency === null))
    expect(pack.scopes[contract.name]?.network_allowlist).toEqual([]);
});

test("no trigger and no tool takes or gives an e-mail address, a name or a street", () => {
  const { pack } = commercePack();

  const schemas = JSON.stringify([
    pack.workflows.map(({ trigger }) => trigger.input_schema),
    Object.values(pack.tools).map(({ input_schema, output_schema }) => [input_schema, output_schema]),
  ]);

  expect(schemas).not.toMatch(/"(email|name|recipient|address\w*|street|zip|phone)":/);
});

test("what a trigger or a tool takes of a person is a sealed reference and nothing else", () => {
  const { pack } = commercePack();
  const schemas = [
    ...pack.workflows.map(({ trigger }) => trigger.input_schema),
    ...Object.values(pack.tools).map(({ input_schema }) => input_schema),
  ];

  const taken = schemas.flatMap((schema) =>
    ["contact", "ship_to"].flatMap((member) => {
      const { properties = {} } = schema;
      return isJsonObject(properties) && properties[member] !== undefined
        ? [{ schema, member, part: { properties: { [member]: properties[member] } } }]
        : [];
    }),
  );

  expect(taken).toHaveLength(6); // two triggers with both, the supplier's tool and the mail's with one each
  for (const { schema, member, part } of taken) {
    const { validate } = validatorOf(part);
    expect(declaresSealed(schema, member)).toBe(true);
    expect(validate({ [member]: { $sealed: "0".repeat(64) } }).ok).toBe(true);
    for (const clear of ["jane@example.com", { email: "jane@example.com" }, { $sealed: "jane@example.com" }]) {
      expect(validate({ [member]: clear }).ok).toBe(false);
    }
  }
});

function validatorOf(schema: JsonObject) {
  const compiled = compileSchema(schema);
  return compiled.ok ? compiled : expect.fail(compiled.refusal.message);
}

test("another shop differs in its host, its approvers and its channel only", () => {
  const { pack } = commercePack({ shopHost: "tees.myshopify.com", approvers: ["alice"], approvalChannel: "#refunds" });

  expect(pack.scopes.fetchOrder?.network_allowlist).toEqual(["tees.myshopify.com"]);
  expect(pack.hitl_rules.executeRefund).toMatchObject({
    authorized_approvers: ["alice"],
    approval_channel: "#refunds",
  });
  expect(pack.workflows).toEqual(commercePack().pack.workflows);
});
