import { z } from "zod";
import { assert, entityIdOf, sha256Hex } from "../../../contracts/index.ts";
import type { CallContext, Tool } from "../../../guard/index.ts";
import { tool } from "./define.ts";
import { entityId, ownId, slug } from "./fields.ts";
import { applied } from "./outcome.ts";

/** Hex digits of a ticket's id: enough that two logical calls never share one. */
const TICKET_ID_DIGITS = 20;

/** A ticket's id follows from the call's key, so the same call opens the same ticket however often it runs. */
function ticketId(context: CallContext): string {
  assert(context.internalKey !== null, "a writing tool has an internal key");
  const id = entityIdOf(context.tenantId, "ticket", sha256Hex(context.internalKey).slice(0, TICKET_ID_DIGITS));
  assert(id !== undefined, "hex digits can stand in an id");
  return id;
}

/** Opens a ticket for a person to look at. Internal: nothing outside is called. */
export const createSupportTicket: Tool = tool({
  name: "createSupportTicket",
  level: "SOFT_WRITE",
  input: z.strictObject({
    order_id: entityId(),
    run_id: z.string().min(1).max(80),
    subject: slug(),
    priority: z.enum(["normal", "high"]),
  }),
  output: z.strictObject({ ticket_id: ownId() }),
  contract: { duplicates_harmless: true },
  async handler({ order_id, run_id, subject, priority }, context) {
    const ticket_id = ticketId(context);
    const set = { kind: "support", status: "open", order_id, run_id, subject, priority };
    return applied({ ticket_id }, { entities: [{ entityType: "ticket", entityId: ticket_id, set }] });
  },
});

/** Hands an order that automation could not fulfil to a person. */
export const escalate: Tool = tool({
  name: "escalate",
  level: "SOFT_WRITE",
  input: z.strictObject({ order_id: entityId(), run_id: z.string().min(1).max(80), reason: slug() }),
  output: z.strictObject({ escalation_id: ownId() }),
  contract: { duplicates_harmless: true },
  async handler({ order_id, run_id, reason }, context) {
    const escalation_id = ticketId(context);
    return applied(
      { escalation_id },
      {
        entities: [
          {
            entityType: "ticket",
            entityId: escalation_id,
            set: { kind: "escalation", status: "open", order_id, run_id, reason, priority: "high" },
          },
          { entityType: "order", entityId: order_id, set: { status: "escalated", escalation_id } },
        ],
      },
    );
  },
});
