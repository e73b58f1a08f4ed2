import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { policySchema } from "./policy-schema.ts";

test("the published schema of policies is the one that policies are read by", () => {
  expect(JSON.parse(readFileSync("docs/reference/gate-policy.schema.json", "utf8"))).toEqual(policySchema());
});

const satisfies = new Ajv2020({ allowUnionTypes: true }).compile(policySchema());
const POLICIES = readdirSync("policies").filter((name) => name.endsWith(".yaml"));

test.each(POLICIES)("%s satisfies the published schema, and with a field too many it does not", (name) => {
  const policy = parse(readFileSync(`policies/${name}`, "utf8"));

  expect(satisfies(policy)).toBe(true);
  expect(satisfies({ ...policy, colour: "blue" })).toBe(false);
});
