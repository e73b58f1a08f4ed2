import { z } from "zod";

const text = z.string().min(1, "must not be empty");

/** A day: a node that waits longer waits for a person, and says so by an interrupt. */
const NODE_SECONDS_MAX = 86_400;

const node = z.strictObject({
  name: text,
  kind: z.enum(["pure", "model", "tool", "approval"]),
  tools_allowed: z.array(text).readonly().default([]),
  timeout_seconds: z.number().positive("must be more than 0").max(NODE_SECONDS_MAX).nullable().default(null),
});

/** A million US dollars for a million tokens. */
const PRICE_MAX = 1_000_000_000_000;

const price = z.int().min(0, "must not be negative").max(PRICE_MAX);

/** In micro-USD for a million tokens, as providers list them: 2.50 USD is 2500000. */
const prices = z.strictObject({ input: price, output: price });

const model = z.strictObject({
  service: text,
  origin: text.refine((value) => URL.canParse(value) && new URL(value).origin === value, "must be an origin"),
  header: z.enum(["authorization", "x-api-key"]).default("authorization"),
  key_variable: text.nullable().default(null),
  /** By the name under which a request asks for a model. Where it is given, no other model is asked. */
  prices: z.record(text, prices.readonly()).readonly().exactOptional(),
});

/** As many supersteps as LangGraph allows where nothing else is said. */
const RECURSION_LIMIT = 25;
const RECURSION_LIMIT_MAX = 10_000;

/** The manifest of a graph as it is written. */
export const MANIFEST_SHAPE = z
  .strictObject({
    graph_id: text,
    version: text,
    code_digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex")
      .nullable()
      .default(null),
    nodes: z.array(node.readonly()).min(1, "needs at least one node").readonly(),
    recursion_limit: z.int().min(1, "must be at least 1").max(RECURSION_LIMIT_MAX).default(RECURSION_LIMIT),
    models: z.array(model.readonly()).readonly().default([]),
    handles_rejection: z.boolean().default(false),
  })
  .readonly();
