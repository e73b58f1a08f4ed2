import { z } from "zod";
import type { JsonObject } from "../contracts/index.ts";
import { POLICY_SHAPE } from "./policy-shape.ts";

/**
 * The JSON Schema (2020-12) of gate policies, for editors and other tools. What lies between fields (names that have to exist,
 * conditions that have to fit their columns) it cannot say; `parsePolicy` does.
 */
export const policySchema = (): JsonObject =>
  JSON.parse(JSON.stringify({ title: "Countermark gate policy", ...z.toJSONSchema(POLICY_SHAPE, { io: "input" }) }));
