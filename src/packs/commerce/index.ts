/** The first business: a direct-to-consumer shop's workflows and tools. */
export { type CommercePack, commercePack, type ShopOptions } from "./pack.ts";
