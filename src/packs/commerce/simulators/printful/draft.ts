import type { Json, JsonObject } from "../../../../contracts/index.ts";
import { integerAt, isObject, listAt, objectAt, textAt } from "../wire/wire-json.ts";
import { decimal, ITEM_COST_MINOR, type PrintfulItem } from "./order.ts";

/** Countries whose addresses need a state. */
const STATE_COUNTRIES: readonly string[] = ["US", "CA", "AU", "JP"];
const QUANTITY_MAX = 1_000;

/** The first thing wrong with a recipient, in Printful's words. */
function recipientProblem(recipient: JsonObject): string | undefined {
  const absent = ["address1", "city", "country_code", "zip"].find((field) => textAt(recipient, field) === undefined);
  if (absent !== undefined) return `recipient.${absent}: This field is required.`;
  const country = textAt(recipient, "country_code") ?? "";
  if (!/^[A-Z]{2}$/.test(country)) return `recipient.country_code: Country code "${country}" is not valid.`;
  if (STATE_COUNTRIES.includes(country) && textAt(recipient, "state_code") === undefined)
    return "recipient.state_code: State code is missing.";
  return undefined;
}

function itemProblem(item: Json, index: number): string | undefined {
  const at = `order_items[${index}]`;
  const source = textAt(item, "source");
  const quantity = integerAt(item, "quantity");
  if (source !== "catalog" && source !== "sync") return `${at}.source: This field must be one of: catalog, sync.`;
  if (integerAt(item, `${source}_variant_id`) === undefined)
    return `${at}.${source}_variant_id: This field is required.`;
  if (quantity === undefined || quantity < 1 || quantity > QUANTITY_MAX)
    return `${at}.quantity: This field must be between 1 and ${QUANTITY_MAX}.`;
  if (source === "catalog" && listAt(item, "placements").length === 0)
    return `${at}.placements: At least one placement is required.`;
  return undefined;
}

/** What is wrong with the body of `POST /v2/orders`; `undefined` when nothing is. */
export function draftProblem(body: Json | undefined): string | undefined {
  if (!isObject(body)) return "The request body is not valid JSON.";
  const external = body.external_id;
  if (external !== undefined && external !== null && (typeof external !== "string" || external === ""))
    return "external_id: This field must be a non-empty text.";
  const recipient = recipientProblem(objectAt(body, "recipient"));
  if (recipient !== undefined) return recipient;
  const items = listAt(body, "order_items");
  if (items.length === 0) return "order_items: At least one item is required.";
  return items.map(itemProblem).find((problem) => problem !== undefined);
}

/** The items of a body that has no problem. */
export const draftItems = (body: Json | undefined, nextId: () => number): readonly PrintfulItem[] =>
  listAt(body, "order_items").map((item) => ({
    id: nextId(),
    external_id: textAt(item, "external_id") ?? null,
    source: textAt(item, "source") ?? "catalog",
    catalog_variant_id: integerAt(item, "catalog_variant_id") ?? null,
    sync_variant_id: integerAt(item, "sync_variant_id") ?? null,
    quantity: integerAt(item, "quantity") ?? 1,
    name: textAt(item, "name") ?? "Unisex T-Shirt",
    price: decimal(ITEM_COST_MINOR),
    retail_price: textAt(item, "retail_price") ?? null,
  }));
