import type { ApprovalRule, Bounds, PermissionScope, Tool } from "../../guard/index.ts";
import { type DraftPack, definePack } from "../../run/index.ts";
import { type Provider, TOOLBOX } from "./toolbox.ts";
import { fulfilmentException } from "./workflows/fulfilment-exception.ts";
import { orderToFulfil } from "./workflows/order-to-fulfil.ts";
import { refund } from "./workflows/refund.ts";

/** What differs between two shops that run this pack. */
export interface ShopOptions {
  /** The shop's own host at Shopify, the one host that order tools may reach there in live mode. */
  readonly shopHost: string;
  /** Principals, or `role:` names, that may approve refunds. */
  readonly approvers: readonly string[];
  /** Where approval requests are announced. */
  readonly approvalChannel: string;
}

const OPTIONS: ShopOptions = {
  shopHost: "development-store.myshopify.com",
  approvers: ["role:approver"],
  approvalChannel: "#test-approvals",
};

/** Bytes of one request, and of one response, of any tool: orders of fifty lines are far below. */
const DATA_CAP_BYTES = 262_144;

const BOUNDS: Bounds = {
  max_steps_per_run: 50,
  max_time_seconds: 300,
  max_tokens_per_run: 50_000,
  max_tool_calls_per_run: 100,
  max_tool_calls_per_type: { createFulfillment: 6, executeRefund: 6 },
  loop: { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} },
};

/** The shop's pack as data, and the handlers of its tools. */
export interface CommercePack {
  readonly pack: DraftPack;
  readonly tools: readonly Tool[];
}

/** The direct-to-consumer shop: orders to fulfilments, refunds, fulfilment exceptions. */
export function commercePack(options: Partial<ShopOptions> = {}): CommercePack {
  const shop = { ...OPTIONS, ...options };
  const tools = TOOLBOX.map(({ tool }) => tool);
  const pack = definePack({
    id: "commerce",
    name: "Direct-to-consumer shop",
    version: "1.0.0",
    state: "ACTIVE",
    workflows: [orderToFulfil, refund, fulfilmentException],
    tools: Object.fromEntries(tools.map(({ contract }) => [contract.name, contract])),
    scopes: Object.fromEntries(TOOLBOX.map(({ tool, reaches }) => [tool.contract.name, scopeOf(tool, reaches, shop)])),
    bounds: BOUNDS,
    hitl_rules: { executeRefund: refundRule(shop), createFulfillment: repeatedExceptionRule(shop) },
    eval_suite_ref: "golden/commerce",
  });
  return { pack, tools };
}

const scopeOf = ({ contract }: Tool, reaches: readonly Provider[], shop: ShopOptions): PermissionScope => ({
  tool_name: contract.name,
  allowed_operations: [contract.operation],
  principals: [],
  data_cap_bytes: DATA_CAP_BYTES,
  network_allowlist: reaches.map((provider) => hostOf(provider, shop)),
});

function hostOf(provider: Provider, { shopHost }: ShopOptions): string {
  switch (provider) {
    case "shopify":
      return shopHost;
    case "stripe":
      return "api.stripe.com";
    case "printful":
      return "api.printful.com";
    case "sendgrid":
      return "api.sendgrid.com";
  }
}

/** Seconds that an approver has. */
const APPROVAL_TIMEOUT_SECONDS = 3_600;

const refundRule = (shop: ShopOptions): ApprovalRule => ({
  trigger: "executeRefund",
  condition: null,
  timeout_seconds: APPROVAL_TIMEOUT_SECONDS,
  timeout_action: "FAIL",
  approval_channel: shop.approvalChannel,
  required_approvers: 1,
  escalation_chain: [],
  authorized_approvers: shop.approvers,
});

/** Only runs of P1-WF06 have counted exceptions; the first fulfilment of an order needs nobody. */
const repeatedExceptionRule = (shop: ShopOptions): ApprovalRule => ({
  ...refundRule(shop),
  trigger: "createFulfillment",
  condition: "$.record.exceptions_24h != null AND $.record.exceptions_24h >= 2",
});
