import type { Refusal } from "../../contracts/index.ts";
import type { Lineage } from "../lineage/model.ts";
import { verifyDocument } from "../lineage/verify.ts";

/**
 * Whether everything that a promotion rests on was seen: the lineage of the bundle as the record gives it at this moment. Into dev
 * comes what nobody has decided about yet.
 */
export function lineageProblem({ lineage }: { readonly lineage: Lineage | null }): Refusal | null {
  return lineage === null ? null : verifyDocument(lineage).refusal;
}
