import { defineTool, type SideEffectLevel, type Tool } from "../../src/guard/index.ts";
import { type CompiledPack, compilePack, definePack } from "../../src/run/index.ts";

/** A pack whose tools live in this process: what they did is a list that tests read. */
export interface TillPack {
  readonly pack: CompiledPack;
  readonly tools: readonly Tool[];
  /** One line per effect. */
  readonly effects: readonly string[];
}

const TEXT = { type: "string" } as const;
const ENTITY = { type: "string", "x-countermark": "entity_id" } as const;
const NOTE = { type: "object", properties: { order_id: ENTITY, note: TEXT }, required: ["order_id"] } as const;
/** A card's number, which no contract says that it gives. */
export const BLABBED = "4242 4242 4242 4242";
const DONE = { type: "object", properties: { done: TEXT }, required: ["done"] } as const;

/** The till: it reads, writes notes, pays out after approval, and waits for people and events. */
export function tillPack(options: { readonly approvers?: readonly string[]; readonly quorum?: number } = {}): TillPack {
  const { approvers = ["role:approver"], quorum = 1 } = options;
  const effects: string[] = [];
  const tool = (name: string, level: SideEffectLevel): Tool =>
    defineTool(
      {
        name,
        version: "1.0.0",
        side_effect_level: level,
        input_schema: NOTE,
        output_schema: DONE,
        timeout_seconds: 5,
        settle_ms: 0,
      },
      async (input) => {
        const order = String(input.order_id);
        effects.push(`${name} ${order}`);
        if (name === "lose") return { kind: "unknown", code: "TOOL_TIMEOUT", message: "nobody answered" };
        return {
          kind: "applied",
          result: {
            output: { done: name === "blab" ? BLABBED : name },
            ...(level === "READ"
              ? {}
              : {
                  proof: {
                    provider: "till",
                    transactionId: `t-${effects.length}`,
                    requestId: null,
                    amount: { minor: 100n, currency: "EUR" },
                  },
                }),
          },
        };
      },
    );
  const tools = [
    tool("look", "READ"),
    tool("note", "SOFT_WRITE"),
    tool("pay", "FINANCIAL"),
    tool("lose", "HARD_WRITE"),
    tool("blab", "READ"),
  ];
  const mapping = { order_id: "$.trigger.order_id" };
  const workflow = (id: string, steps: Parameters<typeof definePack>[0]["workflows"][number]["steps"]) => ({
    id,
    name: id,
    trigger: { kind: "MANUAL" as const, input_schema: NOTE },
    steps,
    pass_criteria: "true",
  });
  const call = (id: string, tool_name: string) => ({
    id,
    type: "TOOL" as const,
    tool_name,
    tool_input_mapping: mapping,
  });
  const compilation = compilePack(
    definePack({
      id: "till",
      name: "Till",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: [
        workflow("Note", [call("write", "note")]),
        workflow("PayOut", [{ ...call("check", "look"), next_step: "pay" }, call("pay", "pay")]),
        workflow("Lose", [call("send", "lose")]),
        workflow("Blab", [call("ask", "blab")]),
        workflow("Hold", [
          { id: "hold", type: "WAIT", wait_for: { type: "MANUAL" }, wait_timeout_seconds: 3_600, next_step: "write" },
          call("write", "note"),
        ]),
        workflow("Listen", [
          {
            id: "listen",
            type: "WAIT",
            wait_for: { type: "WEBHOOK", event_type: "parcel.sent" },
            wait_timeout_seconds: 3_600,
          },
        ]),
      ],
      tools: Object.fromEntries(tools.map(({ contract }) => [contract.name, contract])),
      scopes: Object.fromEntries(
        tools.map(({ contract: { name } }) => [name, { tool_name: name, allowed_operations: [name] }]),
      ),
      bounds: {},
      hitl_rules: {
        pay: {
          trigger: "pay",
          timeout_seconds: 3_600,
          timeout_action: "FAIL",
          approval_channel: "#test-approvals",
          required_approvers: quorum,
          authorized_approvers: approvers,
        },
      },
      eval_suite_ref: "golden/till",
    }),
  );
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
  return { pack: compilation.compiled, tools, effects };
}
