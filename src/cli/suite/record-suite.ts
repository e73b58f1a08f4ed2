import type { Result } from "../../contracts/index.ts";
import { type Answer, withClient } from "../client.ts";
import type { Context } from "../command.ts";
import type { JudgedSuite } from "./run-suite.ts";

/**
 * Imports a suite's evidence into the tenant's record, where the policy decides on it again: what promotions go by.
 *
 * @param subject what the decision is about: a bundle's root digest
 */
export const recordSuite = (
  context: Context,
  { evidence, source, decision }: JudgedSuite,
  subject: string | null,
): Promise<Result<Answer>> =>
  withClient(context, "owner", (client) =>
    client.post("/v1/gates/evaluations", {
      policy: source,
      profile: decision.profile,
      subject,
      pack_digest: null,
      at: decision.decided_at,
      evidence: [{ name: evidence.name, text: evidence.text }],
    }),
  );
