import { type Context, Hono } from "hono";
import type { z } from "zod";
import { RELEASE, WEBHOOK_CHANGE } from "./delivery-plan.ts";
import { FAULT_RULE } from "./faults.ts";
import type { Running } from "./simulator.ts";
import { jsonResponse, parseJson } from "./wire-json.ts";

/** Reads a body against its schema; a wrong one is answered with the issues. */
async function read<T>(context: Context, schema: z.ZodType<T>): Promise<{ value: T } | { refused: Response }> {
  const text = await context.req.text();
  const parsed = schema.safeParse(parseJson(text === "" ? "{}" : text));
  return parsed.success ? { value: parsed.data } : { refused: jsonResponse(400, { issues: parsed.error.issues }) };
}

/** The control API of one simulator: what a process beside it may see and set. It is served on loopback only. */
export function controlApp(running: Running, reset: () => void): Hono {
  const { vendor, journal, faults, webhooks } = running;
  const app = new Hono();
  const webhookView = () => jsonResponse(200, { held: webhooks.held(), deliveries: webhooks.log() });

  app.get("/state", () => jsonResponse(200, vendor.state()));
  app.get("/journal", () => jsonResponse(200, { entries: journal.entries() }));
  app.post("/reset", () => {
    reset();
    return jsonResponse(200, { reset: true });
  });
  app.get("/faults", () => jsonResponse(200, { faults: faults.armed() }));
  app.post("/faults", async (context) => {
    const body = await read(context, FAULT_RULE);
    return "refused" in body ? body.refused : jsonResponse(201, { id: faults.arm(body.value) });
  });
  app.delete("/faults/:id?", (context) => {
    faults.clear(context.req.param("id"));
    return jsonResponse(200, { faults: faults.armed() });
  });
  app.get("/webhooks", webhookView);
  app.post("/webhooks", async (context) => {
    const body = await read(context, WEBHOOK_CHANGE);
    if ("refused" in body) return body.refused;
    webhooks.configure(body.value);
    return webhookView();
  });
  app.post("/webhooks/release", async (context) => {
    const body = await read(context, RELEASE);
    if ("refused" in body) return body.refused;
    const { order, ...plan } = body.value;
    await webhooks.release(order, plan);
    return webhookView();
  });
  app.post("/webhooks/:id/redeliver", async (context) => {
    await webhooks.redeliver(context.req.param("id"));
    return webhookView();
  });
  return app;
}
