import { z } from "zod";

/** What a gate, or a promotion, comes to. */
export const PROMOTION_STATUS = z.enum(["APPROVE", "REJECT", "NEEDS_HUMAN"]);
export type PromotionStatus = z.infer<typeof PROMOTION_STATUS>;

/** Each status has one word in the substrate, and each word is of one status. */
const SUBSTRATE = { APPROVE: "PROMOTE", REJECT: "DENY", NEEDS_HUMAN: "STOP" } as const;

export type SubstrateStatus = (typeof SUBSTRATE)[PromotionStatus];

export const substrateOf = (status: PromotionStatus): SubstrateStatus => SUBSTRATE[status];

/** The status that a word of the substrate stands for; undefined for what is no such word, which is an error of who says it. */
export const parseSubstrate = (word: string): PromotionStatus | undefined =>
  PROMOTION_STATUS.options.find((status) => SUBSTRATE[status] === word);
