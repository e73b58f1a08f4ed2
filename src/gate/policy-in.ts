import { accepted, assert, type Result, refusalOf, rejected } from "../contracts/index.ts";
import { unsatisfiable } from "./lint.ts";
import { type Policy, parsePolicy } from "./policy.ts";

/** A policy that was given as it is written. Refused with the first of what is wrong with it. */
export function policyIn(source: string): Result<Policy> {
  const read = parsePolicy(source);
  if (read.ok) return accepted(read.value);
  const [first] = read.errors;
  assert(first !== undefined, "a policy that cannot be read has an error");
  return rejected(refusalOf(first));
}

/** A policy to judge by. Refused as `policyIn` refuses, and with GATE_UNSATISFIABLE where nothing could pass it. */
export function judgingPolicyIn(source: string): Result<Policy> {
  const read = policyIn(source);
  const [bar] = read.ok ? unsatisfiable(read.value) : [];
  return bar === undefined ? read : rejected(bar);
}
