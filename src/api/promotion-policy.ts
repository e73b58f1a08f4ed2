import { readFile } from "node:fs/promises";
import { accepted, type Result } from "../contracts/index.ts";
import { policyIn } from "../gate/index.ts";
import type { PromotionRequest } from "../release/index.ts";

/** The policy that decides on promotions, as it comes with the program: there is no other. */
export async function promotionPolicy(): Promise<Result<PromotionRequest["policy"]>> {
  const text = await readFile(new URL("../../policies/promotion.yaml", import.meta.url), "utf8");
  const read = policyIn(text);
  return read.ok ? accepted({ read: read.value, text }) : read;
}
