import { readFile } from "node:fs/promises";
import { assert } from "../../contracts/index.ts";
import { type Policy, parsePolicy } from "../../gate/index.ts";

/** A policy as it comes with the program, and its text. */
export async function ownPolicy(name: string): Promise<{ readonly policy: Policy; readonly source: string }> {
  const source = await readFile(new URL(`../../../policies/${name}.yaml`, import.meta.url), "utf8");
  const read = parsePolicy(source);
  assert(read.ok, "the policies that come with the program are ones");
  return { policy: read.value, source };
}
