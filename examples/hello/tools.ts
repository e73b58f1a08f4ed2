import { defineTool, type Tool } from "../../src/index.ts"; // in a project of your own: from "countermark"

const TEXT = { type: "string", minLength: 1, maxLength: 80 } as const;
const CENTS = { type: "integer", minimum: 0, maximum: 100_000 } as const;

/** READ: it changes nothing, so it may be called again at will. */
const greet = defineTool(
  {
    name: "greet",
    version: "1.0.0",
    side_effect_level: "READ",
    input_schema: {
      type: "object",
      properties: { guest: TEXT },
      required: ["guest"],
      additionalProperties: false,
    },
    output_schema: {
      type: "object",
      properties: { greeting: { type: "string" } },
      required: ["greeting"],
      additionalProperties: false,
    },
    timeout_seconds: 5,
  },
  async ({ guest }) => ({ kind: "applied", result: { output: { greeting: `Hello, ${guest}!` } } }),
);

/** What the hotel's till has paid out, by the key of the call. A real tool asks its provider instead. */
export type Till = Map<string, { readonly guest: string; readonly cents: number }>;

/** FINANCIAL: it waits for a person. The same key pays once; the look-up tells what became of an attempt nobody answered. */
const giveVoucher = (till: Till): Tool =>
  defineTool(
    {
      name: "giveVoucher",
      version: "1.0.0",
      side_effect_level: "FINANCIAL",
      input_schema: {
        type: "object",
        properties: { guest: TEXT, amount_cents: CENTS, currency: { const: "EUR" } },
        required: ["guest", "amount_cents", "currency"],
        additionalProperties: false,
      },
      output_schema: {
        type: "object",
        properties: { voucher: { type: "string", "x-countermark": "id" } },
        required: ["voucher"],
        additionalProperties: false,
      },
      timeout_seconds: 5,
      settle_ms: 0,
    },
    async ({ guest, amount_cents }, { internalKey }) => {
      const key = String(internalKey);
      const cents = Number(amount_cents);
      if (cents > 50_000) return { kind: "rejected", code: "TOO_GENEROUS", message: "the till gives 500.00 at most" };
      if (!till.has(key)) till.set(key, { guest: String(guest), cents });
      return { kind: "applied", result: paid(till, key) };
    },
    async (_input, { internalKey }) => {
      const key = String(internalKey);
      return till.has(key) ? { kind: "found", result: paid(till, key) } : { kind: "absent" };
    },
  );

function paid(till: Till, key: string) {
  const voucher = `voucher-${[...till.keys()].indexOf(key) + 1}`;
  const amount = { minor: BigInt(till.get(key)?.cents ?? 0), currency: "EUR" };
  return { output: { voucher }, proof: { provider: "till", transactionId: voucher, requestId: null, amount } };
}

export const helloTools = (till: Till): readonly Tool[] => [greet, giveVoucher(till)];
