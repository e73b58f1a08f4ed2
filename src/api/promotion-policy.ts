import { readFile } from "node:fs/promises";
import type { Result } from "../contracts/index.ts";
import type { Policy } from "../gate/index.ts";
import { policyIn } from "./evaluate-policy.ts";

/** The policy that decides on promotions, as it comes with the program: there is no other. */
export async function promotionPolicy(): Promise<Result<Policy>> {
  return policyIn(await readFile(new URL("../../policies/promotion.yaml", import.meta.url), "utf8"));
}
