import type { Json, JsonObject } from "../../../../contracts/index.ts";
import { isList, listAt, objectAt, textAt } from "../wire/wire-json.ts";
import { requestCancel } from "./cancel.ts";
import type { ViewObject } from "./graphql/execute.ts";
import type { Claim } from "./idempotency.ts";
import type { Address, ShopOrder } from "./order.ts";
import { findOrder } from "./queries.ts";
import { createRefund } from "./refund.ts";
import { type Shop, saveOrder } from "./store.ts";
import { orderView, type UserError, userErrorView } from "./views.ts";

/** A mutation; `claim` is what its `@idempotent` key stands for, if it carries one. */
export type Mutation = (shop: Shop, args: JsonObject, claim: Claim | undefined) => ViewObject;

const NO_ORDER: UserError = { field: ["id"], message: "Order does not exist", code: null };

/** Shopify keeps at most 250 tags of at most 40 characters on an order. */
const TAGS_MAX = 250;
const TAG_LENGTH_MAX = 40;

/** Tags come as a list, or as one text with commas. */
function tagsOf(value: Json | undefined): readonly string[] | undefined {
  const listed = typeof value === "string" ? value.split(",") : value;
  if (!isList(listed)) return undefined;
  const texts = listed.filter((tag) => typeof tag === "string").map((tag) => tag.trim());
  return [...new Set(texts.filter((tag) => tag !== ""))];
}

const tagProblem = (tags: readonly string[]): UserError | undefined =>
  tags.length > TAGS_MAX || tags.some((tag) => tag.length > TAG_LENGTH_MAX)
    ? { field: ["tags"], message: `Tags is invalid: at most ${TAGS_MAX} of ${TAG_LENGTH_MAX} characters`, code: null }
    : undefined;

function patchedAddress(address: Address, input: JsonObject): Address {
  return {
    ...address,
    first_name: textAt(input, "firstName") ?? address.first_name,
    last_name: textAt(input, "lastName") ?? address.last_name,
    address1: textAt(input, "address1") ?? address.address1,
    city: textAt(input, "city") ?? address.city,
    province_code: textAt(input, "provinceCode") ?? address.province_code ?? "",
    country_code: textAt(input, "countryCode") ?? address.country_code,
    zip: textAt(input, "zip") ?? address.zip,
  };
}

const attributesOf = (input: JsonObject): ShopOrder["custom_attributes"] =>
  listAt(input, "customAttributes").map((attribute) => ({
    key: textAt(attribute, "key") ?? "",
    value: textAt(attribute, "value") ?? "",
  }));

/** Last write wins on whatever the input names. */
function updateOrder(shop: Shop, args: JsonObject): ViewObject {
  const input = objectAt(args, "input");
  const order = findOrder(shop, input.id);
  const tags = tagsOf(input.tags);
  const problem = order === undefined ? NO_ORDER : tagProblem(tags ?? []);
  if (order === undefined || problem !== undefined) return updated(null, problem);
  const saved = saveOrder(shop, {
    ...order,
    note: typeof input.note === "string" ? input.note : order.note,
    tags: tags ?? order.tags,
    email: textAt(input, "email") ?? order.email,
    custom_attributes: input.customAttributes === undefined ? order.custom_attributes : attributesOf(input),
    address: patchedAddress(order.address, objectAt(input, "shippingAddress")),
  });
  shop.announce("orders/updated", saved);
  return updated(saved, undefined);
}

const updated = (order: ShopOrder | null, problem: UserError | undefined): ViewObject => ({
  __typename: "OrderUpdatePayload",
  order: order === null ? null : orderView(order),
  userErrors: problem === undefined ? [] : [userErrorView(problem)],
});

/** Adding a tag twice changes nothing, so it is naturally idempotent. */
function addTags(shop: Shop, args: JsonObject): ViewObject {
  const order = findOrder(shop, args.id);
  const tags = [...new Set([...(order?.tags ?? []), ...(tagsOf(args.tags) ?? [])])];
  const problem = order === undefined ? NO_ORDER : tagProblem(tags);
  const payload = (node: ShopOrder | null): ViewObject => ({
    __typename: "TagsAddPayload",
    node: node === null ? null : orderView(node),
    userErrors: problem === undefined ? [] : [userErrorView(problem)],
  });
  if (order === undefined || problem !== undefined) return payload(null);
  if (tags.length === order.tags.length) return payload(order);
  const saved = saveOrder(shop, { ...order, tags });
  shop.announce("orders/updated", saved);
  return payload(saved);
}

/** The root fields of a mutation. */
export const MUTATIONS: ReadonlyMap<string, Mutation> = new Map<string, Mutation>([
  ["orderUpdate", updateOrder],
  ["tagsAdd", addTags],
  ["orderCancel", requestCancel],
  ["refundCreate", createRefund],
]);
