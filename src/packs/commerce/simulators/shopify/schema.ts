import { type ApiShape, schemaOf } from "./graphql/check.ts";

/** The part of the Admin API that the simulator has: what an order integration reads and writes. */
const SCHEMA = schemaOf(`
  QueryRoot: order:Order orders:OrderConnection shop:Shop job:Job
  Mutation: orderUpdate:OrderUpdatePayload tagsAdd:TagsAddPayload orderCancel:OrderCancelPayload refundCreate:RefundCreatePayload
  Shop: id name email myshopifyDomain currencyCode ianaTimezone plan:ShopPlan
  ShopPlan: partnerDevelopment shopifyPlus publicDisplayName
  Job: id done
  Order: id legacyResourceId name number email phone test note tags confirmed closed createdAt updatedAt processedAt cancelledAt cancelReason currencyCode displayFinancialStatus displayFulfillmentStatus fullyPaid refundable paymentGatewayNames customAttributes:Attribute totalPriceSet:MoneyBag currentTotalPriceSet:MoneyBag subtotalPriceSet:MoneyBag totalTaxSet:MoneyBag totalShippingPriceSet:MoneyBag totalReceivedSet:MoneyBag totalRefundedSet:MoneyBag netPaymentSet:MoneyBag transactions:OrderTransaction refunds:Refund lineItems:LineItemConnection fulfillmentOrders:FulfillmentOrderConnection shippingAddress:MailingAddress billingAddress:MailingAddress customer:Customer
  OrderConnection: nodes:Order edges:OrderEdge pageInfo:PageInfo
  OrderEdge: node:Order cursor
  LineItemConnection: nodes:LineItem edges:LineItemEdge pageInfo:PageInfo
  LineItemEdge: node:LineItem cursor
  FulfillmentOrderConnection: nodes:FulfillmentOrder edges:FulfillmentOrderEdge pageInfo:PageInfo
  FulfillmentOrderEdge: node:FulfillmentOrder cursor
  PageInfo: hasNextPage hasPreviousPage startCursor endCursor
  LineItem: id sku title name quantity currentQuantity refundableQuantity requiresShipping taxable originalUnitPriceSet:MoneyBag originalTotalSet:MoneyBag discountedTotalSet:MoneyBag
  FulfillmentOrder: id status requestStatus
  MoneyBag: shopMoney:MoneyV2 presentmentMoney:MoneyV2
  MoneyV2: amount currencyCode
  Attribute: key value
  MailingAddress: firstName lastName name company address1 address2 city province provinceCode country countryCodeV2 zip phone
  Customer: id email displayName firstName lastName
  OrderTransaction: id kind status test gateway formattedGateway authorizationCode paymentId createdAt processedAt errorCode amountSet:MoneyBag parentTransaction:OrderTransaction
  Refund: id legacyResourceId note createdAt updatedAt totalRefundedSet:MoneyBag order:Order transactions:OrderTransactionConnection
  OrderTransactionConnection: nodes:OrderTransaction edges:OrderTransactionEdge pageInfo:PageInfo
  OrderTransactionEdge: node:OrderTransaction cursor
  UserError: field message code
  OrderUpdatePayload: order:Order userErrors:UserError
  TagsAddPayload: node:Order userErrors:UserError
  OrderCancelPayload: job:Job orderCancelUserErrors:UserError userErrors:UserError
  RefundCreatePayload: refund:Refund order:Order userErrors:UserError
`);

export const ADMIN_API: ApiShape = {
  schema: SCHEMA,
  required: {
    order: ["id"],
    job: ["id"],
    orderUpdate: ["input"],
    tagsAdd: ["id", "tags"],
    orderCancel: ["orderId", "reason", "restock"],
    refundCreate: ["input"],
  },
};
